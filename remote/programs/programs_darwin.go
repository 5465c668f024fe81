package programs

import (
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

const getModes, setModes = unix.TIOCGETA, unix.TIOCSETA // of a terminal

// enlarge does nothing: pipes of macOS grow by themselves.
func enlarge(*os.File) {}

// newOpener returns the command that opens a document as the desktop does.
func newOpener(path string) *exec.Cmd { return exec.Command("/usr/bin/open", path) }

// checkDesktop returns nil: programs are always seen.
func checkDesktop([]string) error { return nil }
