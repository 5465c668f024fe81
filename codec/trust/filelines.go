package trust

import (
	"fmt"
	"net"
	"strings"
	"time"

	"techsh/codec"
)

const bom = "\ufeff" // some editors put it at the beginning of a file

// A fileLine is a line of a file: its text, unchanged, and its value. Comments and blank
// lines have no value.
type fileLine[T any] struct {
	text  string // with the line end
	value *T
}

// parseLines parses the lines of the file at path.
func parseLines[T any](
	path string, data []byte, parse func(words []codec.Word) (T, error),
) ([]fileLine[T], error) {
	var lines []fileLine[T]
	for text := range strings.Lines(string(data)) {
		l := fileLine[T]{text: text}
		bare := strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
		if len(lines) == 0 {
			bare = strings.TrimPrefix(bare, bom)
		}
		if strings.Trim(bare, " \t") != "" && !strings.HasPrefix(bare, "#") {
			words, err := codec.Split(bare)
			var means T
			if err == nil {
				means, err = parse(words)
			}
			if err != nil {
				return nil, lineError(path, len(lines)+1, err)
			}
			l.value = &means
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// lineError returns the error for line n of the file at path.
func lineError(path string, n int, err error) *codec.Error {
	e := codec.Explain("", err)
	e.Text = fmt.Sprintf("%s:%d: %v", codec.Name(path), n, e)
	if e.Hint == "" {
		e.Hint = "correct that line, or put # in front of it; until then the whole file is ignored"
	}
	return e
}

// lineValues returns the values of the lines that have one.
func lineValues[T any](lines []fileLine[T]) []T {
	var all []T
	for _, l := range lines {
		if l.value != nil {
			all = append(all, *l.value)
		}
	}
	return all
}

// parsePairs parses words that must all be pairs, and calls take[key] with the value of
// each pair. Every key in the list need must occur, and no key may occur twice.
func parsePairs(words []codec.Word, need []string, take map[string]func(value string) error) error {
	had := map[string]bool{}
	for _, w := range words {
		key, value, _ := strings.Cut(w.Text, "=")
		if take[key] == nil || key == w.Text {
			return codec.Errorf(codec.BadRequest, "%s is not a known pair", quoteForError(w.Text))
		}
		if had[key] {
			return codec.Errorf(codec.BadRequest, "%s= is given twice", key)
		}
		had[key] = true
		if err := take[key](value); err != nil {
			return err
		}
	}
	for _, key := range need {
		if !had[key] {
			return codec.Errorf(codec.BadRequest, "%s= is missing", key)
		}
	}
	return nil
}

const maxName = 64 // bytes

// CleanName turns any text into a name for a computer. The name has 1 to 64 characters,
// which are letters, digits and . _ - @. The first character is neither - nor a dot.
func CleanName(s string) string {
	s = strings.TrimLeft(strings.Map(func(r rune) rune {
		if !nameRune(r) {
			return '-'
		}
		return r
	}, s), "-.")
	if s == "" {
		return "computer"
	}
	return s[:min(len(s), maxName)]
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
		strings.ContainsRune("._-@", r)
}

func checkName(s string) error {
	if s == "" || CleanName(s) != s {
		return codec.Errorf(
			codec.BadRequest, "%s is not a name, which is 1 to %d letters, digits and . _ - @",
			quoteForError(s), maxName,
		)
	}
	return nil
}

// checkAddr checks that s is ADDR:PORT, where ADDR is an IP address or a name.
func checkAddr(s string) error {
	host, port, err := net.SplitHostPort(s)
	n, _ := codec.ParseNumber(port) // n is 0 if port is not a number
	plain := strings.Trim(host, ":%") != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return r == '@' || !nameRune(r) && r != ':' && r != '%' // : and % are for IPv6 with a zone
	})
	if err != nil || !plain || host[0] == '-' || n < 1 || n > 65535 {
		return codec.Errorf(codec.BadRequest, "%s is not an address, which is ADDR:PORT", quoteForError(s))
	}
	return nil
}

const (
	dayLayout  = time.DateOnly
	timeLayout = "2006-01-02T15:04:05Z" // RFC 3339, in UTC
)

// parseTime parses a time in exactly the format of layout. It refuses the zero time.Time,
// which means "without end" elsewhere in this package.
func parseTime(layout, s string) (time.Time, error) {
	t, err := time.Parse(layout, s)
	if err != nil || t.IsZero() || t.Format(layout) != s {
		return time.Time{}, codec.Errorf(
			codec.BadRequest, "%s is not a time such as %s", quoteForError(s), layout,
		)
	}
	return t, nil
}

// quoteForError returns a word of a file in the form for errors, shortened if it is long.
func quoteForError(s string) string {
	const most = 80
	if len(s) > most {
		return codec.Name(s[:most]) + "…"
	}
	return codec.Name(s)
}
