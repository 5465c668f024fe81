package console_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/console"
)

// A file receives what is printed to a stream.
type file struct {
	*testing.T
	*os.File
}

func newFile(t *testing.T) file {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "stream"))
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return file{t, f}
}

func (f file) text() string {
	f.Helper()
	b, err := os.ReadFile(f.Name())
	require.NoError(f, err)
	return string(b)
}

// newScript returns the console of a script, and its streams.
func newScript(t *testing.T) (c *console.Console, out, errs file) {
	t.Helper()
	out, errs = newFile(t), newFile(t)
	c = console.New(console.Stream{}, console.Stream{File: out.File}, console.Stream{File: errs.File}, nil)
	return c, out, errs
}

func TestDataAndWordsGoToTheirStreams(t *testing.T) {
	c, out, errs := newScript(t)
	_, err := io.WriteString(c, "data")
	require.NoError(t, err)
	require.Empty(t, out.text(), "it is buffered")
	c.Tell("for a person at a prompt")
	c.WithLabel("script:12: get: ").TellAlways("said always")
	c.PrintError(console.WithHint(errors.New("it failed\nbadly\x1b[2J"), "do this"))
	require.NoError(t, c.WithLabel("get: ").PrintNote(note("a b")))
	c.Announce("news")
	require.Equal(t, "data", out.text(), "and comes before words")
	require.Equal(t, "script:12: get: said always\nit failed: badly\\x1b[2J\n  do this\n"+
		"get: \"a b\": no such file or folder\n", errs.text())
	require.False(t, c.Interactive())
	require.Equal(t, "\x1b", c.Printable("\x1b"), "in a file it does no harm")
}

// note returns a NOTE that name was not found.
func note(name string) codec.Frame {
	words := []codec.Word{codec.Bare(string(codec.NotFound)), codec.Lit(name), codec.Lit("no such file or folder")}
	return codec.Frame{Verb: codec.NOTE, Body: []byte(codec.Join(words) + "\n")}
}

func TestARedirectedConsoleIsAViewOfTheSameTerminal(t *testing.T) {
	c, out, errs := newScript(t)
	other := newFile(t)
	view := c.WithStdout(other.File, other.File)
	_, err := io.WriteString(view, "redirected")
	require.NoError(t, err)
	require.NoError(t, view.Flush())
	view.PrintError(errors.New("said"))
	require.Equal(t, "redirected", other.text())
	require.Empty(t, out.text())
	require.Equal(t, "said\n", errs.text())
	require.Same(t, other.File, view.Out.ForProgram())

	in := newFile(t)
	_, err = in.WriteString("typed")
	require.NoError(t, err)
	_, err = in.Seek(0, io.SeekStart)
	require.NoError(t, err)
	c.Script = true
	view, done := c.WithStdin(in.File)
	require.True(t, view.Input.Redirected)
	require.False(t, view.Script)
	b, err := io.ReadAll(view.Input)
	require.NoError(t, err)
	require.Equal(t, "typed", string(b))
	done()
	require.ErrorIs(t, in.Close(), fs.ErrClosed)
}

func TestAScriptIsAskedNothing(t *testing.T) {
	c, _, _ := newScript(t)
	require.False(t, c.CanAsk())
	require.False(t, c.NeedsConfirmation())
	require.NoError(t, c.Confirm("delete 3 files", "it was not wanted"))
	_, err := c.AskSecret("cookie: ")
	require.Error(t, err)
	_, err = c.RawTerminal()
	require.EqualError(t, err, "standard input is not a terminal")
	_, err = c.Lend()
	require.Error(t, err)
}

func TestADryRunPrintsNothing(t *testing.T) {
	c, out, errs := newScript(t)
	dry := c.ForDryRun()
	_, err := io.WriteString(dry, "data")
	require.NoError(t, err)
	require.NoError(t, dry.Flush())
	dry.PrintError(errors.New("said"))
	yes, err := dry.AskYes("really?")
	require.NoError(t, err)
	require.True(t, yes)
	yes, all, err := dry.AskReplace("x", console.Replacement{})
	require.NoError(t, err)
	require.True(t, yes)
	require.False(t, all)
	require.Empty(t, out.text()+errs.text())
}

