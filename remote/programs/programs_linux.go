package programs

import (
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"

	"techsh/codec"
)

const getModes, setModes = unix.TCGETS, unix.TCSETS // requests of ioctl for the modes of a terminal

// enlarge enlarges the buffer of a pipe, so that a program seldom waits for the server.
func enlarge(pipe *os.File) {
	if raw, err := pipe.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}

// newMemoryFile returns a new file in memory.
func newMemoryFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("programs", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "programs"), nil
}

// waitExit waits until a program has ended. Its pid belongs to no other process before
// reap is called.
func waitExit(p *os.Process) (reap func() *os.ProcessState) {
	err := error(unix.EINTR)
	for err == unix.EINTR {
		err = unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
	}
	return func() *os.ProcessState {
		state, _ := p.Wait()
		return state
	}
}

// newOpener returns the command that opens a document like a double click on the desktop.
func newOpener(path string) *exec.Cmd { return exec.Command("xdg-open", path) }

// checkDesktop returns an error if a program with these variables cannot open windows.
func checkDesktop(env []string) error {
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		if value != "" && (name == "DISPLAY" || name == "WAYLAND_DISPLAY") {
			return nil
		}
	}
	return &codec.Error{
		Code: codec.NoDisplay, Text: "nobody sees it: neither DISPLAY nor WAYLAND_DISPLAY is set",
		Hint: "start techshd in the desktop session of the person at the screen",
	}
}
