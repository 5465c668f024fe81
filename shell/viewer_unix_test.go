//go:build unix

package shell

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// installViewer puts a script where the system's viewer would be, and nothing
// else.
func installViewer(t *testing.T, script string) {
	t.Helper()
	bin := t.TempDir()
	if script != "" {
		require.NoError(t, os.WriteFile(filepath.Join(bin, viewer(runtime.GOOS, "")[0]), []byte("#!/bin/sh\n"+script), 0o755))
	}
	t.Setenv("PATH", bin)
}

func TestThePictureIsOpened(t *testing.T) {
	s, output, local, _ := hostile(t, answers{"SHOT": shows(pictured(t, ""))})
	installViewer(t, `printf %s "$1" >opened`)
	t.Chdir(local)
	require.NoError(t, s.does(t, "shot -o desk.png --open"))
	require.Equal(t, "desk.png\n", output())
	b, err := os.ReadFile(filepath.Join(local, "opened"))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(local, "desk.png"), string(b))
}

func TestAViewerThatFailsSaysSoAndThePictureStays(t *testing.T) {
	for script, says := range map[string]string{"": "is not installed", "exit 3": "exit status 3"} {
		s, output, local, _ := hostile(t, answers{"SHOT": shows(pictured(t, ""))})
		installViewer(t, script)
		require.Error(t, s.does(t, "shot -o desk.png --open"))
		require.Contains(t, output(), says)
		require.Equal(t, []string{"desk.png"}, everything(t, local))
	}
}

// A viewer that stays must not end with Ctrl-C in our terminal.
func TestAViewerIsInAGroupOfItsOwn(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "read wait")
	detach(cmd)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	group, err := syscall.Getpgid(cmd.Process.Pid)
	in.Close()
	_ = cmd.Wait()
	require.NoError(t, err)
	require.Equal(t, cmd.Process.Pid, group)
}
