package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/trust"
)

// A logFile is a file of lines and the older files beside it.
type logFile struct {
	path string
	size int64 // largest size of a file

	mu     sync.Mutex
	line   bytes.Buffer
	json   slog.Handler   // writes to the field line
	file   *os.File       // nil if no file is open
	info   fs.FileInfo    // the status of the open file
	torn   bool           // the last line of file is not complete
	unsure bool           // file was opened after the last flush of its folder
	day    time.Time      // the day to which the counts in visits belong
	visits map[string]int // the number of lines about the connections of each peer
}

func newLogFile(path string) *logFile {
	l := &logFile{path: path, size: fileSize}
	l.json = slog.NewJSONHandler(&l.line, &slog.HandlerOptions{ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
		switch attr.Key {
		case slog.LevelKey:
			return slog.Attr{}
		case slog.MessageKey:
			attr.Key = "what"
		}
		return attr
	}})
	return l
}

// countVisit counts an event about the connections of a peer, or of strangers. over is
// the number by which such events of today exceed their limit. It is negative below the
// limit.
func (l *logFile) countVisit(e Event) (over int) {
	source, most := e.ID, maxVisits
	switch {
	case e.ofStranger() && e.Notable:
		source, most = "notable strangers", maxNotable
	case e.ofStranger():
		source, most = "strangers", maxVisits-maxNotable
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if day := e.Time.UTC().Truncate(24 * time.Hour); !day.Equal(l.day) {
		l.day, l.visits = day, map[string]int{}
	}
	l.visits[source]++
	return l.visits[source] - most
}

// write appends a line. If durable is true, it returns only when the line is on disk.
func (l *logFile) write(e Event, durable bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ready(); err != nil {
		return err
	}
	l.line.Reset()
	if l.torn {
		l.line.WriteByte('\n')
	}
	if err := l.json.Handle(context.Background(), e.record()); err != nil {
		return err
	}
	n, err := l.file.Write(l.line.Bytes())
	if err != nil {
		l.torn = l.torn || n > 0
		return err
	}
	l.torn = false
	if !durable {
		return nil
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	if l.unsure {
		if err := trust.SyncFolder(filepath.Dir(l.path)); err != nil {
			return err
		}
		l.unsure = false
	}
	return nil
}

func (l *logFile) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shut()
}

// ready opens the file at path unless it is open already. If the file is full, ready
// begins a new file.
func (l *logFile) ready() error {
	fi, err := os.Lstat(l.path)
	if l.file != nil && (err != nil || !os.SameFile(fi, l.info)) { // file is not at path any more
		if err := l.shut(); err != nil {
			return err
		}
	}
	if l.file != nil && fi.Size() >= l.size {
		err := errors.Join(l.shut(), l.rotate())
		if err != nil && fi.Size() >= 2*l.size { // renaming fails on Windows while a reader has a file open
			return err
		}
	}
	if l.file == nil {
		return l.open()
	}
	return nil
}

func (l *logFile) shut() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// rotate renames each file to the next number and replaces the file that has that number,
// so the oldest one is lost.
func (l *logFile) rotate() error {
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

// open opens the file at l.path. It fails if another user has access to the file.
func (l *logFile) open() error {
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
	l.file, l.info, l.unsure = f, fi, true
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
