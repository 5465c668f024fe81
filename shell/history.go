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
	maxHistoryBytes = 4 << 20 // of the file's end
)

// A history is the lines that were run on a host, kept in a file between
// runs. It is only for the user: what he ran may hold what others must not
// see. Several techsh may add to one file.
type history struct {
	path  string // "" is none
	lines []string
}

// openHistory reads the history of a host from its file in dir. Where there
// can be no file, or dir is "", the history lasts as long as the session.
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
	cutShort := text != "" && all[len(all)-1] != ""
	if cutShort || len(all) > maxHistory+1 || size > maxHistoryBytes {
		_ = h.rewrite(size) // the file is as good as it was if that fails
	}
	return h
}

// Lines returns the lines, oldest first.
func (h *history) Lines() []string { return slices.Clone(h.lines) }

// Add adds a line to the history and its file. A line that begins with a
// blank, repeats the last, or has a secret in it, is not kept.
func (h *history) Add(line string) error {
	if !keepable(line) || secret(line) || line[0] == ' ' || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
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
	_, err = f.WriteString(line + "\n") // one write, so that lines do not mix
	return errors.Join(err, f.Close())
}

func (h *history) push(line string) {
	if h.lines = append(h.lines, line); len(h.lines) > maxHistory {
		h.lines = h.lines[1:]
	}
}

// rewrite replaces the file, of the size that was read, by the lines. Should
// another techsh have added a line meanwhile, it leaves that for next time.
func (h *history) rewrite(size int64) error {
	f, err := os.CreateTemp(filepath.Dir(h.path), ".history-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(h.lines, "\n") + "\n")
	err = errors.Join(err, f.Close())
	if err == nil {
		var now fs.FileInfo
		if now, err = os.Lstat(h.path); err == nil && now.Size() == size {
			err = os.Rename(f.Name(), h.path)
		}
	}
	_ = os.Remove(f.Name()) // gone if it was renamed
	return err
}

// keepable tells whether a line can be kept and read back as it is.
func keepable(line string) bool {
	return strings.TrimSpace(line) != "" && utf8.ValidString(line) && !strings.ContainsFunc(line, unicode.IsControl)
}

// secret says whether a line sends what lets somebody in, as raw can, by its
// verb or, with -x, as bytes.
func secret(line string) bool {
	words := strings.Fields(strings.NewReplacer(`"`, "", "'", "").Replace(strings.ToUpper(line)))
	digits := strings.Join(words, "")
	for _, verb := range []string{"AUTH", "PAIR"} {
		if slices.Contains(words, verb) || strings.Contains(digits, fmt.Sprintf("%X", verb)) {
			return true
		}
	}
	return false
}

// readEnd returns the whole lines at the end of a file, and the file's size.
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

// openHistoryFile opens a history to append to, and makes it when there is none.
func openHistoryFile(path string) (*os.File, error) {
	return trust.OpenAndMakePrivate(path, os.O_RDWR|os.O_APPEND|os.O_CREATE)
}

// safeName makes a host a part of a file name, on every system, and two
// hosts two names. Case does not count in hosts.
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
	if len(name) > 100 {
		return fmt.Sprintf("%.60s-%x", name, sha256.Sum256([]byte(name)))[:60+1+32]
	}
	return name
}
