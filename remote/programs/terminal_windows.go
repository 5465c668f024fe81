package programs

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"github.com/charmbracelet/x/conpty"
	"golang.org/x/sys/windows"
)

// start opens the terminal, a pseudo console, and starts cmd in it.
func (t *terminal) start(cmd *exec.Cmd, columns, rows int) (err error) {
	var in, out *os.File // the ends of the pseudo console
	if t.in, in, err = newPipe(true); err == nil {
		t.out, out, err = newPipe(false)
	}
	if err == nil {
		err = t.startConsole(cmd, in, out, columns, rows)
	}
	in.Close() // Close accepts nil
	out.Close()
	if err != nil {
		t.in.Close()
		t.out.Close()
	}
	return err
}

func (t *terminal) startConsole(cmd *exec.Cmd, in, out *os.File, columns, rows int) error {
	inEnd, ierr := duplicate(in)
	outEnd, oerr := duplicate(out)
	if err := errors.Join(ierr, oerr); err != nil {
		return err
	}
	const none = 0 // the pseudo console need not know the server's ends of the pipes
	c, err := conpty.NewWithPipes(inEnd, none, none, outEnd, columns, rows, 0)
	if err != nil {
		return err
	}
	pid, handle, err := c.Spawn(cmd.Path, cmd.Args, &syscall.ProcAttr{Dir: cmd.Dir, Env: cmd.Env, Sys: cmd.SysProcAttr})
	if err == nil {
		defer windows.CloseHandle(windows.Handle(handle))
		if cmd.Process, err = os.FindProcess(pid); err != nil {
			_ = windows.TerminateProcess(windows.Handle(handle), 1)
		}
	}
	if err != nil {
		_ = c.Close()
		return err
	}
	t.pty = c
	return nil
}

// duplicate returns another handle of f, which the pseudo console inherits and closes.
func duplicate(f *os.File) (uintptr, error) {
	self := windows.CurrentProcess()
	var h windows.Handle
	err := windows.DuplicateHandle(self, windows.Handle(f.Fd()), self, &h, 0, true, windows.DUPLICATE_SAME_ACCESS)
	return uintptr(h), os.NewSyscallError("DuplicateHandle", err)
}
