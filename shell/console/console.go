package console

import (
	"bufio"
	"context"
	"fmt"

	"techsh/codec"
	"techsh/shell/lineedit"
)

// A Console is what a command uses to talk to the person or the script that runs it:
// streams, colors, progress, questions and errors. Data goes to standard output
// through Write; everything else goes to standard error.
//
// A Console is a view of a terminal: WithStdout, WithLabel and their like return
// another Console on the same terminal, on which all draw under one lock.
type Console struct {
	In, Out, Err    Stream
	Paint, ErrPaint Palette         // of Out and of Err
	Input           *StdinReader    // reads standard input
	Resized         <-chan struct{} // receives when the size of the window has changed; may be nil
	Script          bool            // standard input is the script
	DryRun          bool            // the command is only explained: nothing must happen, and questions are answered
	Label           string          // in front of the errors of a part of a command: "script:12: get: "

	questions questions
	stdout    *bufio.Writer
	screen    *screen
	job       *JobOutput // of a background job, or nil
}

// New returns the console of a process with these streams. Resized receives when the
// size of the window has changed; it may be nil.
func New(in, out, err Stream, resized <-chan struct{}) *Console {
	c := &Console{In: in, Out: out, Err: err, Resized: resized, Input: NewStdinReader(in)}
	return c.open()
}

// open gives the console a screen of its own and connects its streams to it.
func (c *Console) open() *Console {
	c.screen = &screen{out: c.Out, err: c.Err}
	c.Out.w = trackedWriter{c.screen, &c.screen.out}
	c.Err.w = trackedWriter{c.screen, &c.screen.err}
	c.Paint, c.ErrPaint = NewPalette(c.Out.Color), NewPalette(c.Err.Color)
	c.stdout = bufio.NewWriterSize(c.Out, 64<<10)
	return c
}

// Interact makes the console that of a prompt with the line editor e: from now on
// questions are asked, and news are shown above the line that is being typed.
func (c *Console) Interact(e *lineedit.Editor) {
	c.screen.editor = e
	c.questions = asked
}

// Interactive reports whether the console is that of a prompt.
func (c *Console) Interactive() bool { return c.screen.editor != nil }

// IsJob reports whether the console is that of a background job.
func (c *Console) IsJob() bool { return c.job != nil }

// Write writes data to standard output, through a buffer.
func (c *Console) Write(p []byte) (int, error) { return c.stdout.Write(p) }

// Flush writes what is in the buffer of Write.
func (c *Console) Flush() error { return c.stdout.Flush() }

// Printable returns text for standard output: with control characters made visible
// on a terminal, and elsewhere unchanged.
func (c *Console) Printable(text string) string {
	if c.Out.Terminal {
		return codec.Show(text)
	}
	return text
}

// Tell tells the person at a prompt something that is no data. In the background,
// the last such text goes into the report of the job. A script prints nothing.
func (c *Console) Tell(format string, args ...any) {
	switch text := fmt.Sprintf(format, args...); {
	case c.Interactive():
		c.printLine(c.ErrPaint.Dim(text))
	case c.job != nil && c.job.interactive:
		c.job.tell(text)
	}
}

// TellAlways is Tell that a script prints too, with the label in front.
func (c *Console) TellAlways(text string) {
	if !c.Interactive() {
		text = c.Label + text
	}
	c.printLine(c.ErrPaint.Dim(text))
}

// PrintError prints an error on standard error, and its hint on a line of its own.
func (c *Console) PrintError(err error) { c.PrintLines(c.FormatError(err)) }

// FormatError returns the lines that PrintError prints.
func (c *Console) FormatError(err error) string {
	text := c.ErrPaint.Bad(ErrorLine(err)) + "\n"
	if hint := HintOf(err); hint != "" {
		text += "  " + c.ErrPaint.Dim(codec.Show(hint)) + "\n"
	}
	return text
}

// PrintNote prints the error in a NOTE frame: one thing has failed, and the call goes
// on. Its own error is that of the frame.
func (c *Console) PrintNote(f codec.Frame) error {
	e, err := f.Note()
	if err != nil {
		return err
	}
	c.PrintError(&LocatedError{Where: c.Label, Err: e})
	return nil
}

// PrintLines prints whole lines on standard error, below what has been printed.
func (c *Console) PrintLines(lines string) {
	_ = c.stdout.Flush() // the command sees the error at its end
	c.screen.print(lines)
}

func (c *Console) printLine(line string) { c.PrintLines(line + "\n") }

// FreshLine flushes standard output and ends a line that has been left open on the
// terminal.
func (c *Console) FreshLine() { c.PrintLines("") }

// WithoutStatus keeps the status line away while do runs.
func (c *Console) WithoutStatus(do func()) { c.screen.hold(do) }

// SetLineStart tells the console that the terminal's cursor is at the beginning of
// a line, as after Enter.
func (c *Console) SetLineStart() { c.screen.setLineStart() }

// Announce shows news: above the line that is being typed, or on the terminal while
// a command runs, or when a remote program has given the terminal back.
func (c *Console) Announce(text string) { c.screen.announce(c.ErrPaint.Dim(text) + "\n") }

// Notify shows text above the line that is being typed, or in front of the next
// prompt.
func (c *Console) Notify(text string) { c.screen.editor.Notify(text) }

// Trace prints whole lines on standard error. It drops them while a line is being
// typed, and while the terminal is lent to a program.
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

// TellCancelled tells the person that Ctrl-C has ended a command, below the ^C that
// the terminal shows.
func (c *Console) TellCancelled() {
	_ = c.stdout.Flush() // the command sees the error at its end
	fmt.Fprintln(c.Err, "\n"+c.ErrPaint.Dim("cancelled"))
}

// OutWriter returns a writer of remote output to standard output. With raw, a
// terminal gets every byte unchanged.
func (c *Console) OutWriter(ctx context.Context, raw bool) *TerminalWriter {
	return &TerminalWriter{ctx: ctx, w: c.stdout, flush: c.stdout.Flush, Safe: c.Out.Terminal && !raw}
}

// ErrWriter is OutWriter to standard error.
func (c *Console) ErrWriter(ctx context.Context, raw bool) *TerminalWriter {
	return &TerminalWriter{ctx: ctx, w: c.Err, flush: func() error { return nil }, Safe: c.Err.Terminal && !raw}
}
