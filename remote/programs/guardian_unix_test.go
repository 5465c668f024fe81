//go:build unix

package programs_test

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/remote/programs"
)

func TestGuardianEndsOnlyWhatHasNotEnded(t *testing.T) {
	left, over := leader(t), leader(t)
	guard := func(lines string) {
		pids := strings.NewReplacer("LEFT", strconv.Itoa(left.Process.Pid), "OVER", strconv.Itoa(over.Process.Pid))
		programs.Guard(strings.NewReader(pids.Replace(lines)))
	}
	for _, lines := range []string{
		"", "\n", "started\n", "started x\n", "starting \n", "starting 0\n", "ended OVER\n",
		"starting 7\nstarted OVER\nended OVER\n", "started OVER\nstarted LEFT\nended LEFT\nended OVER\nstarting 7",
	} {
		guard(lines)
	}
	guard("started OVER\nstarted LEFT\nended OVER\n")
	require.Error(t, left.Wait(), "it was ended")
	require.NoError(t, syscall.Kill(over.Process.Pid, 0))
}

// leader starts a program that leads a process group.
func leader(t *testing.T) *exec.Cmd {
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}