func TestRemoteOutputIsMadeSafeForATerminal(t *testing.T) {
	out := newFile(t)
	c := console.New(console.Stream{}, console.Stream{File: out.File, Terminal: true}, console.Stream{}, nil)
	w := c.OutWriter(t.Context(), false)
	require.True(t, w.Safe)
	for _, part := range []string{"a\x1b[2Jb\r", "\nStra\xc3", "\x9fe\xe2\x82"} {
		n, err := w.Write([]byte(part))
		require.NoError(t, err)
		require.Equal(t, len(part), n)
	}
	before := out.text()
	require.Contains(t, before, "b\r\nStra")
	require.Contains(t, before, "\nStraße")
	require.NotContains(t, before, "\x1b")
	w.End()
	require.Equal(t, before+codec.ShowLines("\xe2\x82"), out.text())

	progress := c.OutWriter(t.Context(), false)
	for _, part := range []string{"\n 10%\r", "\x1b[K 20%", "\r100%\n"} {
		_, err := progress.Write([]byte(part))
		require.NoError(t, err)
	}
	require.True(t, strings.HasSuffix(out.text(), "\n 10%\r\\x1b[K 20%\r100%\n"), "CR begins the line again")

	raw := c.OutWriter(t.Context(), true)
	_, err := raw.Write([]byte("\x1b[1m"))
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(out.text(), "\x1b[1m"))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.OutWriter(ctx, false).Write([]byte("x"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestACommandIsCancelledWhenItsOutputFails(t *testing.T) {
	full := newFile(t)
	require.NoError(t, full.File.Close())
	c := console.New(console.Stream{}, console.Stream{File: full.File}, console.Stream{}, nil)
	for range 2 { // the second command writes to an output that has failed before
		ctx, stop := c.UntilOutputFails(t.Context())
		require.NoError(t, ctx.Err())
		for range 100_000 {
			fmt.Fprintln(c, "a line")
		}
		require.ErrorContains(t, context.Cause(ctx), "standard output: ")
		stop()
	}
	ctx, stop := c.UntilOutputFails(t.Context())
	require.NoError(t, ctx.Err(), "a command that prints nothing is not affected")
	stop()
	require.ErrorIs(t, context.Cause(ctx), context.Canceled)
}

func TestACutRuneIsFound(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a": 0, "ä": 0, "a\xc3": 1, "\xe2\x82": 2, "\xe2": 1, "\xf0\x9f\x98": 3, "😀": 0,
		"\x82\x82\x82": 0, "a\xff": 0, "\xc3a": 0,
	} {
		require.Equal(t, want, console.CutRune([]byte(text)), "%q", text)
	}
}

func TestErrorsKeepWhatTheyAre(t *testing.T) {
	err := console.About("x", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist})
	require.EqualError(t, err, "x: no such file or folder")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, console.About("x", nil))
	require.NoError(t, console.AboutStream("standard output", nil))
	closedErr := console.AboutStream("standard output", fs.ErrClosed)
	require.EqualError(t, closedErr, "standard output: file already closed")

	located := &console.LocatedError{Where: "a:1: ", Err: console.WithHint(err, "do this")}
	require.EqualError(t, located, "a:1: x: no such file or folder")
	require.Equal(t, "do this", console.HintOf(located))
	require.ErrorIs(t, located, fs.ErrNotExist)
	require.True(t, console.IsCode(located, codec.Exists, codec.NotFound))
	require.False(t, console.IsReported(located))
	require.True(t, console.IsReported(&console.ReportedError{Err: located}))

	exists := codec.Errorf(codec.Exists, "it exists")
	require.Equal(t, "-f replaces it", console.HintOf(console.ForceHint(exists)))
	require.Empty(t, console.HintOf(console.ForceHint(err)))
	require.NoError(t, console.ForceHint(nil))
	require.ErrorContains(t, writeError(console.NewStdoutWriter(closed{})), "standard output: ")
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, fs.ErrClosed }

func writeError(w io.Writer) error {
	_, err := w.Write([]byte("x"))
	return err
}

