package console

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// maxJobOutput is how much of a job's output is kept, in bytes.
const maxJobOutput = 64 << 10

// A JobOutput is what a background job prints, on both streams and in that
// order: the last of it until PassTo, and from then on it is passed on.
type JobOutput struct {
	interactive bool // a person sits at the prompt
	warn        Palette

	mu     sync.Mutex
	pieces []piece
	size   int    // of the pieces, in bytes
	left   int64  // bytes in front of them that are left out
	line   string // the status line
	told   string // what the job has told the person last

	out, errs io.Writer // where it is passed on, or nil
	shown     *screen   // where the status line is drawn, or nil
}

// A piece is what came on one stream, without anything on the other between.
type piece struct {
	isErr bool
	text  []byte
}

// A jobWriter is one of the two streams that a job prints on.
type jobWriter struct {
	to    *JobOutput
	isErr bool
}

func (w jobWriter) Write(p []byte) (int, error) {
	w.to.mu.Lock()
	defer w.to.mu.Unlock()
	return w.to.write(w.isErr, p)
}

// write keeps or passes on p. The caller holds the lock.
func (o *JobOutput) write(isErr bool, p []byte) (int, error) {
	switch {
	case o.errs == nil:
		o.keep(isErr, p)
		return len(p), nil
	case isErr:
		return o.errs.Write(p)
	}
	return o.out.Write(p)
}

// setStatus takes the job's status line.
func (o *JobOutput) setStatus(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.line = line
	if o.shown != nil {
		o.shown.setStatus(line)
	}
}

func (o *JobOutput) keep(isErr bool, p []byte) {
	if len(p) == 0 {
		return
	}
	if n := len(o.pieces); n > 0 && o.pieces[n-1].isErr == isErr {
		o.pieces[n-1].text = append(o.pieces[n-1].text, p...)
	} else {
		o.pieces = append(o.pieces, piece{isErr, bytes.Clone(p)})
	}
	o.size += len(p)
	for o.size > maxJobOutput {
		o.drop(min(o.size-maxJobOutput, len(o.pieces[0].text)))
	}
}

// drop leaves out the first n bytes of the first piece.
func (o *JobOutput) drop(n int) {
	o.pieces[0].text = o.pieces[0].text[n:]
	o.size -= n
	o.left += int64(n)
	if len(o.pieces[0].text) == 0 {
		o.pieces = o.pieces[1:]
	}
}

// tell keeps what the job tells the person, until it tells more.
func (o *JobOutput) tell(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.told != "" {
		_, _ = o.write(true, []byte(o.warn.Dim(o.told)+"\n"))
	}
	o.told = text
}

// Told returns what the job has told the person last.
func (o *JobOutput) Told() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.told
}

// ShowOn prints the output on a console and goes on to print there, with the
// status line.
func (o *JobOutput) ShowOn(c *Console) error {
	o.mu.Lock()
	o.shown = c.screen
	o.mu.Unlock()
	return o.PassTo(c.Out, c.Err)
}

// PassTo prints what is kept, whole lines if something is left out, and passes
// on what still comes.
func (o *JobOutput) PassTo(out, errs io.Writer) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left > 0 {
		o.drop(bytes.IndexByte(o.pieces[0].text, '\n') + 1)
		fmt.Fprintln(errs, o.warn.Dim(fmt.Sprintf("the first %s of what it printed are left out", FormatSize(o.left))))
	}
	for _, p := range o.pieces {
		w := out
		if p.isErr {
			w = errs
		}
		if _, err := w.Write(p.text); err != nil {
			return AboutStream("standard output", err)
		}
	}
	o.pieces, o.size, o.left, o.out, o.errs = nil, 0, 0, out, errs
	return nil
}

// String returns what is kept, as one text.
func (o *JobOutput) String() string {
	var text strings.Builder
	_ = o.PassTo(&text, &text) // which cannot fail
	return text.String()
}

// Progress returns the status line, or else how much the job has printed.
func (o *JobOutput) Progress() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n := o.left + int64(o.size); o.line == "" && n > 0 {
		return FormatSize(n) + " of output"
	}
	return o.line
}
