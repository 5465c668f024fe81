package codec

import (
	"bytes"
	"io"
)

// readHand reads a line typed by hand. If the line is a header, header is true and the
// line is in c.body.
func (c *Conn) readHand() (f Frame, header bool, err error) {
	most := MaxHand
	if c.MaxWords > 0 {
		most = min(most, c.MaxWords)
	}
	for {
		line := c.body[:0]
		for len(line) == 0 || line[len(line)-1] != '\n' {
			if len(line) == most {
				return f, false, Errorf(BadFrame, "a line of more than %d bytes", most)
			}
			b, err := c.r.ReadByte()
			if err == io.EOF && len(line) > 0 {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				return f, false, err
			}
			line = append(line, b)
			c.insideFrame.Store(true)
			c.body = line
		}
		if len(line) == HeaderSize {
			if _, _, ok := parseHeader(line); ok {
				c.Hand = false
				return f, true, nil
			}
		}
		line = bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
		if text := bytes.TrimLeft(line, " \t"); len(text) == 0 {
			c.insideFrame.Store(false)
			continue
		}
		f, err = handFrame(line)
		return f, false, err
	}
}

// handFrame returns the frame that a typed line stands for. line has no line end.
func handFrame(line []byte) (Frame, error) {
	if first := line[0] | 0x20; first < 'a' || first > 'z' {
		return Frame{}, Errorf(BadFrame, "%s is not a frame: a line begins with a letter", quoteBytes(line))
	}
	if isBrokenHeader(line) {
		return Frame{}, Errorf(BadFrame, "%s is not a header: 4 letters, a space, 10 digits, LF", quoteBytes(line))
	}
	word, rest := line, []byte(nil)
	if i := bytes.IndexAny(line, " \t"); i >= 0 {
		word, rest = line[:i], line[i+1:]
	}
	f := Frame{Word: recase(word, 'A', 'Z'), Verb: MakeVerb(recase(word, 'a', 'z'))}
	if len(rest) > 0 {
		f.Body = append(rest, '\n') // overwrites the line end in the buffer, so nothing is allocated
	}
	return f, nil
}

// recase switches the case of the ASCII letters in the range [from, to]. Unlike the
// functions of package unicode, it does not take a Kelvin sign for a k.
func recase(word []byte, from, to byte) string {
	b := bytes.Clone(word)
	for i, c := range b {
		if c >= from && c <= to {
			b[i] ^= 0x20
		}
	}
	return string(b)
}

// isBrokenHeader reports whether a line looks like a header with missing or wrong bytes:
// it has only capitals, spaces and digits, and the first digit is 0. People type
// lower-case letters, and numbers without leading zeros.
func isBrokenHeader(line []byte) bool {
	digit := byte(0)
	for _, c := range line {
		switch {
		case c >= '0' && c <= '9':
			if digit == 0 {
				digit = c
			}
		case c != ' ' && (c < 'A' || c > 'Z'):
			return false
		}
	}
	return digit == '0'
}
