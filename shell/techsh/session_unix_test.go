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
	"golang.org/x/term"

	"techsh/shell/shelltest/terminal"
)

// A session is techsh at a terminal.
type session struct {
	*terminal.Terminal
	cmd   *exec.Cmd
	ended chan error
}

// newSession starts techsh in a copy of testdata/tree, at a terminal of the given
// size.
func newSession(t *testing.T, columns, rows int, argv ...string) *session {
	t.Helper()
	home := t.TempDir()
	tree := filepath.Join(home, "tree")
	require.NoError(t, os.CopyFS(tree, os.DirFS("../../testdata/tree")))
	return newSessionIn(t, home, tree, columns, rows, argv...)
}

// newSessionIn starts techsh in the folder dir, at a terminal of the given size.
func newSessionIn(t *testing.T, home, dir string, columns, rows int, argv ...string) *session {
	t.Helper()
	cmd := exec.Command("techsh", argv...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"TERM=xterm-256color",
		"HOME="+home,
		"XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"DISPLAY=",
	)
	return newSessionOf(t, cmd, columns, rows)
}

// newSessionOf starts a command at a terminal of the given size.
func newSessionOf(t *testing.T, cmd *exec.Cmd, columns, rows int) *session {
	t.Helper()
	x := &session{Terminal: terminal.New(t, columns, rows), cmd: cmd, ended: make(chan error, 1)}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = x.TTY, x.TTY, x.TTY
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, cmd.Start())
	over := make(chan struct{})
	go func() {
		defer close(over)
		x.ended <- cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-over
	})
	return x
}

// text returns the text on the screen, without spaces at the ends of rows and without
// empty rows at the end.
func (x *session) text() string { return strings.Join(x.Rows(), "\n") }

// waits blocks until does(text) is true for the text on the screen.
func (x *session) waits(what string, does func(text string) bool) {
	x.Helper()
	x.UntilText(what, does)
}

// sees waits until the screen contains a text.
func (x *session) sees(want string) {
	x.Helper()
	x.waits("show "+want, func(text string) bool { return strings.Contains(text, want) })
}

// atPrompt waits until the last row ends with end.
func (x *session) atPrompt(end string) {
	x.Helper()
	x.waits("end in "+end, func(text string) bool { return strings.HasSuffix(text, end) })
}

func (x *session) types(keys string) {
	x.Helper()
	x.Types(keys)
}

// runs types a line, waits for its echo, and presses Enter. Afterwards the last row
// is a prompt only when the command has ended.
func (x *session) runs(line string) {
	x.Helper()
	x.types(line)
	dense := func(s string) string { return strings.Join(strings.Fields(s), "") } // the line may be wrapped
	x.waits("end in "+line, func(text string) bool { return strings.HasSuffix(dense(text), dense(">"+line)) })
	x.types("\r")
}

// leaves types Ctrl-D at the prompt and waits until techsh has exited successfully.
func (x *session) leaves() {
	x.Helper()
	x.atPrompt(">") // earlier, Ctrl-D would be interpreted by the terminal
	x.types("\x04")
	require.Zero(x, x.ends())
}

// ends waits until techsh has exited, and returns its status.
func (x *session) ends() int {
	x.Helper()
	select {
	case err := <-x.ended:
		x.ended <- err
	case <-time.After(terminal.Timeout):
		require.FailNow(x, "techsh does not end", "%s", x.text())
	}
	return x.cmd.ProcessState.ExitCode()
}

// mode returns the input mode of the terminal.
func (x *session) mode() *term.State {
	x.Helper()
	return modeOf(x, x.Terminal)
}

// newMode returns the mode of a new terminal.
func newMode(t *testing.T) *term.State {
	t.Helper()
	return modeOf(t, terminal.New(t, 80, 24))
}

func modeOf(t testing.TB, of *terminal.Terminal) *term.State {
	t.Helper()
	raw, err := of.TTY.SyscallConn()
	require.NoError(t, err)
	var state *term.State
	var stateErr error
	require.NoError(t, raw.Control(func(fd uintptr) { state, stateErr = term.GetState(int(fd)) }))
	require.NoError(t, stateErr)
	return state
}
