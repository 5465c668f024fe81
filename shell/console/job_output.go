package console

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// maxJobOutput is how many bytes of a job's output are kept.
const maxJobOutput = 64 << 10

// A JobOutput collects the output of a background job on both streams, in the order in
// which it was written, and keeps the last 64 KiB. After a call of PassTo, it passes
// output on instead. The zero value is ready to use. Its methods may be called
// concurrently.
type JobOutput struct {
	interactive bool // the job was started at a prompt
	paint       Palette

	mu      sync.Mutex
	pieces  []piece
	size    int    // the total size of pieces in bytes
	dropped int64  // number of dropped bytes before the first piece
	line    string // the current status line
	told    string // the last message that the job passed to Console.Tell

	out, errs io.Writer // receive the output that is passed on; nil before PassTo
	shown     *screen   // where the status line is shown, or nil
}

// A piece is consecutive output to one stream.
type piece struct {
	isErr bool
	text  []byte
}

// A jobWriter is one of the two output streams of a job.
type jobWriter struct {
	to    *JobOutput
	isErr bool
}

func (w jobWriter) Write(p []byte) (int, error) {
	w.to.mu.Lock()
	defer w.to.mu.Unlock()
	return w.to.write(w.isErr, p)
}

// write keeps p or passes it on. o.mu must be held.
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

// setStatus sets the status line of the job; "" removes it.
func (o *JobOutput) setStatus(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.line = line
	if o.shown != nil {
		o.shown.setStatus(line)
	}
}

// keep appends p, and drops the oldest output if there is too much.
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

// tell stores text for Told. If another message was stored before, tell first writes that
// message to the job's standard error.
func (o *JobOutput) tell(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.told != "" {
		_, _ = o.write(true, []byte(o.paint.Dim(o.told)+"\n"))
	}
	o.told = text
}

// Told returns the last message that the job passed to Console.Tell, or "" if there was
// none.
func (o *JobOutput) Told() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.told
}

// ShowOn is like PassTo, but passes the output to the streams of a console, and also
// shows the status line there.
func (o *JobOutput) ShowOn(c *Console) error {
	o.mu.Lock()
	o.shown = c.screen
	o.mu.Unlock()
	return o.PassTo(c.Out, c.Err)
}

// PassTo prints the kept output, and passes on all later output. If the beginning of the
// output was dropped, PassTo says so, and then begins with a complete line.
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

// Take returns the kept output as one text. Later output is lost.
func (o *JobOutput) Take() string {
	var text strings.Builder
	_ = o.PassTo(&text, &text) // a strings.Builder never returns an error
	return text.String()
}

// Progress returns the status line of the job. If there is none, it returns the amount
// of output, such as "6 B of output", or "" for a job without output.
func (o *JobOutput) Progress() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n := o.dropped + int64(o.size); o.line == "" && n > 0 {
		return FormatSize(n) + " of output"
	}
	return o.line
}
