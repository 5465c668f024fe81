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

// A JobOutput collects what a background job prints, on both streams and in order,
// and keeps the last 64 KiB of it. After PassTo it passes on what comes. The zero
// value is ready; its methods may be called by several goroutines.
type JobOutput struct {
	interactive bool // the job was started at a prompt
	paint       Palette

	mu      sync.Mutex
	pieces  []piece
	size    int    // of the pieces, in bytes
	dropped int64  // bytes in front of the pieces that are no longer kept
	line    string // the status line
	told    string // the last text of Tell

	out, errs io.Writer // to which output is passed on, or nil
	shown     *screen   // on which the status line is drawn, or nil
}

// A piece is output of one stream with no output of the other in between.
type piece struct {
	isErr bool
	text  []byte
}

// A jobWriter is one of the two streams of a job.
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

// setStatus sets the status line of the job; "" is none.
func (o *JobOutput) setStatus(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.line = line
	if o.shown != nil {
		o.shown.setStatus(line)
	}
}

// keep keeps p, and drops the oldest output if that is too much.
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

// drop drops the first n bytes of the first piece.
func (o *JobOutput) drop(n int) {
	o.pieces[0].text = o.pieces[0].text[n:]
	o.size -= n
	o.dropped += int64(n)
	if len(o.pieces[0].text) == 0 {
		o.pieces = o.pieces[1:]
	}
}

// tell keeps a text for Told, and prints the one before.
func (o *JobOutput) tell(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.told != "" {
		_, _ = o.write(true, []byte(o.paint.Dim(o.told)+"\n"))
	}
	o.told = text
}

// Told returns the last text that the job has told the person, or "".
func (o *JobOutput) Told() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.told
}

// ShowOn is PassTo the streams of a console, which also shows the status line.
func (o *JobOutput) ShowOn(c *Console) error {
	o.mu.Lock()
	o.shown = c.screen
	o.mu.Unlock()
	return o.PassTo(c.Out, c.Err)
}

// PassTo prints what is kept, and from then on what comes. If the beginning has been
// dropped it says so, and begins with a whole line.
func (o *JobOutput) PassTo(out, errs io.Writer) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dropped > 0 {
		o.drop(bytes.IndexByte(o.pieces[0].text, '\n') + 1)
		fmt.Fprintln(errs, o.paint.Dim(fmt.Sprintf("the first %s of the output are left out", FormatSize(o.dropped))))
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
	o.pieces, o.size, o.dropped, o.out, o.errs = nil, 0, 0, out, errs
	return nil
}

// Take returns what is kept as one text. What comes later is lost.
func (o *JobOutput) Take() string {
	var text strings.Builder
	_ = o.PassTo(&text, &text) // a strings.Builder never fails
	return text.String()
}

// Progress returns the status line, or else how much the job has printed, "6 B of
// output", or "".
func (o *JobOutput) Progress() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n := o.dropped + int64(o.size); o.line == "" && n > 0 {
		return FormatSize(n) + " of output"
	}
	return o.line
}
