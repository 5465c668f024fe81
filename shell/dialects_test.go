package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// TestWhatHelpShowsInADialectIsNotRefusedThere has each example explained, and
// each option alone, which leads to what a gateway says of what it has not.
func TestWhatHelpShowsInADialectIsNotRefusedThere(t *testing.T) {
	arguments := map[string]string{"FILE": "out.png", "KIND": "jpeg", "WHEN": "never"}
	words := map[string]string{"dir": "logs", "get": "notes.txt out.txt"}
	for _, name := range []string{"echo", "hello", "ex26-slide", "ex26", "ex27"} {
		s, output := dialectShell(t, name)
		for _, r := range s.rows {
			if !s.offers(r) || r.verb == "" { // the rest is of this side
				continue
			}
			lines := r.examples
			for _, o := range r.shownOptions() {
				line, option := r.name(), "-"+o.Key()
				if o.Short == 0 {
					option = "-" + option
				}
				if o.Arg != "" {
					option += " " + arguments[o.Arg]
				}
				lines = append(lines, line+" "+option+" "+words[r.name()])
			}
			for _, line := range lines {
				got := says(t, s, output, "explain "+line)
				require.Contains(t, got, "> "+name, line)
				for _, refusal := range []string{"there is no option", "nothing like it", "that many words", "nothing but names", "can be none in a word", "usage"} {
					require.NotContains(t, got, refusal, "%s: %s", name, line)
				}
			}
		}
	}
}

func TestHelpInADialectKnowsWhatThereIs(t *testing.T) {
	s, output := dialectShell(t, "ex27")
	require.Equal(t, "dir|ls [-r] [PATH]\n  lists the names in a folder there\n  -r           in the other direction\n  for example  dir logs\n", says(t, s, output, "help dir"))
	require.Contains(t, says(t, s, output, "help shot"), "shot|screenshot [-o FILE] [-f] [--format KIND] [--open] [--preview WHEN]\n")
	require.Contains(t, says(t, s, output, "help trace"), "trace [on|off|hex]\n")
	require.Equal(t, []string{"-f", "-p"}, s.complete(t.Context(), "get -", 5).List)
	list := says(t, s, output, "help")
	require.Contains(t, list, "\nkill              ends jobs here\n")
	for _, name := range []string{"lint", "raw", "expect", "rand", "mkdir", "put"} {
		require.NotContains(t, "\n"+list, "\n"+name+" ")
	}
	s, output = dialectShell(t, "ex26")
	require.Contains(t, says(t, s, output, "help rand"), "rand \n  a number from 1 to 10\n")

	plain, plainOutput, _ := testShell(t)
	require.Contains(t, says(t, plain, plainOutput, "help dir"), "[-a] [-l] [-R]", "of techsh/1 nothing is missing")
	require.Contains(t, says(t, plain, plainOutput, "help"), "\nlint ")
}

func TestTabListsAFolderInADialect(t *testing.T) {
	t.Parallel()
	s, output := dialectShell(t, "ex27")
	require.Empty(t, says(t, s, output, "copy notes.txt logs/notes.old"))
	for typed, becomes := range map[string]string{
		"dir l": "dir logs", "get n": "get notes.txt", "get logs/n": "get logs/notes.old", "del logs/a": "del logs/a.log",
		"dir nowhere/x": "dir nowhere/x",
		"get My":        "get My", // with a space in it, it cannot be asked for
	} {
		require.Equal(t, becomes, s.complete(t.Context(), typed, len(typed)).Line, typed)
	}
	require.Equal(t, []string{"a.log", "b.log", "notes.old"}, s.complete(t.Context(), "dir logs/", 9).List)
	busy := &Shell{conn: s.conn}
	busy.jobs.add(&sideJob{number: 7})
	require.Equal(t, plain("", []string{"%7"}), busy.processNames(t.Context(), codec.Word{}), "jobs are all that can be ended")
}

func TestAtAPromptADialectHasNamesAndNoFolder(t *testing.T) {
	s, output := dialectShell(t, "ex27")
	s.Out.Terminal = true
	require.Equal(t, "a.log\nb.log\n", says(t, s, output, "dir logs"))
	require.Equal(t, "there> ", s.promptText(s.conn))
	require.Contains(t, says(t, s, output, "ldir /"), "folder", "of what is here, more is known")
}

// TestWhatADialectHasNotFailsAtOnce has files here that would be in the way.
func TestWhatADialectHasNotFailsAtOnce(t *testing.T) {
	s, output := dialectShell(t, "ex26")
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "a.txt"), nil, 0o600))
	for _, line := range []string{"get a.txt", "put a.txt", "put missing.txt", "sync l:nowhere r:nowhere", "dir", "shot -o a.txt"} {
		name, _, _ := strings.Cut(line, " ")
		require.Equal(t, name+": ex26 has nothing like it\n  help lists what there is\n", says(t, s, output, line))
	}
	s, output = dialectShell(t, "ex27")
	for _, line := range []string{"dir -l", "explain dir -l"} {
		name, _, _ := strings.Cut(line, " ")
		require.Equal(t, name+": in ex27, nothing but names is told\n", says(t, s, output, line))
	}
	says(t, s, output, "dir -l &")
	require.EqualError(t, s.settle(t.Context()), "dir: in ex27, nothing but names is told", "a job's shell knows the dialect")
	s, _ = dialectShell(t, "ex26")
	_, err := s.call(t.Context(), "GET", nil, nil)
	require.ErrorIs(t, err, &codec.Error{Code: codec.UnknownVerb}, "which is what the gateway says")
}
