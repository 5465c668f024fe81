package shell_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell"
	"techsh/shell/shelltest"
)

func TestAJobHasItsOperators(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.Zero(t, s.Batch(t.Context(), shelltest.Line("echo filed > out.txt &; echo piped | tr a-z A-Z &")))
	require.Equal(t, "PIPED\n", s.Printed())
	b, err := os.ReadFile(filepath.Join(s.Dir, "out.txt"))
	require.NoError(t, err)
	require.Equal(t, "filed\n", string(b))
}

func TestOutputWorksAfterAFilterThatEndsEarly(t *testing.T) {
	s := shelltest.NewPlain(t)
	s.Does(`exec yes | head -n 1; echo and on; exec yes | head -c 70000 | wc -c; echo done`)
	require.Equal(t, []string{"y", "and", "on", "70000", "done"}, strings.Fields(s.Printed()))
}

func TestAFailedWriteToAFileIsPrinted(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	s := shelltest.NewPlain(t)
	s.Configure = func(sh *shell.Shell) { sh.KeepGoing = true }
	require.Error(t, s.Run("echo lost > /dev/full; echo kept"))
	require.Equal(t, "echo: /dev/full: no space left on the disk\nkept\n", s.Printed())
}

// Whatever makes a local file checks its name.
func TestALocalNameThatIsNotAllowedHasItsReason(t *testing.T) {
	s := shelltest.NewPlain(t)
	names := map[string]string{".techsh-part-0123456789abcdef": "such names are reserved for part files"}
	if runtime.GOOS == "windows" {
		names = map[string]string{
			"con.txt": "CON is a device on Windows", "dot.": "a name on Windows must not end in '.'",
			"a:b": "a name on Windows must not contain ':'",
		}
	}
	for name, reason := range names {
		for line, about := range map[string]string{
			"pwd > " + name:                       name,
			"pwd >> " + name:                      name,
			"get notes.txt " + name:               name,
			"get -p notes.txt " + name + "/x.txt": name + "/x.txt",
			"get -p -r logs " + name + "/":        name + "/",
		} {
			require.ErrorContains(t, s.Run(line), about+": "+reason, line)
		}
	}
	require.Empty(t, shelltest.Everything(t, s.Dir))
}
