package programs

import "os/exec"

// Adopt puts a program into a new job, as run does.
func Adopt(cmd *exec.Cmd) error {
	g := &group{}
	defer g.close()
	return g.started(cmd)
}
