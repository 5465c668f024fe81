package remote

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
	auditSize  = 10 << 20 // bytes, of each file
	auditFiles = 5        // audit.jsonl, audit.jsonl.1 … audit.jsonl.4, which is the oldest
	auditText  = 1 << 10  // bytes of a text, lest one peer fill them all with a few long lines
)

// An Event is a line of the audit log. A call that needs a right has two:
// "open" before its effect and "close" after it.
type Event struct {
	Time    time.Time // zero is now
	What    string    // open close connected disconnected refused paired revoked
	Session int64
	Peer    string // its name
	ID      string
	From    string // its address
	Verb    string
	Words   string // of the call: paths, or what was run
	Bytes   int64  // that crossed
	Sum     string
	Result  string // ok, or the code and text of the error
	Took    time.Duration
}

// An Audit writes down who did what: a JSON object a line, with the fields
// of Event in small letters, times in UTC, took in nanoseconds, and what is
// empty left out. A text ends after 1 KiB with "… (N bytes)", N of the whole. At 10 MiB a new file begins, and the fifth oldest goes. Several
// processes may write to one.
type Audit struct {
	path string
	size int64 // of a file, at most

	mu   sync.Mutex
	line bytes.Buffer
	json slog.Handler // writes to line
	file *os.File     // nil when there is none
	info fs.FileInfo  // of file
	torn bool         // the last line of file is not whole
}

// OpenAudit opens the audit log at path, which it makes if need be, for its
// user alone. It refuses what is no file, and a file that others can access or
// that another user owns.
func OpenAudit(path string) (*Audit, error) {
	a := &Audit{path: path, size: auditSize}
	a.json = slog.NewJSONHandler(&a.line, &slog.HandlerOptions{ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
		switch attr.Key {
		case slog.LevelKey:
			return slog.Attr{}
		case slog.MessageKey:
			attr.Key = "what"
		}
		return attr
	}})
	if err := a.open(); err != nil {
		return nil, auditError(err)
	}
	return a, nil
}

// Write adds a line. After an error it tries anew with each line: the disk
// may have room again. Any goroutine may write; a nil Audit writes nothing.
func (a *Audit) Write(e Event) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.ready(); err != nil {
		return auditError(err)
	}
	a.line.Reset()
	if a.torn {
		a.line.WriteByte('\n')
	}
	if err := a.json.Handle(context.Background(), e.record()); err != nil {
		return auditError(err)
	}
	n, err := a.file.Write(a.line.Bytes())
	if err != nil {
		a.torn = a.torn || n > 0
		return auditError(err)
	}
	a.torn = false
	return nil
}

// Close closes the log. Nobody may write any more.
func (a *Audit) Close() error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.shut()
}

func auditError(err error) error { return fmt.Errorf("audit log: %w", err) }

// record is e as the handler wants it, fit for a terminal.
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

// brief cuts a text that is too long, and says how long it was.
func brief(text string) string {
	if len(text) <= auditText {
		return text
	}
	end := auditText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:end], len(text))
}

// ready sees to it that file is the one at path, with room in it.
func (a *Audit) ready() error {
	fi, err := os.Lstat(a.path)
	if a.file != nil && (err != nil || !os.SameFile(fi, a.info)) { // somebody took it away, or began a new one
		if err := a.shut(); err != nil {
			return err
		}
	}
	if a.file != nil && fi.Size() >= a.size {
		err := errors.Join(a.shut(), a.rotate())
		if err != nil && fi.Size() >= 2*a.size { // until then: on Windows it stays while somebody reads it
			return err
		}
	}
	if a.file == nil {
		return a.open()
	}
	return nil
}

func (a *Audit) shut() error {
	if a.file == nil {
		return nil
	}
	err := a.file.Close()
	a.file = nil
	return err
}

// rotate gives each file the next number, and with it the place of the
// next older one.
func (a *Audit) rotate() error {
	for n := auditFiles - 1; n > 0; n-- {
		if err := os.Rename(auditPath(a.path, n-1), auditPath(a.path, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// auditPath names the nth file of the log at path; 0 is the newest.
func auditPath(path string, n int) string {
	if n == 0 {
		return path
	}
	return fmt.Sprintf("%s.%d", path, n)
}

// open opens the file at path, which must be this user's alone.
func (a *Audit) open() error {
	f, err := trust.OpenPrivate(a.path, os.O_RDWR|os.O_APPEND|os.O_CREATE)
	if err != nil {
		return codec.Explain(a.path, err)
	}
	fi, err := f.Stat()
	if err == nil {
		a.torn, err = torn(f, fi.Size())
	}
	if err != nil {
		f.Close()
		return err
	}
	a.file, a.info = f, fi
	return nil
}

// torn says whether f ends in the middle of a line.
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
