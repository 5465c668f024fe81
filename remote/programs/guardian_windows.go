package programs

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
)

// Guardian returns nil: the job objects of Windows end with the process that made them.
func Guardian(string) func(context.Context) *exec.Cmd { return nil }

// IsGuardian returns false.
func IsGuardian([]string) bool { return false }

// Guard does nothing.
func Guard(io.Reader, io.Reader) {}

func newTable() (*table, error) { return nil, errors.ErrUnsupported }

func (*table) close() {}

func pipeID(*os.File) uint64 { return 0 }

// waitExit waits until a program has ended. While the handle of the process is open, no
// other process gets its pid.
func waitExit(p *os.Process) (reap func() *os.ProcessState) {
	state, _ := p.Wait()
	return func() *os.ProcessState { return state }
}
