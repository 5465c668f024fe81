package dialect

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A Dialect is one of the message formats of the course.
type Dialect struct {
	name    string
	digits  int    // the number of digits of the length before a message; 0 if messages have no length
	fixed   int    // the size of every request, if requests have no length
	once    bool   // the server closes after one exchange
	most    int    // the largest size of a message, in bytes
	wrong   string // the answer to a request that fails
	garbage string // the answer to bytes that are not a message
	bye     string // the answer to EXIT
}

func dialects() []Dialect {
	return []Dialect{
		{
			name: "echo",
			once: true,
			most: 1024,
		},
		{
			name: "hello",
			once: true,
			most: 1024,
		},
		{
			name:   "ex26-slide",
			digits: 2,
			fixed:  4,
			most:   99,
			wrong:  "wrong protocol",
			bye:    "bye",
		},
		{
			name:    "ex26",
			digits:  2,
			most:    99,
			wrong:   "Wrong command",
			garbage: "Wrong protocol",
		},
		{
			name:    "ex27",
			digits:  4,
			most:    9999,
			wrong:   "Bad command or parameters",
			garbage: "Packet not according to protocol",
			bye:     "bye",
		},
	}
}

// Names returns the names of the dialects.
func Names() []string {
	var names []string
	for _, d := range dialects() {
		names = append(names, d.name)
	}
	return names
}

// Named returns the dialect with that name.
func Named(name string) (Dialect, error) {
	for _, d := range dialects() {
		if d.name == name {
			return d, nil
		}
	}
	return Dialect{}, fmt.Errorf("there is no dialect %q: %s", name, strings.Join(Names(), ", "))
}

// String returns the name of the dialect.
func (d Dialect) String() string { return d.name }

// errGarbage is the error for bytes that are not a message.
var errGarbage = errors.New("not a message of this dialect")

// readRequest reads a request. At the end of the input the error is io.EOF before a
// request, or io.ErrUnexpectedEOF inside a request. If the first bytes are not a length,
// readRequest returns them with errGarbage. Any other error comes from the connection.
func (d Dialect) readRequest(r io.Reader) (string, error) {
	if d.once {
		b := make([]byte, d.most)
		n, err := r.Read(b)
		if n > 0 {
			err = nil
		}
		return string(b[:n]), err
	}
	n := int64(d.fixed)
	if n == 0 {
		header := make([]byte, d.digits)
		if _, err := io.ReadFull(r, header); err != nil {
			return "", err
		}
		var ok bool
		if n, ok = parseDigits(header); !ok {
			return string(header), errGarbage
		}
	}
	body := make([]byte, n)
	got, err := io.ReadFull(r, body)
	if err == io.EOF && d.fixed == 0 {
		err = io.ErrUnexpectedEOF
	}
	return string(body[:got]), err
}

// request returns the bytes of a request.
func (d Dialect) request(text string) ([]byte, error) {
	switch {
	case d.fixed > 0 && len(text) != d.fixed:
		return nil, fmt.Errorf("a request of %s has %d bytes, not %d", d, d.fixed, len(text))
	case len(text) > d.most:
		return nil, fmt.Errorf("a request of %s has at most %d bytes, not %d", d, d.most, len(text))
	case d.fixed > 0 || d.once:
		return []byte(text), nil
	}
	return d.frame(text), nil
}

// reply returns the bytes of a reply, shortened if it is too long for its length field.
func (d Dialect) reply(text string) []byte {
	if d.once {
		return []byte(text)
	}
	return d.frame(shorten(text, d.most))
}

func (d Dialect) frame(text string) []byte {
	return fmt.Appendf(nil, "%0*d%s", d.digits, len(text), text)
}

// moreMark is the last line of a reply that was shortened.
const moreMark = "... and more"

// shorten returns the text unchanged if its length in bytes does not exceed the parameter
// most. Otherwise it cuts the text, at the end of a line if possible, and appends
// moreMark.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const mark = "\n" + moreMark
	end := most - len(mark)
	if lf := strings.LastIndexByte(text[:end+1], '\n'); lf > 0 {
		end = lf
	}
	for !utf8.RuneStart(text[end]) && end > most-len(mark)-utf8.UTFMax {
		end--
	}
	return text[:end] + mark
}

// parseDigits parses a number that consists only of ASCII digits.
func parseDigits(b []byte) (n int64, ok bool) {
	const most = 18 // the limit for the digits; a number with this many digits always fits into an int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0 && len(b) <= most
}
