//go:build unix

package remote

import (
	"errors"
	"os"
	"os/exec"
	"time"

	"github.com/charmbracelet/x/xpty"
	"golang.org/x/sys/unix"
)

// start opens the terminal and starts cmd in it.
func (t *terminal) start(cmd *exec.Cmd, columns, rows int) (err error) {
	p, err := xpty.NewUnixPty(columns, rows)
	if err != nil {
		return err
	}
	_ = p.Control(speakUTF8)
	if t.in, err = again(p); err == nil {
		t.out, err = again(p)
	}
	if err == nil {
		err = p.Start(cmd)
	}
	if err != nil {
		t.in.Close() // nil is fine
		t.out.Close()
		p.Close()
		return err
	}
	t.pty = p
	p.Slave().Close() // it is the program's: else what it shows never ends
	return nil
}

// speakUTF8 lets what rubs out a letter in a line that is typed rub out all of
// its bytes.
func speakUTF8(fd uintptr) {
	modes, err := unix.IoctlGetTermios(int(fd), getModes)
	if err != nil {
		return // then it is one byte at a time
	}
	modes.Iflag |= unix.IUTF8
	_ = unix.IoctlSetTermios(int(fd), setModes, modes)
}

// again returns one more descriptor of our end, for one who closes it, with
// deadlines if there can be any.
func again(p *xpty.UnixPty) (*os.File, error) {
	var fd int
	var derr error
	err := p.Control(func(old uintptr) { fd, derr = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, derr); err != nil {
		return nil, err
	}
	_ = unix.SetNonblock(fd, true)
	f := os.NewFile(uintptr(fd), p.Name())
	if f.SetDeadline(time.Time{}) != nil { // this system cannot wait for terminals in other ways
		_ = unix.SetNonblock(fd, false)
	}
	return f, nil
}

// foreground returns the process group that gets what is typed, 0 if that is
// not known.
func (t *terminal) foreground() int {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.pty.(*xpty.UnixPty)
	if !ok { // the program is gone, and its groups may be somebody else's
		return 0
	}
	group := 0
	_ = p.Control(func(fd uintptr) { group, _ = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP) })
	return group
}
