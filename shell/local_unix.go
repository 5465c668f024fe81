//go:build unix

package shell

import (
	"context"
	"os/exec"
)

// shellCommand runs a line in the shell of this side.
func shellCommand(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", "--", line)
}
