package remote

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"techsh/codec"
)

const (
	auditSize  = 10 << 20 // bytes, of each file
	auditFiles = 5        // audit.jsonl, audit.jsonl.1 … audit.jsonl.4, which is the oldest
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
// empty left out. At 10 MiB a new file begins, and the fifth oldest goes. Several
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
// user alone. It refuses what is no file, and a file that others can access.
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
			r.AddAttrs(slog.String(key, codec.Show(value)))
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

// open opens the file at path, and never another one that a link leads to.
func (a *Audit) open() error {
	before, err := os.Lstat(a.path)
	flags := os.O_RDWR | os.O_APPEND | nonblock
	switch {
	case errors.Is(err, fs.ErrNotExist):
		flags |= os.O_CREATE | os.O_EXCL
	case err != nil:
		return err
	case !before.Mode().IsRegular():
		return &codec.Error{Code: codec.NotRegular, Name: a.path}
	case runtime.GOOS != "windows" && before.Mode().Perm()&0o077 != 0:
		return &codec.Error{
			Code: codec.NotAllowed, Name: a.path, Text: "others than its owner can access it",
			Hint: "chmod 600 " + codec.Name(a.path),
		}
	}
	f, err := os.OpenFile(a.path, flags, 0o600)
	if err != nil {
		return err
	}
	fi, err := f.Stat()
	if err == nil && before != nil && !os.SameFile(before, fi) {
		err = &codec.Error{Code: codec.Changed, Name: a.path, Text: "replaced while it was opened"}
	}
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

// Events returns what the audit log at path tells, the oldest first. The
// error of a line that makes no sense names it, and the next ones follow.
func Events(path string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var files []*os.File // all at once, lest one moves on meanwhile
		for n := auditFiles - 1; n >= 0; n-- {
			f, err := os.Open(auditPath(path, n))
			if err == nil {
				defer f.Close()
				files = append(files, f)
			} else if !errors.Is(err, fs.ErrNotExist) && !yield(Event{}, err) {
				return
			}
		}
		for _, f := range files {
			if !events(f, yield) {
				return
			}
		}
	}
}

// events hands on the lines of one file, and says whether more are wanted.
func events(f *os.File, yield func(Event, error) bool) bool {
	r := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			var e Event
			if jerr := json.Unmarshal(line, &e); jerr != nil || e.Time.IsZero() || e.What == "" {
				jerr = fmt.Errorf("%s:%d: not a line of an audit log", filepath.Base(f.Name()), n)
				if !yield(Event{}, jerr) {
					return false
				}
			} else if !yield(e, nil) {
				return false
			}
		}
		if err == io.EOF {
			return true
		}
		if err != nil {
			return yield(Event{}, err)
		}
	}
}
