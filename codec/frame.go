package codec

import (
	"fmt"
	"strconv"
)

// HeaderSize is the size of a header, one row of a hexdump.
const HeaderSize = 16

// The limits of the protocol, in bytes.
const (
	MaxWords = 64 << 10 // the body of a frame of words
	MaxBytes = 1 << 20  // the body of DATA and NOTE
	MaxHand  = 8 << 10  // a line typed by hand, including its LF
	MaxNoise = 64 << 10 // what a carrier may send before the HELO of the server
)

// A Verb is the name of a frame: 1 to 4 letters A-Z, padded with spaces on the right. The
// highest byte of the number is the first byte of the header. The zero Verb means no
// verb.
type Verb uint32

// MakeVerb returns the Verb whose name is s, or 0 if s is not 1 to 4 letters A-Z.
func MakeVerb(s string) Verb {
	if len(s) < 1 || len(s) > 4 {
		return 0
	}
	var v Verb
	for i := range 4 {
		c := byte(' ')
		if i < len(s) {
			if c = s[i]; c < 'A' || c > 'Z' {
				return 0
			}
		}
		v = v<<8 | Verb(c)
	}
	return v
}

// String returns the letters of v.
func (v Verb) String() string {
	b := []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
	n := 0
	for n < 4 && b[n] > ' ' {
		n++
	}
	return string(b[:n])
}

// The frames that are not calls.
const (
	HELO = 'H'<<24 | 'E'<<16 | 'L'<<8 | Verb('O')
	AUTH = 'A'<<24 | 'U'<<16 | 'T'<<8 | Verb('H')
	PAIR = 'P'<<24 | 'A'<<16 | 'I'<<8 | Verb('R')
	FILE = 'F'<<24 | 'I'<<16 | 'L'<<8 | Verb('E')
	DATA = 'D'<<24 | 'A'<<16 | 'T'<<8 | Verb('A')
	SUM  = 'S'<<24 | 'U'<<16 | 'M'<<8 | Verb(' ')
	NOTE = 'N'<<24 | 'O'<<16 | 'T'<<8 | Verb('E')
	END  = 'E'<<24 | 'N'<<16 | 'D'<<8 | Verb(' ')
	MORE = 'M'<<24 | 'O'<<16 | 'R'<<8 | Verb('E')
	SIZE = 'S'<<24 | 'I'<<16 | 'Z'<<8 | Verb('E')
	STOP = 'S'<<24 | 'T'<<16 | 'O'<<8 | Verb('P')
	TICK = 'T'<<24 | 'I'<<16 | 'C'<<8 | Verb('K')
	NEWS = 'N'<<24 | 'E'<<16 | 'W'<<8 | Verb('S')
	OK   = 'O'<<24 | 'K'<<16 | ' '<<8 | Verb(' ')
	ERR  = 'E'<<24 | 'R'<<16 | 'R'<<8 | Verb(' ')
)

// Raw reports whether a frame of this verb may have a raw body.
func (v Verb) Raw() bool { return v == DATA || v == NOTE }

// Stream reports whether v is the verb of a frame in a client's stream.
func (v Verb) Stream() bool {
	switch v {
	case FILE, DATA, SUM, END, SIZE:
		return true
	}
	return false
}

// FromServer reports whether v is a verb that only servers send.
func (v Verb) FromServer() bool {
	switch v {
	case OK, ERR, NOTE, MORE, NEWS:
		return true
	}
	return false
}

// A Frame is one message. For a line typed by hand, Word is its first word in lower case,
// and Verb is 0 if that word cannot be a Verb. The body belongs to the Conn and is valid
// until the next call of ReadFrame.
type Frame struct {
	Verb Verb
	Word string
	Body []byte
}

// String returns the frame on one line, and shortens a long body.
func (f Frame) String() string {
	name := f.Verb.String()
	if f.Verb == 0 {
		name = f.Word
	}
	b := f.Body
	if len(b) > 64 {
		return fmt.Sprintf("%s %d %q…", name, len(b), b[:64])
	}
	return fmt.Sprintf("%s %d %q", name, len(b), b)
}

// Words returns the words of a frame whose body is empty or one line with its LF.
func (f Frame) Words() ([]Word, error) {
	if len(f.Body) == 0 {
		return nil, nil
	}
	line, err := f.Line()
	if err != nil {
		return nil, err
	}
	return Split(line)
}

// Line returns the line of words in the body, without the LF.
func (f Frame) Line() (string, error) {
	n := len(f.Body) - 1
	if n < 0 {
		return "", nil
	}
	for i, c := range f.Body {
		switch {
		case c == '\n' && i == n:
			return string(f.Body[:n]), nil
		case c == '\n' || c == 0:
			return "", Errorf(BadRequest, "byte %d of the body is %#02x: words are one line", i, c)
		}
	}
	return "", Errorf(BadRequest, "the line of words does not end in LF")
}

// putHeader writes the header of a frame v with a body of n bytes into b[:HeaderSize].
func putHeader(b []byte, v Verb, n int) {
	b[0], b[1], b[2], b[3], b[4] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v), ' '
	for i := 14; i > 4; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	b[15] = '\n'
}

// parseHeader parses the first HeaderSize bytes of b. ok reports whether they are a
// header. A length of any size is accepted.
func parseHeader(b []byte) (v Verb, n int64, ok bool) {
	if b[4] != ' ' || b[15] != '\n' || b[0] < 'A' {
		return 0, 0, false
	}
	pad := false
	for _, c := range b[:4] {
		switch {
		case c == ' ':
			pad = true
		case c < 'A' || c > 'Z' || pad:
			return 0, 0, false
		}
		v = v<<8 | Verb(c)
	}
	for _, c := range b[5:15] {
		if c < '0' || c > '9' {
			return 0, 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return v, n, true
}

// bodyLimit returns the limit for the body of a frame with the verb v. The parameter
// words is the limit for frames of words. If it is below MaxWords, the client is not
// authorised yet, and the parameter words is the limit for all frames.
func bodyLimit(v Verb, words int) int64 {
	if v.Raw() && words == MaxWords {
		return MaxBytes
	}
	return int64(words)
}

func quoteBytes(b []byte) string {
	if len(b) > 40 {
		return strconv.Quote(string(b[:40])) + "…"
	}
	return strconv.Quote(string(b))
}