func TestOnlyAFileOrALinkIsReplaced(t *testing.T) {
	entry := func(kind codec.Kind) codec.Entry { return codec.Entry{Kind: kind} }
	for _, c := range []struct {
		before, after codec.Kind
		possible      bool
	}{
		{codec.Regular, codec.Regular, true},
		{codec.Regular, codec.Link, true},
		{codec.Regular, codec.Folder, false},
		{codec.Link, codec.Link, true},
		{codec.Link, codec.Regular, false},
		{codec.Folder, codec.Regular, false},
		{codec.Folder, codec.Folder, false},
	} {
		r := console.Replacement{Old: entry(c.before), New: entry(c.after)}
		require.Equal(t, c.possible, r.Possible(), "%s by %s", c.before, c.after)
	}
	err := console.Replacement{Old: entry(codec.Folder)}.RefusedError("local")
	require.EqualError(t, err, "the local one is a folder, which is not replaced")
}

func TestAReaderOfStandardInputCanStopWaiting(t *testing.T) {
	r, w := io.Pipe()
	input := console.NewStdinReader(r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := input.ReadContext(ctx, make([]byte, 8))
	require.ErrorIs(t, err, context.Canceled)
	_, err = w.Write([]byte("late"))
	require.NoError(t, err)
	input.Unread([]byte("first "))
	b := make([]byte, 16)
	n, err := io.ReadAtLeast(input, b, len("first late"))
	require.NoError(t, err)
	require.Equal(t, "first late", string(b[:n]), "the next one gets what comes")
	require.NoError(t, w.Close())
	_, err = input.Read(b)
	require.ErrorIs(t, err, io.EOF)
}

func TestAJobHasNoInputAndDeclinesQuestions(t *testing.T) {
	c, _, _ := newScript(t)
	var output console.JobOutput
	job := c.ForJob(&output)
	require.True(t, job.IsJob())
	_, err := job.Input.Read(make([]byte, 1))
	require.EqualError(t, err, "a job has none")
	require.False(t, job.CanAsk())
	require.NoError(t, job.Confirm("delete 3 files", "no"), "a script's job may")
}

func TestOutputOfAJobIsKeptInOrderAndBounded(t *testing.T) {
	c, _, _ := newScript(t)
	var output console.JobOutput
	job := c.ForJob(&output)
	require.Empty(t, output.Progress())
	for _, text := range []string{"one\n", "two\n"} {
		_, err := io.WriteString(job.Out, text)
		require.NoError(t, err)
	}
	require.Equal(t, "8 B of output", output.Progress())
	job.PrintError(errors.New("it failed"))
	_, err := io.WriteString(job.Out, "three")
	require.NoError(t, err)
	var out, errs strings.Builder
	require.NoError(t, output.PassTo(&out, &errs))
	require.Equal(t, "one\ntwo\nthree", out.String())
	require.Equal(t, "it failed\n", errs.String())
	_, err = io.WriteString(job.Out, "\nand on\n")
	require.NoError(t, err)
	require.Equal(t, "one\ntwo\nthree\nand on\n", out.String(), "in the foreground it is passed on")

	var long console.JobOutput
	job = c.ForJob(&long)
	for range 10_000 {
		_, err := io.WriteString(job.Out, "a line of output\n")
		require.NoError(t, err)
	}
	first, rest, _ := strings.Cut(long.Take(), "\n")
	require.Equal(t, "the first 102 KiB of the output are left out", first)
	require.LessOrEqual(t, len(rest), 64<<10)
	require.True(t, strings.HasPrefix(rest, "a line of output\n"), "whole lines")
}

func TestProgressIsTheStatusOfAJobAndNoOutput(t *testing.T) {
	out := newFile(t)
	terminal := console.Stream{File: out.File, Terminal: true}
	c := console.New(console.Stream{}, terminal, terminal, nil)
	var output console.JobOutput
	p := c.ForJob(&output).NewProgress()
	waits := func() bool { return output.Progress() == "waiting for an answer" }
	require.Eventually(t, waits, time.Minute, time.Millisecond)
	p.End()
	require.Empty(t, output.Progress())
	require.Empty(t, output.Take())
	require.Empty(t, out.text())
}
