//go:build unix

package shell_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/shell/console"
	"techsh/shell/shelltest"
)

func TestTabListsAFolderInADialect(t *testing.T) {
	s := shelltest.NewDialect(t, "ex27")
	p := s.Prompt()
	require.True(t, strings.HasSuffix(p.Rows()[len(p.Rows())-1], "there>"), "the prompt has no folder: %q", p.Rows())
	require.Empty(t, p.Runs("copy notes.txt logs/notes.old"))
	for line, want := range map[string]string{
		"dir l":         "dir logs",
		"get n":         "get notes.txt",
		"get logs/n":    "get logs/notes.old",
		"del logs/a":    "del logs/a.log",
		"dir nowhere/x": "dir nowhere/x",
		"get My":        "get My", // a name with a space cannot be requested
	} {
		p.Completes(line, want)
	}
	p.Lists("dir logs/", "a.log", "b.log", "notes.old")
	p.Lists("get -", "-f", "-p")
}

// The other end of a named pipe may never be opened.
func TestANamedPipeWithoutAnotherEndIsLeftByCtrlC(t *testing.T) {
	s := shelltest.NewPlain(t)
	s.Does("cd .")
	for _, line := range []string{"echo < in", "echo > out"} {
		fifo := filepath.Join(s.Dir, strings.Fields(line)[2])
		require.NoError(t, unix.Mkfifo(fifo, 0o600))
		done := make(chan error, 1)
		go func() { done <- s.Run(line) }()
		for ended := false; !ended; {
			select {
			case err := <-done:
				require.ErrorIs(t, err, console.ErrInterrupted)
				ended = true
			case <-time.After(10 * time.Millisecond): // an interrupt before the line runs has no effect
				if len(s.Interrupts) == 0 {
					s.Interrupt()
				}
			}
		}
		_, err := unix.Open(fifo, unix.O_RDWR, 0) // releases the goroutine that is blocked in open
		require.NoError(t, err)
	}
}
