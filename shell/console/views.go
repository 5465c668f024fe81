package console

import (
	"io"
	"os"
	"strings"
)

// ForJob returns a console for a background job. It has no standard input, and prints
// to out.
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

// ForDryRun returns a console that prints nothing, for a command that the command
// "explain" explains. The console answers yes to every question that a user would be
// asked.
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

// WithStdout returns a console whose standard output is w, a writer to the file f. Local
// programs write to f directly. The caller must call Flush on the returned console, and
// then close f.
func (c *Console) WithStdout(w io.Writer, f *os.File) *Console {
	view := *c
	view.Out = Stream{File: f, Color: c.Out.Always, Always: c.Out.Always, w: w, program: f}
	view.Paint = NewPalette(view.Out.Color)
	view.stdout = newStdout(w)
	return &view
}

// WithStdin returns a console with standard input redirected from f. The caller calls
// done, which closes f, when the command has ended.
func (c *Console) WithStdin(f *os.File) (view *Console, done func()) {
	own := *c
	own.In, own.Input, own.Script = Stream{File: f}, NewStdinReader(f), false
	own.Input.Redirected = true
	return &own, func() {
		f.Close()
		own.Input.wait()
	}
}

// WithLabel returns a console with another label.
func (c *Console) WithLabel(label string) *Console {
	view := *c
	view.Label = label
	return &view
}

// WithoutQuestions returns a console that asks no questions, for a script that is run
// from a prompt.
func (c *Console) WithoutQuestions() *Console {
	view := *c
	view.questions = unasked
	return &view
}
