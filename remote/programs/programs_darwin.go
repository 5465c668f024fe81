package programs

import (
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

const getModes, setModes = unix.TIOCGETA, unix.TIOCSETA // requests of ioctl for the modes of a terminal

// enlarge does nothing, because pipes of macOS grow automatically.
func enlarge(*os.File) {}

// newOpener returns the command that opens a document like a double click on the desktop.
func newOpener(path string) *exec.Cmd { return exec.Command("/usr/bin/open", path) }

// checkDesktop returns nil, because programs can always open windows.
func checkDesktop([]string) error { return nil }
