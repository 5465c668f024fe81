package programs

import (
	"errors"
	"os"
	"os/exec"

	"github.com/charmbracelet/x/xpty"
	"golang.org/x/sys/windows"
)

// start opens the terminal, a pseudo console, and starts cmd in it.
func (t *terminal) start(cmd *exec.Cmd, columns, rows int) (err error) {
	p, err := xpty.NewConPty(columns, rows)
	if err != nil {
		return err
	}
	if t.in, err = duplicate(p.InPipeWriteFd()); err == nil {
		t.out, err = duplicate(p.OutPipeReadFd())
	}
	if err == nil {
		err = p.Start(cmd)
	}
	if err != nil {
		t.in.Close() // Close accepts nil
		t.out.Close()
		return errors.Join(err, p.Close())
	}
	t.pty = p
	return nil
}

// duplicate returns another handle of the server's end, which the caller must close. It
// is needed because the pseudo console closes its own handle before all output was read.
func duplicate(handle uintptr) (*os.File, error) {
	self := windows.CurrentProcess()
	var h windows.Handle
	err := windows.DuplicateHandle(self, windows.Handle(handle), self, &h, 0, false, windows.DUPLICATE_SAME_ACCESS)
	if err != nil {
		return nil, os.NewSyscallError("DuplicateHandle", err)
	}
	return os.NewFile(uintptr(h), "terminal"), nil
}
