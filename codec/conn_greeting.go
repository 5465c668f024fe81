package codec

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// Expect checks each byte as it arrives and fails unless the next bytes spell word, in
// upper or lower case. It does not consume them.
func (c *Conn) Expect(word string) error {
	for i := range len(word) {
		b, err := c.r.Peek(i + 1)
		if err != nil {
			return err
		}
		if !bytes.EqualFold(b, []byte(word[:i+1])) {
			return Errorf(BadFrame, "%s is not %s", quoteBytes(b), word)
		}
	}
	return nil
}

// SkipNoise discards what a carrier, such as ssh, sends before the HELO of the server, at
// most MaxNoise bytes. Its error quotes the beginning of what it has discarded.
func (c *Conn) SkipNoise() error {
	const want = len("HELO 0000000000\ntechsh/")
	var noise []byte
	for len(noise) < MaxNoise+want {
		b, err := c.r.ReadByte()
		if err != nil {
			switch {
			case len(noise) == 0:
				return err
			case err == io.EOF:
				return noServer(noise)
			default:
				return fmt.Errorf("%w: %w", noServer(noise), err)
			}
		}
		noise = append(noise, b)
		if b != '/' || len(noise) < want {
			continue
		}
		tail := noise[len(noise)-want:]
		if v, _, ok := parseHeader(tail); ok && v == HELO && bytes.HasSuffix(tail, []byte("techsh/")) {
			c.r = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(tail), c.r), readBuffer)
			return nil
		}
	}
	return noServer(noise)
}

func noServer(noise []byte) error {
	return Errorf(BadFrame, "no techsh server behind it: it said %s", quoteBytes(noise))
}
