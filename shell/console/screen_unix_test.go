//go:build unix

package console_test

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/console"
	"techsh/shell/lineedit"
	"techsh/shell/shelltest/terminal"
)

// newPrompt returns the console of a prompt at a terminal.
func newPrompt(t *testing.T, columns, rows int) (*console.Console, *lineedit.Editor, *terminal.Terminal) {
	t.Helper()
	tty := terminal.New(t, columns, rows)
	stream := console.NewStream(tty.TTY)
	require.True(t, stream.Terminal)
	c := console.New(stream, stream, stream, tty.Resized)
	out, errs := c.EditorStreams()
	editor, err := lineedit.New(lineedit.Config{
		Text: console.EditorText(), In: c.Input, Terminal: tty.TTY, Out: out, Err: errs, Resized: tty.Resized,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		editor.Close()
		tty.Close()
	})
	c.Interact(editor)
	return c, editor, tty
}

func TestQuestionsAreAnsweredAtThePrompt(t *testing.T) {
	c, _, tty := newPrompt(t, 120, 24)
	require.True(t, c.CanAsk())
	asked := 0
	ask := func(do func() any, prompt, keys string) any {
		answer := make(chan any)
		go func() { answer <- do() }()
		asked++
		tty.Until(func(rows []string) bool {
			return len(rows) == asked && rows[asked-1] == strings.TrimRight(prompt, " ")
		})
		tty.Types(keys)
		return <-answer
	}
	confirm := func() any { return c.Confirm("delete 3 files", "nothing was deleted") }
	require.NoError(t, errorOf(ask(confirm, "delete 3 files? [y/N] ", "YES\r")))
	err := errorOf(ask(confirm, "delete 3 files? [y/N] ", "\r"))
	require.EqualError(t, err, "nothing was deleted")
	require.ErrorIs(t, err, &codec.Error{Code: codec.Declined})
	require.Error(t, errorOf(ask(confirm, "delete 3 files? [y/N] ", "\x03")), "Ctrl-C is no")

	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local)
	old := codec.Entry{Kind: codec.Regular, Size: 88, Time: at}
	replace := func(by codec.Entry) func() any {
		return func() any {
			yes, all, err := c.AskReplace("a b", console.Replacement{Old: old, New: by})
			return fmt.Sprint(yes, all, err)
		}
	}
	question := `replace "a b", 88 B of 2026-11-22 12:00`
	require.Equal(t, "true false <nil>", ask(replace(codec.Entry{}), question+"? [y/N/all] ", "y\r"))
	same := question + ", by one of the same size and time? [y/N/all] "
	require.Equal(t, "true true <nil>", ask(replace(old), same, "all\r"))
	later := codec.Entry{Kind: codec.Regular, Size: 88, Time: at.Add(time.Nanosecond)}
	require.Equal(t, "true false <nil>", ask(replace(later), question+
		":00, by 88 B of 2026-11-22 12:00:00.000000001? [y/N/all] ", "y\r"), "not called the same")
	folder := codec.Entry{Kind: codec.Folder}
	require.Equal(t, "false false <nil>", ask(replace(folder), question+", by a folder? [y/N/all] ", "\r"))
	require.Equal(t, "false false interrupted", ask(replace(codec.Entry{}), question+"? [y/N/all] ", "\x03"))

	hidden := func() any { return c.Confirm("delete a\u034f\u200d\x1b", "nothing was deleted") }
	require.Error(t, errorOf(ask(hidden, `delete a\u{34f}\u{200d}\x1b? [y/N] `, "\r")))

	secret := func() any {
		text, err := c.AskSecret("cookie: ")
		return fmt.Sprint(text, err)
	}
	require.Equal(t, "q7hz<nil>", ask(secret, "cookie: ", "q7hz\r"))
	require.NotContains(t, strings.Join(tty.Rows(), "\n"), "q7hz")

	require.False(t, c.WithoutQuestions().CanAsk())
	require.NoError(t, c.WithoutQuestions().Confirm("delete 3 files", "no"), "a script does what it says")
	var output console.JobOutput
	job := c.ForJob(&output)
	require.True(t, job.NeedsConfirmation())
	require.ErrorContains(t, job.Confirm("delete 3 files", "no"), "it would delete 3 files, but a job cannot ask")
	job.Tell("so far")
	job.Tell("at last")
	require.Equal(t, "at last", output.Told())
	require.Equal(t, "so far\n", output.Take())
}

func errorOf(answer any) error {
	err, _ := answer.(error)
	return err
}

