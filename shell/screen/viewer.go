package screen

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"techsh/shell/command"
	"techsh/shell/console"
)

// viewerTimeout is how long openViewer waits for the viewer to fail. A viewer that
// still runs after this time is showing the picture.
const viewerTimeout = time.Second

// openViewer opens a file in the local viewer, which may outlive the command.
func openViewer(ctx context.Context, env *command.Env, path string) error {
	argv := ViewerCommand(runtime.GOOS, path)
	cmd := exec.Command(argv[0], argv[1:]...)
	detach(cmd)
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			err := fmt.Errorf("--open: %s is not installed", argv[0])
			return console.WithHint(err, "the picture is in "+env.Console.Printable(path))
		}
		return console.About(path, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // may wait until the user closes the viewer
	timeout := time.NewTimer(viewerTimeout)
	defer timeout.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("--open: %s: %w", argv[0], err)
		}
	case <-timeout.C:
	case <-ctx.Done():
	}
	return nil
}

// ViewerCommand returns the program and arguments that open a file in the default viewer
// of a system. system is a value of GOOS.
func ViewerCommand(system, path string) []string {
	switch system {
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler", path}
	case "darwin":
		return []string{"open", path}
	}
	return []string{"xdg-open", path}
}
