package console

import (
	"bufio"
	"io"
	"os"
	"strings"
)

// ForJob returns the console of a background job, which has no standard input. All
// that it prints goes to out.
func (c *Console) ForJob(out *JobOutput) *Console {
	out.paint, out.interactive = c.ErrPaint, c.Interactive()
	job := &Console{In: Stream{}, Out: c.Out, Err: c.Err, Input: NewStdinReader(noInput{}), job: out}
	job.Out.w, job.Err.w = jobWriter{out, false}, jobWriter{out, true}
	job.Out.program, job.Err.program = job.Out.w, job.Err.w
	if c.CanAsk() {
		job.questions = declined
	}
	return job.open()
}

// ForDryRun returns a console that prints nothing, for a command that is only
// explained. Where a person could be asked, the answer to every question is yes.
func (c *Console) ForDryRun() *Console {
	dry := &Console{
		In:     c.In,
		Out:    c.Out,
		Err:    c.Err,
		Input:  NewStdinReader(strings.NewReader("")),
		Script: c.Script,
		DryRun: true,
	}
	if c.Input.Redirected {
		dry.Input = c.Input
	}
	dry.Out.w, dry.Err.w = io.Discard, io.Discard
	if c.CanAsk() {
		dry.questions = asked
	}
	return dry.open()
}

// WithStdout returns the console with standard output redirected to w, a writer of
// the file f that local programs are given. The caller calls Flush and closes f.
func (c *Console) WithStdout(w io.Writer, f *os.File) *Console {
	view := *c
	view.Out = Stream{File: f, w: w, program: f}
	view.Paint = NewPalette(false)
	view.stdout = bufio.NewWriterSize(w, 64<<10)
	return &view
}

// WithStdin returns the console with standard input redirected from f. The caller
// calls done when the command has ended; it closes f.
func (c *Console) WithStdin(f *os.File) (view *Console, done func()) {
	own := *c
	own.In, own.Input, own.Script = Stream{File: f}, NewStdinReader(f), false
	own.Input.Redirected = true
	return &own, func() {
		f.Close()
		own.Input.wait()
	}
}

// WithLabel returns the console with another label.
func (c *Console) WithLabel(label string) *Console {
	view := *c
	view.Label = label
	return &view
}

// WithoutQuestions returns the console of a script that is run from a prompt, which
// asks no questions.
func (c *Console) WithoutQuestions() *Console {
	view := *c
	view.questions = unasked
	return &view
}
