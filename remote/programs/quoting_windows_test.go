package programs_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// Windows passes all arguments in one line; they must arrive unchanged, without and with
// a terminal.
func TestArgumentsAreQuotedForWindows(t *testing.T) {
	argv := []string{
		`C:\Program Files\x.exe`, "", " ", `"`, `""`, `\`, `\\`, `\"`, `a\\"b`, `ends in \`,
		`"& calc.exe &"`, `%PATH%`, `^&|<>`, "tab\there", `"a" "b`, `--%`, "é", `a"b c"d`,
	}
	var escaped []string
	for _, arg := range argv {
		escaped = append(escaped, syscall.EscapeArg(arg))
	}
	for _, line := range []string{strings.Join(escaped, " "), windows.ComposeCommandLine(argv)} {
		got, err := windows.DecomposeCommandLine(line)
		require.NoError(t, err)
		require.Equal(t, argv, got)
	}
}

func TestBatchFilesAreNotRunDirectly(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "x.bat", "@echo %1\r\n")
	h.Write(t, "x.cmd", "@echo %1\r\n")
	c := h.Client(t)
	for _, name := range []string{`.\x.bat`, `.\x.BAT`, `.\x`, `.\x.cmd`, `.\x.bat.`, h.Dir + `\x.bat`} {
		for _, verb := range []string{"EXEC ", "EXEC -t 80x24 ", "RUN "} {
			_, err := c.Call(t.Context(), remotetest.NewRequest(t, verb+name+` "& calc.exe"`))
			require.Error(t, err, name)
		}
	}
	_, e := c.Fails(`EXEC .\x.bat`, codec.NotAllowed)
	require.Equal(t, "use sh", e.Hint)
}
