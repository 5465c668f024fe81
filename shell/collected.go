package shell

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// maxCollected is how much of what a job prints is kept, in bytes.
const maxCollected = 64 << 10

// A collected is what a job prints, on both streams and in that order: the
// last of it, until somebody wants it; from then on it is passed on. What
// returns to the beginning of the line to draw over it, as progress does, is
// how far the job is, and no output.
type collected struct {
	mu     sync.Mutex
	pieces []piece
	size   int    // of the pieces, in bytes
	left   int64  // bytes in front of them that are left out
	line   string // of progress
	told   string // what the job has told the person last
	warn   palette

	out, errs io.Writer // where it is passed on, or nil
}

// A piece is what came on one stream, without anything on the other between.
type piece struct {
	isErr bool
	text  []byte
}

// A collecting is one of the two streams that a job prints on.
type collecting struct {
	to    *collected
	isErr bool
}

func (w collecting) Write(p []byte) (int, error) {
	w.to.mu.Lock()
	defer w.to.mu.Unlock()
	return w.to.write(w.isErr, p)
}

func (c *collected) write(isErr bool, p []byte) (int, error) {
	if isErr && bytes.HasPrefix(p, []byte("\r")) && bytes.IndexByte(p, '\n') < 0 {
		c.line = strings.TrimSpace(ansi.Strip(string(p)))
		if c.errs == nil {
			return len(p), nil
		}
	}
	switch {
	case c.errs == nil:
		c.keep(isErr, p)
		return len(p), nil
	case isErr:
		return c.errs.Write(p)
	}
	return c.out.Write(p)
}

func (c *collected) keep(isErr bool, p []byte) {
	if len(p) == 0 {
		return
	}
	if n := len(c.pieces); n > 0 && c.pieces[n-1].isErr == isErr {
		c.pieces[n-1].text = append(c.pieces[n-1].text, p...)
	} else {
		c.pieces = append(c.pieces, piece{isErr, bytes.Clone(p)})
	}
	c.size += len(p)
	for c.size > maxCollected {
		c.drop(min(c.size-maxCollected, len(c.pieces[0].text)))
	}
}

// drop leaves out the first n bytes of the first piece.
func (c *collected) drop(n int) {
	c.pieces[0].text = c.pieces[0].text[n:]
	c.size -= n
	c.left += int64(n)
	if len(c.pieces[0].text) == 0 {
		c.pieces = c.pieces[1:]
	}
}

// tell keeps what the job tells the person, until it tells more.
func (c *collected) tell(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told != "" {
		_, _ = c.write(true, []byte(c.warn.dim(c.told)+"\n"))
	}
	c.told = text
}

// pass prints what there is, whole lines if something is left out, and passes
// on what still comes.
func (c *collected) pass(out, errs io.Writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left > 0 {
		c.drop(bytes.IndexByte(c.pieces[0].text, '\n') + 1)
		fmt.Fprintln(errs, c.warn.dim(fmt.Sprintf("the first %s of what it printed are left out", size(c.left))))
	}
	for _, p := range c.pieces {
		w := out
		if p.isErr {
			w = errs
		}
		if _, err := w.Write(p.text); err != nil {
			return aboutStream("standard output", err)
		}
	}
	c.pieces, c.size, c.left, c.out, c.errs = nil, 0, 0, out, errs
	return nil
}

// progress is how far the job says it is, or else how much it has printed.
func (c *collected) progress() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.left + int64(c.size); c.line == "" && n > 0 {
		return size(n) + " of output"
	}
	return c.line
}
