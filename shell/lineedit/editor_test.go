//go:build unix

package lineedit_test

import (
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/lineedit"
	"techsh/shell/shelltest/terminal"
)

func TestEditKeys(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"Home, End", "bc" + terminal.Home + "a" + terminal.End + "d", "abcd"},
		{"Home, End in xterm", "bc\x1b[Ha\x1bOFd", "abcd"},
		{"Delete", "abc" + terminal.Home + terminal.Delete, "bc"},
		{"Delete at the end", "abc" + terminal.Delete, "abc"},
		{"Delete on an empty line", terminal.Delete + "a", "a"},
		{"Backspace", "abc\x7f\b", "a"},
		{"Ctrl-D inside", "abc\x01\x04", "bc"},
		{
			"Ctrl-arrows",
			"one two three" + terminal.CtrlLeft + terminal.CtrlLeft + "X" + terminal.CtrlRight + "Y",
			"one Xtwo Ythree",
		},
		{"Alt-arrows", "one two\x1b[1;3DX", "one Xtwo"},
		{"Alt-D", "one two\x01\x1bd", " two"},
		{"Alt-Backspace", "one two\x1b\x7f", "one "},
		{"Ctrl-U, Ctrl-Y", "one\x15two\x19", "twoone"},
		{"Ctrl-K", "one two" + terminal.CtrlLeft + "\x0b", "one "},
		{"Ctrl-W", "one two\x17", "one "},
		{"Ctrl-Space", "a\x00b", "ab"},
		{"unbound", "a\x0f\x11\x16\x18\x1a\x1c\x1d\x1e\x1fb", "ab"},
		{"Ctrl-T on one rune", "a\x14b", "ab"},
		{"Escape", "a\x1b\x1bx", "ax"},
		{"answers of the terminal", "a\x1b[?62;4cb\x1b[1;1R", "ab"},
		{"paste", "dir \x1b[200~C:\\My Files\x1b[201~\\x", `dir C:\My Files\x`},
		{"paste of a line that ends", "\x1b[200~cd x\n\x1b[201~", "cd x"},
		{"paste inside", "ad" + terminal.Left + "\x1b[200~b\tc\x1b[201~", "ab cd"},
		{"paste of keys", "\x1b[200~a\t\x04\x12\x01b\x1b[201~c", "a bc"},
		{"Ctrl-R without history", "a\x12\x07b\x12x\x03c", "abc"},
		{"Ctrl-J", "a\nb", "a"},
		{"Tab without completion", "a\tb", "ab"},
		{"Hebrew with vowels", "שָׁלוֹם" + terminal.Left + "X", "שָׁלוֹXם"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newSession(t, 80, 24, nil)
			d.start()
			d.Types(c.keys)
			d.enters(c.want)
		})
	}
}

// Several lines must not be entered one by one, because the program that one line starts
// would read the next ones.
func TestPasteOfSeveralLinesIsOneAnswer(t *testing.T) {
	for name, c := range map[string]struct{ keys, want string }{
		"with an end":    {"\x1b[200~sh\r\n# why\r\n\r\n  del -r logs\n\x1b[201~", "sh\ndel -r logs"},
		"without an end": {"\x1b[200~sh\rdel -r logs\x1b[201~", "sh\ndel -r logs"},
		"inside a line":  {"get y" + terminal.Left + "\x1b[200~a\rb\x1b[201~", "get a\nby"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newSession(t, 40, 10, nil)
			d.start()
			d.Types(c.keys)
			d.answers(c.want, nil)
			first, _, _ := strings.Cut(c.want, "\n")
			d.prompt("run? ")
			d.Sees("> "+first+"↵ …", "run?")
			d.Types("y")
			d.enters("y")
		})
	}
}

func TestSecretIsTheFirstLineOfAPaste(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	go func() {
		line, err := d.ed.ReadSecret("secret: ")
		d.lines <- answer{line, err}
	}()
	d.Sees("secret:")
	d.Types("a\x1b[200~b\nc\n\x1b[201~")
	d.answers("ab", nil)
}

func TestInterruptAndEnd(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	d.start()
	d.Types("abc\x03")
	d.answers("", lineedit.ErrInterrupt)
	d.prompt("> ")
	d.Sees("> abc^C", ">")
	d.Types("\x04")
	d.answers("", io.EOF)
	d.prompt("> ")
	d.Sees("> abc^C", "> ^D", ">")
	d.Types("ab\x03")
	d.answers("", lineedit.ErrInterrupt)
}

func TestEndOfTheTerminalRunsNothing(t *testing.T) {
	in, typed := io.Pipe()
	t.Cleanup(func() { _ = typed.Close() })
	e, err := lineedit.New(lineedit.Config{In: in, Out: io.Discard, Err: io.Discard, Text: text})
	require.NoError(t, err)
	go func() {
		_, _ = io.WriteString(typed, "dir\rget x\rdel important")
		_ = typed.Close()
	}()
	for _, want := range []answer{{"dir", nil}, {"get x", nil}, {"", io.EOF}, {"", io.EOF}} {
		line, err := e.ReadLine("> ")
		require.Equal(t, want, answer{line, err})
	}
	_, err = e.ReadSecret("> ")
	require.Equal(t, io.EOF, err)
	require.NoError(t, e.Close())
}

