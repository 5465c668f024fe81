package console

import (
	"context"
	"fmt"

	"techsh/codec"
	"techsh/shell/lineedit"
)

// A Console is how a command communicates with the user or the script that runs it:
// through streams, colors, progress, questions and errors. Write writes data to
// standard output; everything else is written to standard error.
//
// WithStdout, WithLabel and similar methods return another Console on the same
// terminal. All Consoles on a terminal draw under one lock.
type Console struct {
	In, Out, Err    Stream
	Paint, ErrPaint Palette         // for Out and for Err
	Input           *StdinReader    // reads standard input
	Resized         <-chan struct{} // receives a value when the window size changes; may be nil
	Script          bool            // standard input is the script
	DryRun          bool            // the command is only explained and must have no effects
	Label           string          // prefix of errors, such as "script:12: get: "

	questions questions
	stdout    *stdout
	screen    *screen
	job       *JobOutput // the output of a background job, or nil
}

// New returns the console of a process with the given streams. resized receives a
// value when the window size changes; it may be nil.
func New(in, out, err Stream, resized <-chan struct{}) *Console {
	c := &Console{In: in, Out: out, Err: err, Resized: resized, Input: NewStdinReader(in)}
	return c.open()
}

// open gives the console a new screen, and connects the streams of the console to the
// screen.
func (c *Console) open() *Console {
	c.screen = &screen{out: c.Out, err: c.Err}
	c.Out.w = trackedWriter{c.screen, &c.screen.out}
	c.Err.w = trackedWriter{c.screen, &c.screen.err}
	c.Paint, c.ErrPaint = NewPalette(c.Out.Color), NewPalette(c.Err.Color)
	c.stdout = newStdout(c.Out)
	return c
}

// Interact makes c the console of a prompt with the line editor e. From then on, the
// console asks the user questions, and shows news above the line that is being typed.
func (c *Console) Interact(e *lineedit.Editor) {
	c.screen.editor = e
	c.questions = asked
}

// Interactive reports whether the console has a prompt.
func (c *Console) Interactive() bool { return c.screen.editor != nil }

// IsJob reports whether the console belongs to a background job.
func (c *Console) IsJob() bool { return c.job != nil }

// Write writes data to standard output through a buffer.
func (c *Console) Write(p []byte) (int, error) { return c.stdout.Write(p) }

// Flush writes the buffered data to standard output.
func (c *Console) Flush() error { return c.stdout.Flush() }

// Printable returns text for standard output. For a terminal, control characters are
// made visible.
func (c *Console) Printable(text string) string {
	if c.Out.Terminal {
		return codec.Show(text)
	}
	return text
}

// Tell prints a message to the user if the console has a prompt. A script does not print
// the message, because it is not data. In a background job, the last message becomes part
// of the job's report.
func (c *Console) Tell(format string, args ...any) {
	switch text := fmt.Sprintf(format, args...); {
	case c.Interactive():
		c.printLine(c.ErrPaint.Dim(text))
	case c.job != nil && c.job.interactive:
		c.job.tell(text)
	}
}

// TellAlways is like Tell, but a script prints the message too, preceded by the console's
// label.
func (c *Console) TellAlways(text string) {
	if !c.Interactive() {
		text = c.Label + text
	}
	c.printLine(c.ErrPaint.Dim(text))
}

// PrintError prints an error to standard error, followed by its hint on a separate
// line.
func (c *Console) PrintError(err error) { c.PrintLines(c.FormatError(err)) }

// FormatError returns the lines that PrintError prints.
func (c *Console) FormatError(err error) string {
	text := c.ErrPaint.Bad(ErrorLine(err)) + "\n"
	if hint := HintOf(err); hint != "" {
		text += "  " + c.ErrPaint.Dim(codec.Show(hint)) + "\n"
	}
	return text
}

// PrintNote prints the error that the NOTE frame f contains. The call continues after
// such an error. PrintNote returns an error if f is invalid.
func (c *Console) PrintNote(f codec.Frame) error {
	e, err := f.Note()
	if err != nil {
		return err
	}
	c.PrintError(&LocatedError{Where: c.Label, Err: e})
	return nil
}

// PrintLines prints complete lines to standard error, below everything printed so
// far.
func (c *Console) PrintLines(lines string) {
	_ = c.stdout.Flush() // the error is returned when the command ends
	c.screen.print(lines)
}

func (c *Console) printLine(line string) { c.PrintLines(line + "\n") }

// FreshLine flushes standard output and completes an incomplete line on the terminal.
func (c *Console) FreshLine() { c.PrintLines("") }

// WithoutStatus calls the function do and hides the status line meanwhile.
func (c *Console) WithoutStatus(do func()) { c.screen.hold(do) }

// SetLineStart tells the console that the cursor is at the beginning of a line, for
// example after Enter.
func (c *Console) SetLineStart() { c.screen.setLineStart() }

// Announce shows news. While a line is being typed, the news appears above it. If the
// terminal is lent to a program and the program has printed something, the news is held
// back until the end of the loan.
func (c *Console) Announce(text string) { c.screen.announce(c.ErrPaint.Dim(text) + "\n") }

// Notify shows text above the line that is being typed, or above the next prompt.
func (c *Console) Notify(text string) { c.screen.editor.Notify(text) }

// Trace prints complete lines to standard error. While a line is being typed, and while
// the terminal is lent to a program, Trace drops the lines instead.
func (c *Console) Trace(lines string) { c.screen.trace(lines) }

// Typing reports whether a line is being read at the prompt.
func (c *Console) Typing() bool { return c.screen.editor != nil && c.screen.editor.Idle() }

// TellOverInterrupt prints text in place of the ^C that the terminal shows.
func (c *Console) TellOverInterrupt(text string) {
	c.FreshLine()
	text = c.ErrPaint.Dim(text) + "\n"
	if c.Err.Terminal {
		c.screen.replaceLine(text)
		return
	}
	fmt.Fprint(c.Err, text)
}

// TellCancelled tells the user that Ctrl-C has ended a command, below the ^C that the
// terminal shows.
func (c *Console) TellCancelled() {
	_ = c.stdout.Flush() // the error is returned when the command ends
	fmt.Fprintln(c.Err, "\n"+c.ErrPaint.Dim("cancelled"))
}

// OutWriter returns a writer that prints remote output to standard output. If raw is
// set, a terminal receives every byte unchanged.
func (c *Console) OutWriter(ctx context.Context, raw bool) *TerminalWriter {
	return &TerminalWriter{ctx: ctx, w: c.stdout, flush: c.stdout.Flush, Safe: c.Out.Terminal && !raw}
}

// ErrWriter is like OutWriter, but prints to standard error.
func (c *Console) ErrWriter(ctx context.Context, raw bool) *TerminalWriter {
	return &TerminalWriter{ctx: ctx, w: c.Err, flush: func() error { return nil }, Safe: c.Err.Terminal && !raw}
}