// Progress, news, a trace, data, job messages and a question are printed
// concurrently: each must be a complete line, and none may be lost.
func TestNothingIsDrawnOverAnythingElse(t *testing.T) {
	const each = 40
	c, editor, tty := newPrompt(t, 80, 8*each)
	p := c.NewProgress()
	var all sync.WaitGroup
	say := func(what string, do func(line string)) {
		all.Go(func() {
			for i := range each {
				do(fmt.Sprintf("%s %d of the lines", what, i))
				time.Sleep(10 * time.Millisecond) // lets progress be drawn in between
			}
		})
	}
	say("news", c.Announce)
	say("trace", func(line string) { c.Trace(line + "\n") })
	say("data", func(line string) { _, _ = io.WriteString(c.Out, line+"\n") })
	say("told", func(line string) { c.Tell("%s", line) })
	say("job", func(line string) { c.Notify(line + "\n") })
	answered := make(chan bool)
	go func() {
		all.Wait()
		yes, _ := c.AskYes("is it over?")
		answered <- yes
	}()
	tty.Until(func(rows []string) bool { return len(rows) > 0 && rows[len(rows)-1] == "is it over? [y/N]" })
	c.Announce("late news")
	c.Trace("late trace\n") // dropped
	tty.Until(func(rows []string) bool {
		return strings.Contains(strings.Join(rows, "\n"), "late news\nis it over? [y/N]")
	})
	tty.Types("y\r")
	require.True(t, <-answered)
	p.End()

	typed := make(chan string)
	go func() {
		line, _ := editor.ReadLine("> ")
		typed <- line
	}()
	tty.Until(func(rows []string) bool { return rows[len(rows)-1] == ">" })
	c.Announce("the last news")
	tty.Types("echo")
	tty.SeesLast("the last news", "> echo")
	tty.Types("\r")
	require.Equal(t, "echo", <-typed)

	whole := regexp.MustCompile(`^((news|trace|data|told|job) \d+ of the lines|late news|the last news|` +
		`is it over\? \[y/N\] y|> echo)$`)
	counts := map[string]int{}
	for _, row := range tty.Rows() {
		require.Regexp(t, whole, row)
		counts[strings.Fields(row)[0]]++
	}
	for _, what := range []string{"news", "trace", "data", "told", "job"} {
		require.Equal(t, each, counts[what], what)
	}
}

func TestALentTerminalIsTheProgramsAlone(t *testing.T) {
	c, _, tty := newPrompt(t, 80, 24)
	c.Tell("before")
	loan, err := c.Lend()
	require.NoError(t, err)
	defer loan.Close()
	require.True(t, loan.Waiting())
	c.Announce("somebody is being asked") // may explain why the program prints nothing
	tty.Sees("before", "somebody is being asked")

	require.NoError(t, loan.Show([]byte("\x1b[?1049h\x1b[Htop - 12:00")))
	require.False(t, loan.Waiting())
	tty.Sees("top - 12:00")
	p := c.NewProgress()
	c.Announce("it goes down")
	c.Trace("> TICK\n")
	for range 10_000 {
		c.Announce("and again, from a remote that never stops")
	}
	tty.Sees("top - 12:00")
	p.End()

	loan.End()
	require.NoError(t, loan.Show([]byte("late output")))
	tty.Until(func(rows []string) bool {
		text := strings.Join(rows, "\n")
		return strings.Contains(text, "and again") && !strings.Contains(text, "top - ")
	})
	require.NotContains(t, strings.Join(tty.Rows(), "\n"), "late output")
	require.NotContains(t, strings.Join(tty.Rows(), "\n"), "TICK")
	loan.Close()
	c.Announce("afterwards")
	tty.Until(func(rows []string) bool { return rows[len(rows)-1] == "afterwards" })
}

func TestALineThatIsOpenIsEnded(t *testing.T) {
	c, _, tty := newPrompt(t, 80, 24)
	for _, stream := range []io.Writer{c.Out, c.Err} {
		_, err := io.WriteString(stream, "open")
		require.NoError(t, err)
		c.FreshLine()
		c.FreshLine()
		_, err = io.WriteString(stream, "open again")
		require.NoError(t, err)
		c.Tell("said")
	}
	_, err := io.WriteString(c.Out, "stopped^C")
	require.NoError(t, err)
	c.SetLineStart()
	c.TellOverInterrupt("stopped at 5 B")
	tty.Sees("open", "open again", "said", "open", "open again", "said", "stopped at 5 B")
}
