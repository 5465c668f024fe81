package programs

import (
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

const getModes, setModes = unix.TIOCGETA, unix.TIOCSETA // requests of ioctl for the modes of a terminal

// enlarge does nothing, because pipes of macOS grow automatically.
func enlarge(*os.File) {}

// waitExit waits until a program has ended. Its pid belongs to no other process before
// reap is called.
func waitExit(p *os.Process) (reap func() *os.ProcessState) {
	if queue, err := unix.Kqueue(); err == nil {
		defer unix.Close(queue)
		var exit unix.Kevent_t
		unix.SetKevent(&exit, p.Pid, unix.EVFILT_PROC, unix.EV_ADD)
		exit.Fflags = unix.NOTE_EXIT
		err = unix.EINTR
		for err == unix.EINTR {
			_, err = unix.Kevent(queue, []unix.Kevent_t{exit}, make([]unix.Kevent_t, 1), nil)
		}
	}
	return func() *os.ProcessState {
		state, _ := p.Wait()
		return state
	}
}

// newOpener returns the command that opens a document like a double click on the desktop.
func newOpener(path string) *exec.Cmd { return exec.Command("/usr/bin/open", path) }

// checkDesktop returns nil, because programs can always open windows.
func checkDesktop([]string) error { return nil }

// newMemoryFile returns a new file that has no name.
func newMemoryFile() (*os.File, error) {
	f, err := os.CreateTemp("", "techsh-programs-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// findStarted returns 0: macOS has no list of the pipes of other processes.
func findStarted(uint64) int { return 0 }

// setProcessName does nothing: macOS shows the name of the file.
func setProcessName(string) {}
