package system_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"techsh/remote/system"
)

// A program waits for a line if it has a console of its own, and only then.
func TestProgramWithAWindowOfItsOwnWaits(t *testing.T) {
	if os.Getenv("HOLD_WINDOW") != "" { // this is the program
		system.HoldWindow(os.Stdin, os.Stdout)
		return
	}
	start := func(flags uint32) (*exec.Cmd, io.WriteCloser, *bufio.Reader) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", t.Name())
		cmd.Env = append(os.Environ(), "HOLD_WINDOW=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: flags}
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		return cmd, in, bufio.NewReader(out)
	}

	cmd, in, out := start(windows.CREATE_NEW_CONSOLE)
	text, err := out.ReadString('.')
	require.NoError(t, err)
	require.Equal(t, "\nPress Enter to close this window.", text)
	_, err = io.WriteString(in, "\r\n")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, out)
	require.NoError(t, err)
	require.NoError(t, cmd.Wait())

	cmd, _, out = start(0)
	rest, err := io.ReadAll(out)
	require.NoError(t, err)
	require.NotContains(t, string(rest), "Press Enter")
	require.NoError(t, cmd.Wait())
}