func TestTypedAhead(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	d.start()
	d.Types("one\rtwo\rth\x1b[200~re")
	d.answers("one", nil)
	d.prompt("> ")
	d.answers("two", nil)
	d.prompt("> ")
	d.Sees("> one", "> two", "> th")
	d.Types("e\x1b[201~")
	d.Sees("> one", "> two", "> three")
	d.enters("three")
}

// A child process may read the terminal between two prompts.
func TestTerminalIsFreeBetweenPrompts(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	d.start()
	d.ed.Notify("wakes the reader")
	d.Sees("wakes the reader", ">")
	d.enters("")
	d.ed.Notify("and again")
	d.Types("for the child\n")
	b := make([]byte, 64)
	n, err := d.TTY.Read(b)
	require.NoError(t, err)
	require.Equal(t, "for the child\n", string(b[:n]), "in the terminal's own mode")
	d.prompt("> ")
	d.Sees("wakes the reader", ">", "for the child", "and again", ">")
	d.enters("")
}

func TestSecret(t *testing.T) {
	d := newSession(t, 40, 10, nil)
	secret := func() {
		go func() {
			line, err := d.ed.ReadSecret("secret: ")
			d.lines <- answer{line, err}
		}()
	}
	secret()
	d.Sees("secret:")
	d.Types("lost\x15xhunter文", terminal.Home, terminal.Up, "\x12\t\x7f2\x1b[200~ 3\n\x1b[201~")
	d.ed.Notify("news")
	d.Sees("news", "secret:")
	d.enters("xhunter23")
	d.prompt("> ")
	d.Sees("news", "secret:", ">")
	d.Types(terminal.Up, "\x19\x12hunter\x07\x01")
	d.Sees("news", "secret:", ">")
	d.enters("")
	secret()
	d.Sees("news", "secret:", ">", "secret:")
	d.Types("abc\x03")
	d.answers("", lineedit.ErrInterrupt)
	secret()
	d.Sees("news", "secret:", ">", "secret: ^C", "secret:")
	d.Types("abc\x04")
	d.answers("", io.EOF)
}

func TestClose(t *testing.T) {
	t.Run("while a line is read", func(t *testing.T) {
		started := make(chan struct{})
		d := newSession(t, 40, 10, func(ctx context.Context, _ string, _ int) lineedit.Completion {
			close(started)
			<-ctx.Done()
			return lineedit.Completion{}
		})
		d.start()
		d.Types("del x\t")
		<-started
		require.NoError(t, d.ed.Close())
		d.answers("", io.EOF)
		_, err := d.ed.ReadLine("> ")
		require.Equal(t, io.EOF, err)
		d.ed.Notify("nobody sees it")
	})
	t.Run("at once", func(t *testing.T) {
		d := newSession(t, 40, 10, nil)
		require.NoError(t, d.ed.Close())
		require.NoError(t, d.ed.Close())
	})
	t.Run("with keys typed ahead", func(t *testing.T) {
		d := newSession(t, 40, 10, func(context.Context, string, int) lineedit.Completion {
			panic("nobody is there to complete for")
		})
		d.start()
		d.Types("a\rb\t\x03c\r\x04\x1b[200~x\x1b[201~\r")
		d.answers("a", nil)
		require.NoError(t, d.ed.Close())
		d.Sees("> a")
	})
	t.Run("gives the terminal back", func(t *testing.T) {
		d := newSession(t, 40, 10, nil)
		d.start()
		require.NoError(t, d.ed.Close())
		d.Types("echoed\n")
		d.Sees("echoed")
	})
}

// TestRandomKeys types random keys: readline easily panics, hangs and races, but the
// editor must always return.
func TestRandomKeys(t *testing.T) {
	pieces := strings.Split("a b c 文 😀 ab \x12 \x12a \x13b \x7f \b \x01 \x02 \x05 \x06 \x07 \x0b \x0c \x0e \x10 "+
		"\x14 \x15 \x17 \x19 \x1b \x1b[ "+
		"\x1b[3~ \x1b[1;5D \x1b[1;5C \x1bd \x1b\x7f \x1b[200~p\nq\x1b[201~ \t \r \n \x03 \x04 \xff \x00", " ")
	complete := func(_ context.Context, line string, _ int) lineedit.Completion {
		return lineedit.Completion{Line: line + "x", Pos: 1, List: []string{"a", "b"}}
	}
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 1))
		in, typed := io.Pipe()
		t.Cleanup(func() { _ = typed.Close() })
		config := lineedit.Config{In: in, Out: io.Discard, Err: io.Discard, Text: text, Complete: complete}
		e, err := lineedit.New(config)
		require.NoError(t, err)
		e.Recall([]string{"abc", "bcd", "文件 a"})
		go func() {
			for range 400 {
				_, _ = io.WriteString(typed, pieces[random.IntN(len(pieces))])
			}
			_ = typed.Close()
		}()
		for ends := 0; ends < 1+int(seed%2)*400; { // Ctrl-D ends a line too, but more lines follow
			line, err := e.ReadLine("> ")
			if err == io.EOF {
				ends++
			}
			e.Remember(line)
		}
		require.NoError(t, e.Close())
		_ = in.Close()
	}
}
