//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestARemoteEditorFollowsTheWindow(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("vi"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("vi is missing: vim-tiny has it")
		}
		t.Skip("vi is missing")
	}
	x := newSession(t, 132, 24)
	x.atPrompt("tree>")
	before := x.mode()
	x.runs("exec -t vi three.sh")
	x.waits("show the file and nothing else", func(text string) bool { return strings.HasPrefix(text, "#!/bin/sh\n") })
	x.types("Goa new line\x1b")
	x.sees("\na new line\n")
	x.Resize(120, 12, "")
	x.waits("have its last line at row 12", func(string) bool {
		rows := x.Rows()
		return len(rows) > 11 && !strings.HasPrefix(rows[11], "~")
	})
	x.types(":set lines columns\r")
	x.sees("lines=12")
	x.sees("columns=120")
	x.types("\r:wq\r")
	x.atPrompt("tree>")
	require.Contains(t, x.text(), "exec -t vi three.sh\n", "the screen before is restored")
	require.Equal(t, before, x.mode())
	x.runs("cat three.sh")
	x.sees("\nexit 3\na new line\n")
	x.leaves()
}

func TestTheKeysOfARemoteTerminalAreThePrograms(t *testing.T) {
	x := newSession(t, 200, 24)
	x.atPrompt("tree>")
	before := x.mode()
	x.runs(`exec -t sh -c "trap 'echo caught' INT; echo $TERM; stty size; ` +
		`while ! read a; do :; done; echo got $a; exit 3"`)
	x.sees("\nxterm-256color\n24 200")
	x.types("\x03")
	x.sees("\n^Ccaught")
	x.types("one\r")
	x.sees("\ngot one\nexec: sh: exit status 3\n")
	x.atPrompt("tree>")
	require.Equal(t, before, x.mode())
	x.runs("exec -t sh -c 'stty raw -echo; echo ready; dd bs=1 count=4 2>/dev/null | od -An -c'")
	x.sees("\nready")
	x.types("\x03\x04\x1a\x1c")
	x.sees("003 004 032 034")
	x.atPrompt("tree>")
	x.leaves()
}

func TestARemoteProgramIsSignalledWhenTheWindowChanges(t *testing.T) {
	x := newSession(t, 200, 24)
	x.atPrompt("tree>")
	x.runs(`exec -t sh -c "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done"`)
	x.sees("\nready")
	x.Resize(132, 50, "")
	x.sees("\n50 132\n")
	x.atPrompt("tree>")
	x.leaves()
}

func TestTheTerminalIsRestoredHoweverARemoteProgramEnds(t *testing.T) {
	t.Parallel()
	const hostile = `exec -t sh -c "printf '\033[?1049h\033[?25l\033[?1000h\033[31mon the other screen'; sleep 60"`
	signal := func(s os.Signal) func(*session, *daemon) {
		return func(x *session, _ *daemon) { require.NoError(x, x.cmd.Process.Signal(s)) }
	}
	signalServer := func(s os.Signal) func(*session, *daemon) {
		return func(x *session, d *daemon) { require.NoError(x, d.Process.Signal(s)) }
	}
	for name, c := range map[string]struct {
		happens func(x *session, d *daemon)
		says    string
		prompt  string // "" if techsh exits
	}{
		"Enter ~ .":         {func(x *session, _ *daemon) { x.types("\r~.") }, "\ncancelled\n", ">"},
		"SIGINT":            {signal(os.Interrupt), "\ncancelled\n", ">"},
		"SIGTERM":           {signal(syscall.SIGTERM), "\nexec: ", ""},
		"the window closes": {signal(syscall.SIGHUP), "\nexec: ", ""},
		"the server dies":   {signalServer(os.Kill), "\nexec: the link was lost\n", "not connected>"},
		"the server drains": {signalServer(syscall.SIGTERM), "\nexec: ", "not connected>"},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			daemon := startDaemon(t, home)
			require.NoError(t, os.WriteFile(filepath.Join(home, "cookie"), []byte(daemon.cookie), 0o600))
			x := newSessionIn(t, home, home, 200, 24, "--plain", "--cookie-file", filepath.Join(home, "cookie"), daemon.addr)
			x.atPrompt(">")
			x.runs(hostile)
			x.waits("be the other screen", func(text string) bool { return text == "on the other screen" })
			c.happens(x, daemon)
			x.sees(c.says)
			if c.prompt == "" {
				x.ends()
			} else {
				x.atPrompt(c.prompt)
			}
			require.Contains(t, x.text(), "on the other screen'; sleep 60", "the screen with the prompt is back")
			require.NotContains(t, x.text(), "\non the other screen")
			if c.prompt == "" {
				require.Equal(t, newMode(t), x.mode())
				return
			}
			x.runs("!stty -a | grep -o '[-]*icanon .*'")
			x.sees("\nicanon ")
			x.leaves()
		})
	}
}

func TestCtrlCCancelsAProgramThatHasPrintedNothingYet(t *testing.T) {
	x := newSession(t, 80, 24)
	x.atPrompt("tree>")
	gate := filepath.Join(t.TempDir(), "gate")
	x.runs("exec -t sh -c '>" + gate + "; sleep 60'")
	require.Eventually(t, func() bool {
		_, err := os.Stat(gate)
		return err == nil
	}, testTimeout, 5*time.Millisecond)
	x.types("\x03")
	x.sees("cancelled")
	x.atPrompt("tree>")
	x.leaves()
}

func TestARunOfOneProgramAtATerminalHasItsStatus(t *testing.T) {
	x := newSession(t, 80, 24, "-c", "exec -t sh -c 'stty size; exit 5'")
	require.Equal(t, 5, x.ends())
	x.sees("24 80")
	x = newSession(t, 80, 24, "-c", "exec -t sh -c 'kill -9 $$'")
	require.Equal(t, 128+9, x.ends())
	x = newSession(t, 80, 24, "-c", "exec -t nowhere")
	require.Equal(t, 255, x.ends())
	x.sees("nowhere: no such program")
}

func TestAPagerReadsTheOutputOfACommand(t *testing.T) {
	x := newSession(t, 200, 24)
	x.atPrompt("tree>")
	x.runs("exec seq 100000 | head -n 3")
	x.sees("\n1\n2\n3\n")
	x.atPrompt("tree>")
	// the filter can read keys from the terminal although its standard input is a
	// pipe
	x.runs("dir | sh -c 'read a; echo read $a; read b </dev/tty; echo got $b'")
	x.sees("\nread logs")
	x.types("typed\r")
	x.sees("\ngot typed\n")
	x.atPrompt("tree>")
	x.runs("exec yes | sh -c 'head -n 1; exec cat >/dev/null'")
	x.atPrompt("\ny")
	x.types("\x03")
	x.sees("cancelled")
	// Ctrl-C reaches the pager too, and techsh waits if the pager ignores it
	x.runs(`exec echo | sh -c 'trap "" INT; echo deaf; read b </dev/tty; echo still $b'`)
	x.sees("\ndeaf")
	x.types("\x03there\r")
	x.sees("\nstill there\n")
	x.atPrompt("tree>")
	x.leaves()
}
