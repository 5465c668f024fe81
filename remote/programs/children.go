package programs

import (
	"os"
	"syscall"
)

// escapedChildren are the processes that a program has started and that have left its
// process group, for example by setsid(1).
type escapedChildren []*os.Process

func (e escapedChildren) terminate() {
	for _, p := range e {
		_ = p.Signal(syscall.SIGTERM)
	}
}

// kill kills and releases the processes.
func (e escapedChildren) kill() {
	for _, p := range e {
		_ = p.Kill()
		_ = p.Release()
	}
}
