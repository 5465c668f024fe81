package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"techsh/codec"
	"techsh/codec/trust"
)

const (
	fileSize = 10 << 20 // bytes
	maxFiles = 5        // audit.jsonl, audit.jsonl.1 … audit.jsonl.4, which is the oldest
	maxText  = 1 << 10  // bytes of a text, so that one peer cannot fill all files with a few long lines
)

// An Event is a line of the audit log. A call that needs a right has two lines:
// "open" before its effect and "close" after it.
type Event struct {
	Time    time.Time // the zero Time means now
	What    string    // open close connected disconnected refused paired revoked
	Session int64
	Peer    string // the name of the peer
	ID      string
	From    string // the address of the peer
	Verb    string
	Words   string // the words of the call: paths, or a command line
	Bytes   int64  // transferred
	Sum     string
	Result  string // ok, or the code and text of the error
	Took    time.Duration
}

// A Log records which peer did what. Each line is a JSON object with the fields of
// Event in lower case. Times are in UTC, "took" is in nanoseconds, and empty fields are
// left out. A text longer than 1 KiB is cut and ends in "… (N bytes)", its full length.
// At 10 MiB a new file begins, and the oldest of five is deleted. Several processes may
// write to one log.
type Log struct {
	path string
	size int64 // largest size of a file

	mu   sync.Mutex
	line bytes.Buffer
	json slog.Handler // writes to the field line
	file *os.File     // nil if no file is open
	info fs.FileInfo  // of file
	torn bool         // the last line of file is not complete
}

// Open opens the audit log at path, and creates it if it does not exist. It refuses
// everything that is not a regular file, and files that others can access or that another
// user owns.
func Open(path string) (*Log, error) {
	l := &Log{path: path, size: fileSize}
	l.json = slog.NewJSONHandler(&l.line, &slog.HandlerOptions{ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
		switch attr.Key {
		case slog.LevelKey:
			return slog.Attr{}
		case slog.MessageKey:
			attr.Key = "what"
		}
		return attr
	}})
	if err := l.open(); err != nil {
		return nil, logError(err)
	}
	return l, nil
}

// Write appends a line. After an error, the next call of Write tries again, because the
// disk may have space by then. Any goroutine may call it; a nil Log writes nothing.
func (l *Log) Write(e Event) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ready(); err != nil {
		return logError(err)
	}
	l.line.Reset()
	if l.torn {
		l.line.WriteByte('\n')
	}
	if err := l.json.Handle(context.Background(), e.record()); err != nil {
		return logError(err)
	}
	n, err := l.file.Write(l.line.Bytes())
	if err != nil {
		l.torn = l.torn || n > 0
		return logError(err)
	}
	l.torn = false
	return nil
}

// Close closes the log. Nothing may be written to it afterwards.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shut()
}

func logError(err error) error { return fmt.Errorf("audit log: %w", err) }

// record returns e as a record for the handler, with texts that are safe to show on a
// terminal.
func (e Event) record() slog.Record {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	r := slog.NewRecord(e.Time.UTC(), slog.LevelInfo, codec.Show(e.What), 0)
	text := func(key, value string) {
		if value != "" {
			r.AddAttrs(slog.String(key, brief(codec.Show(value))))
		}
	}
	number := func(key string, value int64) {
		if value != 0 {
			r.AddAttrs(slog.Int64(key, value))
		}
	}
	number("session", e.Session)
	text("peer", e.Peer)
	text("id", e.ID)
	text("from", e.From)
	text("verb", e.Verb)
	text("words", e.Words)
	number("bytes", e.Bytes)
	text("sum", e.Sum)
	text("result", e.Result)
	number("took", int64(e.Took))
	return r
}

// brief shortens a text that is too long and adds its full length.
func brief(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:end], len(text))
}

// ready opens the file at path unless it is open already, and begins a new one if it is
// full.
func (l *Log) ready() error {
	fi, err := os.Lstat(l.path)
	if l.file != nil && (err != nil || !os.SameFile(fi, l.info)) { // file is not at path any more
		if err := l.shut(); err != nil {
			return err
		}
	}
	if l.file != nil && fi.Size() >= l.size {
		err := errors.Join(l.shut(), l.rotate())
		if err != nil && fi.Size() >= 2*l.size { // on Windows while a reader has a file open
			return err
		}
	}
	if l.file == nil {
		return l.open()
	}
	return nil
}

func (l *Log) shut() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// rotate renames each file to the next number, which replaces the next older one.
func (l *Log) rotate() error {
	for n := maxFiles - 1; n > 0; n-- {
		err := os.Rename(numbered(l.path, n-1), numbered(l.path, n))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// numbered returns the path of file n of a log; 0 is the newest.
func numbered(path string, n int) string {
	if n == 0 {
		return path
	}
	return fmt.Sprintf("%s.%d", path, n)
}

// open opens the file at path, to which only this user must have access.
func (l *Log) open() error {
	f, err := trust.OpenPrivate(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE)
	if err != nil {
		return codec.Explain(l.path, err)
	}
	fi, err := f.Stat()
	if err == nil {
		l.torn, err = torn(f, fi.Size())
	}
	if err != nil {
		f.Close()
		return err
	}
	l.file, l.info = f, fi
	return nil
}

// torn reports whether f does not end at the end of a line.
func torn(f *os.File, size int64) (bool, error) {
	if size == 0 {
		return false, nil
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}
