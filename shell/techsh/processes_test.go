//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// victims starts n processes with a unique name. wait waits until they have ended.
func victims(t *testing.T, n int) (name string, wait func()) {
	sleep, err := exec.LookPath("sleep")
	require.NoError(t, err)
	b, err := os.ReadFile(sleep)
	require.NoError(t, err)
	name = fmt.Sprintf("v%d", os.Getpid())
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, b, 0o755))
	var all []*exec.Cmd
	for range n {
		cmd := exec.Command(path, "600")
		require.NoError(t, cmd.Start())
		all = append(all, cmd)
		t.Cleanup(func() { _ = cmd.Process.Kill() })
	}
	return name, func() {
		for _, cmd := range all {
			_ = cmd.Wait()
		}
	}
}

func TestKillAsksBeforeSeveralOfOneName(t *testing.T) {
	x := newSession(t, 100, 24)
	x.atPrompt("tree>")
	name, wait := victims(t, 2)
	x.types("kill " + name[:len(name)-1] + "\t") // Tab completes it
	x.sees("kill " + name)
	x.types("\r")
	question := "end 2 processes called " + name + "? [y/N]"
	x.atPrompt(question)
	require.Equal(t, 2, strings.Count(x.text(), "MiB"), "they are shown")
	x.types("n\r")
	x.sees("kill: nothing was ended")
	x.atPrompt("tree>")
	x.types("kill -9 " + name + "\r")
	x.waits("ask again", func(text string) bool { return strings.Count(text, question) == 2 })
	x.types("y\r")
	wait()
	x.atPrompt("tree>")
	x.runs("ps " + name)
	x.sees("\nno such process")
	x.leaves()
}

func TestKillOfOneProcessDoesNotAsk(t *testing.T) {
	x := newSession(t, 100, 24)
	x.atPrompt("tree>")
	name, wait := victims(t, 1)
	x.runs("kill " + name)
	wait()
	x.atPrompt("tree>")
	x.leaves()
}
