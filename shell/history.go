package shell

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techsh/codec/trust"
)

const (
	maxHistory      = 2000    // lines
	maxHistoryBytes = 4 << 20 // only this many bytes at the end of the file are read
)

// A history contains the lines that were typed in sessions with a host. They are kept
// between runs in a file, to which several processes may append. Only the user can read
// the file, because lines may contain confidential text.
type history struct {
	path  string // the path of the file, or ""
	lines []string
}

// openHistory reads the history of a host from its file in dir. If dir is "" or there
// is no usable file, the history lasts only as long as the session.
func openHistory(dir, host string) *history {
	h := &history{}
	if dir == "" || os.MkdirAll(dir, 0o700) != nil {
		return h
	}
	path := filepath.Join(dir, "history-"+safeName(host))
	text, size, err := readEnd(path)
	if err != nil {
		return h
	}
	h.path = path
	all := strings.Split(text, "\n")
	for _, line := range all {
		if line = strings.TrimSuffix(line, "\r"); keepable(line) {
			h.push(line)
		}
	}
	isCut := text != "" && all[len(all)-1] != ""
	if isCut || len(all) > maxHistory+1 || size > maxHistoryBytes {
		_ = h.rewrite(size) // after an error the old file remains, which does no harm
	}
	return h
}

// Lines returns the lines, oldest first.
func (h *history) Lines() []string { return slices.Clone(h.lines) }

// Add adds a line to the history and its file, unless the line begins with a space or
// a tab, or repeats the previous line.
func (h *history) Add(line string) error {
	repeats := len(h.lines) > 0 && h.lines[len(h.lines)-1] == line
	if !keepable(line) || line[0] == ' ' || repeats {
		return nil
	}
	h.push(line)
	if h.path == "" {
		return nil
	}
	f, err := openHistoryFile(h.path)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n") // a single write, so that lines of several processes do not mix
	return errors.Join(err, f.Close())
}

func (h *history) push(line string) {
	if h.lines = append(h.lines, line); len(h.lines) > maxHistory {
		h.lines = h.lines[1:]
	}
}

// rewrite replaces the contents of the file with the lines. size is the size of the
// file when it was read: if the file has grown since then, another process has added
// a line, and the file is not replaced.
func (h *history) rewrite(size int64) error {
	f, err := os.CreateTemp(filepath.Dir(h.path), ".history-*") // created with mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(h.lines, "\n") + "\n")
	err = errors.Join(err, f.Close())
	if err == nil {
		var info fs.FileInfo
		if info, err = os.Lstat(h.path); err == nil && info.Size() == size {
			err = os.Rename(f.Name(), h.path)
		}
	}
	_ = os.Remove(f.Name()) // fails if it was renamed
	return err
}

// keepable reports whether the file format can represent the line.
func keepable(line string) bool {
	return strings.TrimSpace(line) != "" && utf8.ValidString(line) && !strings.ContainsFunc(line, unicode.IsControl)
}

// readEnd returns the complete lines in the last maxHistoryBytes of a file, and the
// size of the file.
func readEnd(path string) (text string, size int64, err error) {
	f, err := openHistoryFile(path)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	from := max(info.Size()-maxHistoryBytes, 0)
	b, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
	if from > 0 {
		_, b, _ = bytes.Cut(b, []byte("\n"))
	}
	return string(b), info.Size(), err
}

// openHistoryFile opens the file of a history, and creates it if it does not exist.
func openHistoryFile(path string) (*os.File, error) {
	return trust.OpenAndMakePrivate(path, os.O_RDWR|os.O_APPEND|os.O_CREATE)
}

const maxSafeName = 100 // in bytes

// safeName encodes the name of a host as part of a file name that is legal on every
// system. The results for two hosts differ unless the hosts differ only in case.
func safeName(host string) string {
	var b strings.Builder
	for _, c := range []byte(strings.ToLower(host)) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '.', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	name := b.String()
	if len(name) > maxSafeName {
		return fmt.Sprintf("%.60s-%.16x", name, sha256.Sum256([]byte(name)))
	}
	return name
}
