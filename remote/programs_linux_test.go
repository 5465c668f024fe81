package remote_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What asks on /dev/tty would be stopped for it, and wait for ever.
func TestProgramsHaveNotOurTerminal(t *testing.T) {
	c := newHelped(t, false).client(t)
	got := c.ok("SH 'echo $$; exec sed -E \"s/.*[)] . //\" /proc/self/stat'")
	pid, stat, _ := strings.Cut(got.data, "\n")
	fields := strings.Fields(stat) // ppid pgrp session tty_nr, see proc_pid_stat(5)
	require.Equal(t, []string{pid, pid, "0"}, fields[1:4])
}
