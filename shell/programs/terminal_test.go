package programs_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/programs"
	"techsh/shell/shelltest"
)

func TestTildeDotAtTheBeginningOfALineLeavesTheProgram(t *testing.T) {
	for typed, c := range map[string]struct {
		passed string
		leave  bool
	}{
		"abc\r":      {"abc\r", false},
		"~.":         {"", true},
		"ls\r~.more": {"ls\r", true},
		"a~.":        {"a~.", false},
		"~~.":        {"~.", false},
		"~~~.":       {"~~.", false},
		"~a\r~/x":    {"~a\r~/x", false},
		"~\r~.":      {"~\r", true},
		"\x1b~.":     {"\x1b~.", false},
	} {
		for _, step := range []int{1, 2, len(typed)} {
			k := programs.NewEscapeKeys()
			var passed []byte
			leave := false
			for at := 0; at < len(typed) && !leave; at += step {
				var piece []byte
				piece, leave = k.Filter([]byte(typed[at:min(at+step, len(typed))]))
				passed = append(passed, piece...)
			}
			require.Equal(t, c.passed, string(passed), "%q", typed)
			require.Equal(t, c.leave, leave, "%q", typed)
		}
	}
}

func TestAHostileServerCannotMakeExecFailBadly(t *testing.T) {
	for name, pairs := range map[string]codec.Pairs{
		"no status":    nil,
		"no number":    {{Key: "exit", Value: "lots"}},
		"an odd pid":   {{Key: "pid", Value: "-"}},
		"empty status": {{Key: "exit", Value: ""}},
	} {
		answer := func(c *codec.Conn, _ []codec.Word) { _ = c.WriteWords(codec.OK, pairs.Words()...) }
		s, _ := shelltest.NewHostile(t, shelltest.Answers{"EXEC": answer, "RUN": answer})
		for _, line := range []string{"exec true", "start true"} {
			require.ErrorIs(t, s.Run(line), &codec.Error{Code: codec.BadFrame}, name)
			require.Contains(t, s.Printed(), "is missing", name)
		}
	}
}

func TestATerminalIsOnlyLentIfThereIsOne(t *testing.T) {
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	terminal, file := console.Stream{File: null, Terminal: true}, console.Stream{File: null}
	run := func(line string, c *console.Console) error {
		rows := programs.Rows()
		commands, err := command.Table{Rows: rows}.Parse(line, command.Grammar{})
		require.NoError(t, err)
		return commands[0].Row.Run(t.Context(), &command.Env{Console: c}, commands[0].Invocation)
	}
	onTerminal := func() *console.Console { return console.New(terminal, terminal, terminal, nil) }

	require.EqualError(t, run("exec -t --encoding 850 top", onTerminal()), "--encoding: a terminal is always UTF-8")
	require.EqualError(t, run("exec -t top", onTerminal().ForJob(&console.JobOutput{})), "-t: a job has no terminal")
	redirected, _ := onTerminal().WithStdin(null) // null is closed below
	require.EqualError(t, run("exec -t top", redirected), "-t: the input of a terminal cannot be a file")
	script := onTerminal()
	script.Script = true
	require.EqualError(t, run("exec -t top", script), "-t: standard input is the script")
	require.EqualError(t, run("exec -t top", console.New(file, terminal, terminal, nil)),
		"-t: standard input is not a terminal")
	require.EqualError(t, run("exec -t top", console.New(terminal, file, terminal, nil)),
		"-t: standard output is not a terminal")
}
