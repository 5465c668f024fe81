//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// A terminal is a person's: techsh on a real pty, and what the screen shows.
type terminal struct {
	t      *testing.T
	pty    *os.File
	screen *vt.SafeEmulator
	cmd    *exec.Cmd
	ended  chan error
}

// sit starts techsh on a terminal of that size, in a copy of testdata/tree.
func sit(t *testing.T, columns, rows int, argv ...string) *terminal {
	t.Helper()
	home := t.TempDir()
	tree := filepath.Join(home, "tree")
	require.NoError(t, os.CopyFS(tree, os.DirFS("../../testdata/tree")))
	return sitIn(t, home, tree, columns, rows, argv...)
}

func sitIn(t *testing.T, home, dir string, columns, rows int, argv ...string) *terminal {
	t.Helper()
	program, err := exec.LookPath("techsh")
	require.NoError(t, err)
	cmd := exec.Command(program, argv...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"), "DISPLAY=")
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: uint16(rows), Cols: uint16(columns)})
	require.NoError(t, err)
	x := &terminal{t, f, vt.NewSafeEmulator(columns, rows), cmd, make(chan error, 1)}
	drained := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, x.screen); close(drained) }()
	copied := make(chan struct{})
	go func() { _, _ = io.Copy(x.screen, f); close(copied) }()
	go func() { x.ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		f.Close()
		<-copied
		x.screen.Close()
		<-drained
	})
	return x
}

func (x *terminal) text() string {
	var lines []string
	for line := range strings.Lines(x.screen.String()) {
		lines = append(lines, strings.TrimRight(line, " \r\n"))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// sees waits until the screen shows something.
func (x *terminal) sees(want string) {
	x.t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(x.text(), want); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			x.t.Fatalf("the screen never shows %q:\n%s", want, x.text())
		}
	}
}

// atPrompt waits until the last line of the screen ends in that.
func (x *terminal) atPrompt(end string) {
	x.t.Helper()
	for late := time.Now().Add(10 * time.Second); !strings.HasSuffix(x.text(), end); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			x.t.Fatalf("the screen never ends in %q:\n%s", end, x.text())
		}
	}
}

func (x *terminal) types(keys string) {
	x.t.Helper()
	_, err := x.pty.WriteString(keys)
	require.NoError(x.t, err)
}

func (x *terminal) leaves() {
	x.t.Helper()
	x.types("\x04")
	select {
	case err := <-x.ended:
		require.NoError(x.t, err)
	case <-time.After(10 * time.Second):
		x.t.Fatalf("Ctrl-D does not end it:\n%s", x.text())
	}
}

func TestThePromptShowsHostAndFolderAndRunsCommands(t *testing.T) {
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.types("dir\r")
	x.sees("\"My Documents\"")
	x.sees("88 B  ")
	x.types("cd logs\r")
	x.atPrompt("tree/logs>")
	x.leaves()
}

func TestTabCompletesARemotePathWithSpacesAndEnterClosesTheQuote(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 10}} {
		x := sit(t, size[0], size[1])
		x.atPrompt("tree>")
		x.types("cd My\t")
		x.sees(`"My Documents/`)
		x.types("\r")
		x.atPrompt("My Documents>")
		x.types("cat rep\t")
		x.sees("report 1.txt\"")
		x.types("\r")
		x.sees("\na report\n")
		x.leaves()
	}
}

func TestTabListsWhatThereIsToChooseFrom(t *testing.T) {
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.types("dir logs/\t")
	x.sees("a.log")
	x.sees("b.log")
	x.types("a\t\r") // Enter right behind Tab runs what Tab makes of it
	x.sees("logs/a.log")
	x.sees("4 B")
	x.types("dis\t\r")
	x.sees("no display here")
	x.types("ldir lo\t\r")
	x.sees("b.log")
	x.leaves()
}

func TestCtrlCEndsARunningProgramAndKeepsTheSession(t *testing.T) {
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.types("sh \"trap '' TERM; echo deaf; while :; do sleep 1; done\"\r")
	x.sees("\ndeaf")
	start := time.Now()
	x.types("\x03")
	x.sees("cancelled")
	require.Less(t, time.Since(start), 5*time.Second)
	x.types("echo still here\r")
	x.sees("\nstill here")
	x.types("exec yes\r")
	x.sees("\ny\ny\ny")
	x.types("\x03")
	x.sees("cancelled")
	x.types("pwd\r")
	x.atPrompt("tree>")
	x.leaves()
}

func TestCtrlCAtThePromptClearsTheLine(t *testing.T) {
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.types("echo never")
	x.sees("echo never")
	x.types("\x03")
	x.types("echo done\r")
	x.sees("\ndone")
	require.NotContains(t, x.text(), "\nnever")
	x.leaves()
}

func TestHistoryIsKeptBetweenRuns(t *testing.T) {
	home := t.TempDir()
	for run := range 2 {
		x := sitIn(t, home, home, 80, 24)
		x.atPrompt(">")
		if run > 0 {
			x.types("\x1b[A")
			x.sees("echo once")
			x.types("\x03")
		}
		x.types("echo once\r")
		x.sees("\nonce")
		x.leaves()
	}
}

func TestDeleteAsksWithCountAndBytes(t *testing.T) {
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.types("del -r logs\r")
	x.sees("delete 2 files in 1 folder, 8 B? [y/N]")
	x.types("n\r")
	x.sees("nothing was deleted")
	x.types("del -r logs\r")
	x.atPrompt("[y/N]")
	x.types("y\r")
	x.atPrompt("tree>")
	x.types("cd logs\r")
	x.sees("logs: no such file or folder")
	x.leaves()
}

func TestTheLineSurvivesANewWindowSize(t *testing.T) {
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.types("echo a long line that will need more than one row of a narrow window")
	x.sees("narrow window")
	x.screen.Resize(40, 10)
	require.NoError(t, pty.Setsize(x.pty, &pty.Winsize{Rows: 10, Cols: 40}))
	x.types("!\r")
	x.sees("\na long line that will need more than one")
	x.atPrompt("tree>")
	x.leaves()
}

func TestAServerThatDiesIsSaidAndOpenBringsItBack(t *testing.T) {
	daemon := exec.Command("techshd", "--plain", "--listen", "127.0.0.1:0")
	out, err := daemon.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, daemon.Start())
	b := make([]byte, 256)
	var said string
	for strings.Count(said, "\n") < 2 {
		n, err := out.Read(b)
		require.NoError(t, err)
		said += string(b[:n])
	}
	lines := strings.Split(said, "\n")
	addr := lines[0]
	home := t.TempDir()
	x := sitIn(t, home, home, 80, 24, "--plain", addr)
	x.sees("cookie of " + addr)
	x.types(strings.TrimPrefix(lines[1], "auth ") + "\r")
	x.atPrompt(">")
	require.NotContains(t, x.text(), strings.TrimPrefix(lines[1], "auth "))
	require.NoError(t, daemon.Process.Kill())
	_ = daemon.Wait()
	x.sees("the link was lost")
	x.types("\r")
	x.atPrompt("not connected>")
	x.types("dir\r")
	x.sees("open connects again")
	x.types("open\r")
	x.sees("refused")
	x.leaves()
}

func TestOpenBringsBackTheEmbeddedServer(t *testing.T) {
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.types("cd logs\r")
	x.atPrompt("logs>")
	x.types("close\r")
	x.atPrompt("not connected>")
	x.types("open\r")
	x.atPrompt("tree>")
	x.types("ping\r")
	x.sees(" ms")
	x.leaves()
}
