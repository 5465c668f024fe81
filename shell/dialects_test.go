package shell_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell"
	"techsh/shell/command"
	"techsh/shell/shelltest"
)

// lessRows returns the rows of the commands that the help of a session with a dialect
// lists, and that send something.
func lessRows(t *testing.T, s *shelltest.Session) (rows []command.Row) {
	t.Helper()
	list := "\n" + s.Says("help")
	for _, r := range command.InDialect(shell.CommandTable().Rows) {
		if r.Verb != "" && strings.Contains(list, "\n"+strings.Join(r.Names, "|")+" ") {
			rows = append(rows, r)
		}
	}
	require.NotEmpty(t, rows)
	return rows
}

// TestCommandsInTheHelpOfADialectAreNotRefused explains each example and each option,
// because explaining fails if the dialect does not support a command.
func TestCommandsInTheHelpOfADialectAreNotRefused(t *testing.T) {
	arguments := map[string]string{"FILE": "out.png", "KIND": "jpeg", "WHEN": "never"}
	words := map[string]string{"dir": "logs", "get": "notes.txt out.txt"}
	refusals := []string{
		"there is no option", "no such command", "that many words", "only names",
		"can be none in a word", "usage",
	}
	for _, name := range []string{"echo", "hello", "ex26-slide", "ex26", "ex27"} {
		s := shelltest.NewDialect(t, name)
		for _, r := range lessRows(t, s) {
			lines := r.Examples
			help := s.Says("help " + r.Name())
			for _, o := range r.Options {
				option := "-" + o.Key()
				if o.Short == 0 {
					option = "-" + option
				}
				if !strings.Contains(help, "\n  "+option) {
					continue // the dialect does not support this option
				}
				if o.Arg != "" {
					option += " " + arguments[o.Arg]
				}
				lines = append(lines, r.Name()+" "+option+" "+words[r.Name()])
			}
			for _, line := range lines {
				got := s.Says("explain " + line)
				require.Contains(t, got, "> "+name, line)
				for _, refusal := range refusals {
					require.NotContains(t, got, refusal, "%s: %s", name, line)
				}
			}
		}
	}
}

func TestHelpInADialectIsAboutWhatItHas(t *testing.T) {
	s := shelltest.NewDialect(t, "ex27")
	dir := s.Says("help dir")
	require.True(t, strings.HasPrefix(dir, "dir|ls [-r] [PATH]\n"), dir)
	require.Equal(t, 1, strings.Count(dir, "\n  -"), dir)
	require.Contains(
		t,
		s.Says("help shot"),
		"shot|screenshot [-o FILE] [-f] [--format KIND] [--open] [--preview WHEN]\n",
	)
	require.Contains(t, s.Says("help trace"), "trace [on|off|hex]\n")
	list := "\n" + s.Says("help")
	require.Contains(t, list, "\nkill ")
	for _, name := range []string{"lint", "raw", "expect", "rand", "mkdir", "put"} {
		require.NotContains(t, list, "\n"+name+" ")
	}
	s = shelltest.NewDialect(t, "ex26")
	require.True(t, strings.HasPrefix(s.Says("help rand"), "rand \n"))
	plain := shelltest.NewPlain(t)
	require.Contains(t, plain.Says("help dir"), "[-a] [-l] [-R]", "of techsh/1 nothing is missing")
	require.Contains(t, plain.Says("help"), "\nlint ")
}

func TestADialectFailsAtOnceWhereItHasNothing(t *testing.T) {
	s := shelltest.NewDialect(t, "ex26")
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "a.txt"), nil, 0o600)) // a local file that get would replace
	for _, line := range []string{
		"get a.txt", "put a.txt", "put missing.txt", "sync l:nowhere r:nowhere", "dir", "shot -o a.txt",
	} {
		name, _, _ := strings.Cut(line, " ")
		require.Equal(t, name+": ex26 has no such command\n  help lists the commands\n", s.Says(line))
	}
	s = shelltest.NewDialect(t, "ex27")
	for _, line := range []string{"dir -l", "explain dir -l"} {
		name, _, _ := strings.Cut(line, " ")
		require.Equal(t, name+": in ex27, a listing has only names\n", s.Says(line))
	}
	require.Equal(t, shell.StatusFailed, s.Batch(t.Context(), shelltest.Line("dir -l &")))
	require.Equal(t, "dir: in ex27, a listing has only names\n", s.Printed(), "a job knows the dialect")
}

func TestRawIsRefusedInADialect(t *testing.T) {
	s := shelltest.NewDialect(t, "ex27")
	for _, line := range []string{"raw DIR logs", "raw -x 30", "expect OK"} {
		name, _, _ := strings.Cut(line, " ")
		require.True(t, strings.HasPrefix(s.Says(line), name+": connection speaks a dialect, but "), line)
	}
}

func TestInADialectATerminalShowsNames(t *testing.T) {
	s := shelltest.NewDialect(t, "ex27")
	s.Terminals(true, false)
	require.Equal(t, "a.log\nb.log\n", s.Says("dir logs"))
	require.Contains(t, s.Says("ldir /"), "folder", "of local files more is known")
}

func TestEveryRowIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range shell.CommandTable().Rows {
		require.NotEmpty(t, r.Line, r.Name())
		require.NotNil(t, r.Run, r.Name())
		require.NotEmpty(t, r.Examples, "%s has no example", r.Name())
		require.LessOrEqual(t, len(r.Examples), 3, r.Name())
		for _, n := range r.Names {
			require.False(t, seen[n], "%s is two commands", n)
			require.Equal(t, strings.ToLower(n), n)
			seen[n] = true
		}
		for _, o := range r.Options {
			flag, _, _ := strings.Cut(o.String(), ",")
			require.Contains(t, r.Synopsis, strings.Fields(flag)[0], "%s: the synopsis has all options", r.Name())
		}
		for _, e := range r.Examples {
			if r.Name() != "!" {
				require.True(
					t,
					slices.Contains(r.Names, strings.Fields(e)[0]),
					"%s: an example is of its own command",
					r.Name(),
				)
			}
		}
	}
}
