//go:build unix

package programs_test

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/remote/programs"
)

func TestGuardianEndsOnlyWhatTheTableHas(t *testing.T) {
	left, other := leader(t), leader(t)
	guard := func(records ...uint64) {
		var table []byte
		for _, r := range records {
			table = binary.NativeEndian.AppendUint64(table, r)
		}
		programs.Guard(strings.NewReader(""), bytes.NewReader(append(table, 1, 2, 3)))
	}
	const starting = 1 << 63
	guard()
	guard(0, 0, starting, starting|1, 0)
	guard(0, starting|uint64(other.Process.Pid), uint64(left.Process.Pid), 0)
	require.Error(t, left.Wait(), "it was ended")
	require.NoError(t, syscall.Kill(other.Process.Pid, 0))
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
