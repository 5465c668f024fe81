//go:build unix

package programs

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/remote/verb"
)

// checkProgram allows every program.
func checkProgram(string) error { return nil }

// shellCommand returns the command that runs a line in sh, or in another shell of
// shells(5).
func shellCommand(name, line string) (*exec.Cmd, error) {
	path := "/bin/sh"
	if name != "" && name != "sh" {
		list, err := os.ReadFile("/etc/shells")
		if err != nil {
			return nil, err
		}
		if path, err = findShell(string(list), name); err != nil {
			return nil, err
		}
	}
	if strings.HasPrefix(line, "-") || strings.HasPrefix(line, "+") {
		line = " " + line // otherwise it would be an option, and not every shell supports --
	}
	return exec.Command(path, "-c", line), nil
}

// A group is a program and everything that it starts: a process group in a session of its
// own. A shell in a terminal makes more process groups. The one in the foreground belongs
// to the group too.
type group struct {
	pid      int
	terminal *terminal
}

func newGroup(cmd *exec.Cmd) *group {
	// In a new session the program has no access to the terminal of the server, where
	// nobody would see it wait for input.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return &group{}
}

func newSession(cmd *exec.Cmd, t *terminal) *group {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return &group{terminal: t}
}

func (g *group) started(cmd *exec.Cmd) error {
	g.pid = cmd.Process.Pid
	return nil
}

// terminate asks the group to end. In a terminal it sends HUP instead of TERM, since an
// interactive shell ignores TERM.
func (g *group) terminate() (asked bool) {
	if g.terminal != nil {
		g.signal(unix.SIGHUP)
		g.signal(unix.SIGCONT)
		return true
	}
	g.signal(unix.SIGTERM)
	return true
}

func (g *group) kill() { g.signal(unix.SIGKILL) }

func (g *group) signal(sig unix.Signal) {
	if n := g.terminal.foreground(); n > 1 && n != g.pid {
		_ = unix.Kill(-n, sig)
	}
	_ = unix.Kill(-g.pid, sig)
}

func (g *group) close() {}

const heldNote = "programs that it started still held its output, which is read no longer: " +
	"they were ended, unless they have a session of their own"

// leave ends what is left of the group after the program has ended. It is called if
// something in the group still holds the output of the program.
func (g *group) leave() { g.kill() }

// exitPairs returns the exit status or the signal with which a program has ended.
func exitPairs(state *os.ProcessState) codec.Pairs {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		name := strings.TrimPrefix(unix.SignalName(ws.Signal()), "SIG")
		if name == "" {
			name = strconv.Itoa(int(ws.Signal()))
		}
		return codec.Pairs{{Key: "signal", Value: name}, codec.PairOf("number", int(ws.Signal()))}
	}
	return codec.Pairs{codec.PairOf("exit", state.ExitCode())}
}

// parseSignal returns the signal with this name or number.
func parseSignal(name string) (os.Signal, error) {
	if n, ok := codec.ParseNumber(name); ok && n > 0 && n < 65 {
		return syscall.Signal(n), nil
	}
	upper := strings.ToUpper(name)
	if sig := unix.SignalNum("SIG" + strings.TrimPrefix(upper, "SIG")); sig != 0 {
		return sig, nil
	}
	return nil, codec.Errorf(codec.BadRequest, "no such signal")
}

// startDetached starts cmd independently of the server and its terminal.
func startDetached(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

const argumentsTooLong = unix.E2BIG

// isDocument reports whether err means that the file to be started is not a program.
func isDocument(err error) bool { return errors.Is(err, syscall.ENOEXEC) }

// needsElevation returns false: only Windows has programs that ask for more rights.
func needsElevation(error) bool { return false }

// openOnDesktop makes the desktop open the document cmd.Path like a double click, and
// returns the pairs of the answer.
func openOnDesktop(_ *verb.Request, cmd *exec.Cmd) (codec.Pairs, error) {
	open := newOpener(cmd.Path)
	open.Dir, open.Env = cmd.Dir, cmd.Env
	opener := filepath.Base(open.Args[0])
	err := startDetached(open)
	switch {
	// On Linux only; macOS always has a program that opens documents.
	case errors.Is(err, exec.ErrNotFound):
		return nil, &codec.Error{
			Code: codec.NotFound, Name: opener,
			Text: "the program that opens documents is missing", Hint: "install xdg-utils on the remote",
		}
	case err != nil:
		return nil, codec.Explain(opener, noProgram(err))
	}
	cmd.Process = open.Process
	return codec.Pairs{codec.PairOf("pid", open.Process.Pid), {Key: "opener", Value: opener}}, nil
}

// newPipe returns the server's end and the program's end of a pipe. If input is true, the
// server writes to the pipe.
func newPipe(input bool) (ours, theirs *os.File, err error) {
	r, w, err := os.Pipe()
	if input {
		return w, r, err
	}
	if err == nil {
		enlarge(r)
	}
	return r, w, err
}

// hasEnded reports whether a child of the server has ended, and if so reaps it.
func hasEnded(p *os.Process) bool {
	pid, err := unix.Wait4(p.Pid, nil, unix.WNOHANG, nil)
	return pid == p.Pid || errors.Is(err, unix.ECHILD)
}

// ConsoleEncoding returns "", because programs use the encoding of their locale.
func ConsoleEncoding() string { return "" }

// probeFolder asks the file system whether dir can be entered.
func probeFolder(dir string) { _ = unix.Access(dir, unix.X_OK) }
