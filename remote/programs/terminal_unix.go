//go:build unix

package programs

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
	if t.in, err = duplicate(p); err == nil {
		t.out, err = duplicate(p)
	}
	if err == nil {
		err = p.Start(cmd)
	}
	if err != nil {
		t.in.Close() // Close accepts nil
		t.out.Close()
		p.Close()
		return err
	}
	t.pty = p
	p.Slave().Close() // only the program keeps it open, so that the output ends with the program
	return nil
}

// speakUTF8 makes the erase key remove all bytes of a character from the typed line.
func speakUTF8(fd uintptr) {
	modes, err := unix.IoctlGetTermios(int(fd), getModes)
	if err != nil {
		return // the erase key then removes one byte at a time
	}
	modes.Iflag |= unix.IUTF8
	_ = unix.IoctlSetTermios(int(fd), setModes, modes)
}

// duplicate returns another descriptor of the server's end, which the caller must close.
// It supports deadlines if the system does.
func duplicate(p *xpty.UnixPty) (*os.File, error) {
	var fd int
	var derr error
	err := p.Control(func(old uintptr) { fd, derr = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, derr); err != nil {
		return nil, err
	}
	_ = unix.SetNonblock(fd, true)
	f := os.NewFile(uintptr(fd), p.Name())
	if f.SetDeadline(time.Time{}) != nil { // this system does not support deadlines for terminals
		_ = unix.SetNonblock(fd, false)
	}
	return f, nil
}

// foreground returns the process group that gets the input, or 0 if it is unknown.
func (t *terminal) foreground() int {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.pty.(*xpty.UnixPty)
	if !ok { // the program has ended, and the id may belong to another group now
		return 0
	}
	group := 0
	_ = p.Control(func(fd uintptr) { group, _ = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP) })
	return group
}
