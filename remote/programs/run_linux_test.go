package programs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/remote/remotetest"
)

// A program that reads /dev/tty would be stopped and wait forever.
func TestProgramsHaveNoAccessToTheTerminalOfTheServer(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	got := c.OK("SH 'echo $$; exec sed -E \"s/.*[)] . //\" /proc/self/stat'")
	pid, stat, _ := strings.Cut(got.Data, "\n")
	fields := strings.Fields(stat) // ppid pgrp session tty_nr, see proc_pid_stat(5)
	require.Equal(t, []string{pid, pid, "0"}, fields[1:4])
}
