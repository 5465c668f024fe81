//go:build unix

package remotetest

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// ProcessGone reports whether a process does not exist, or is a zombie.
func ProcessGone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := bytes.Cut(stat, []byte(") "))
	return err == nil && len(after) > 0 && (after[0] == 'Z' || after[0] == 'X')
}

func makeFIFO(path string) error { return syscall.Mkfifo(path, 0o666) }
