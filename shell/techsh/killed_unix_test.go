//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"io"
	mrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/remote/remotetest"
)

// A daemon is a techshd process without TLS.
type daemon struct {
	*exec.Cmd
	addr, cookie string
}

func startDaemon(t *testing.T, home string) *daemon {
	t.Helper()
	d := &daemon{Cmd: exec.Command("techshd", "--plain", "--listen", "127.0.0.1:0")}
	d.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"))
	out, err := d.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, d.Start())
	t.Cleanup(d.kill)
	lines := bufio.NewScanner(out)
	for d.cookie == "" && lines.Scan() {
		if d.addr == "" {
			d.addr = lines.Text()
		} else {
			d.cookie, _ = strings.CutPrefix(lines.Text(), "auth ")
		}
	}
	require.NotEmpty(t, d.cookie)
	return d
}

func (d *daemon) kill() {
	_ = d.Process.Kill()
	_ = d.Wait() // fails because it was killed
}

// techsh returns a command that connects techsh to d.
func (d *daemon) techsh(home string, words ...string) *exec.Cmd {
	return d.techshUntil(context.Background(), home, words...)
}

// techshUntil is like techsh, but kills the command when ctx ends.
func (d *daemon) techshUntil(ctx context.Context, home string, words ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "techsh", append([]string{"--plain", d.addr}, words...)...)
	cmd.Env = append(os.Environ(),
		"HOME="+home,
		"XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"TECHSH_COOKIE="+d.cookie,
	)
	return cmd
}

// TestAfterAKillTheTargetIsTheOldFileOrTheNewOne kills techsh or techshd at random
// moments of a transfer. The target must then be either the old or the new file, and
// repeating the command must replace it by the new file and leave no other file
// behind.
func TestAfterAKillTheTargetIsTheOldFileOrTheNewOne(t *testing.T) {
	t.Parallel()
	const size = 4 << 20
	kills := rounds(12, 2) // each takes a second
	home := t.TempDir()
	content := make([]byte, size)
	_, _ = rand.Read(content)
	source := filepath.Join(home, "big")
	require.NoError(t, os.WriteFile(source, content, 0o600))
	random := mrand.New(mrand.NewPCG(7, 8))
	for _, verb := range []string{"get", "put"} {
		for _, who := range []string{"techsh", "techshd"} {
			t.Run(verb+", "+who, func(t *testing.T) {
				d := startDaemon(t, home)
				outcomes := map[string]int{}
				for range kills {
					dir := t.TempDir()
					target := filepath.Join(dir, "big")
					require.NoError(t, os.WriteFile(target, []byte("old"), 0o600))
					cmd := d.techsh(home, verb, "-f", "--limit", "20M", source, dir)
					cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
					require.NoError(t, cmd.Start())
					reaches(dir, target, random.Int64N(size+1))
					if who == "techsh" {
						require.NoError(t, cmd.Process.Kill())
					} else {
						d.kill()
						d = startDaemon(t, home)
					}
					_ = cmd.Wait() // fails if it was killed, or has lost the connection
					b, err := os.ReadFile(target)
					require.NoError(t, err)
					switch {
					case string(b) == "old":
						outcomes["old"]++
					default:
						require.True(t, bytes.Equal(content, b), "%d bytes of something", len(b))
						outcomes["new"]++
					}
					again(t, func() *exec.Cmd { return d.techsh(home, verb, "-f", source, dir) })
					b, err = os.ReadFile(target)
					require.NoError(t, err)
					require.True(t, bytes.Equal(content, b))
					list, err := os.ReadDir(dir)
					require.NoError(t, err)
					require.Len(t, list, 1)
				}
				t.Log(outcomes)
				if kills > 10 { // a few may all miss the transfer
					require.NotZero(t, outcomes["old"])
				}
			})
		}
	}
}

// reaches waits until a partial file in dir has the given number of bytes, or target
// is complete.
func reaches(dir, target string, bytes int64) {
	for end := time.Now().Add(testTimeout); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if fi, err := os.Stat(target); err == nil && fi.Size() > 3 {
			return
		}
		parts, _ := filepath.Glob(filepath.Join(dir, ".techsh-part-*"))
		for _, part := range parts {
			if fi, err := os.Stat(part); err == nil && fi.Size() >= bytes {
				return
			}
		}
	}
}

// again repeats a command until it succeeds. The server may lock the partial file
// until it notices that its client has exited.
func again(t *testing.T, command func() *exec.Cmd) {
	t.Helper()
	var out []byte
	var err error
	for end := time.Now().Add(testTimeout); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if out, err = command().CombinedOutput(); err == nil {
			return
		}
		require.Contains(t, string(out), "it is being written by someone else")
	}
	require.NoError(t, err, "%s", out)
}

func TestKilledTechshLeavesNoProgramsOfItsEmbeddedServerButTheStartedOnes(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for name, c := range map[string]struct {
		line    string
		started int // lines with the pids of programs that go on
	}{
		"exec":          {`exec sh -c 'echo $$; exec sleep 1000'`, 0},
		"ignores TERM":  {`sh trap "" TERM; echo $$; while :; do sleep 1; done`, 0},
		"with children": {`sh sleep 1000 & echo $$ $!; wait`, 0},
		"start":         {`start sleep 1000; exec sh -c 'echo $$; exec sleep 1000'`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("techsh", "-c", c.line)
			cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"))
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait() // fails because it was killed
			})
			var pids [][]int
			for lines := bufio.NewScanner(out); len(pids) <= c.started && lines.Scan(); {
				pids = append(pids, nil)
				for _, field := range strings.Fields(lines.Text()) {
					pid, err := strconv.Atoi(field)
					require.NoError(t, err)
					t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
					pids[len(pids)-1] = append(pids[len(pids)-1], pid)
				}
			}
			require.Len(t, pids, c.started+1)
			require.NoError(t, cmd.Process.Kill())
			for _, pid := range pids[c.started] {
				remotetest.Eventually(t, "a program is left", func() bool { return remotetest.ProcessGone(pid) })
			}
			for _, line := range pids[:c.started] {
				require.False(t, remotetest.ProcessGone(line[0]), "it was started, so that it goes on")
			}
		})
	}
}
