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

// viewerTimeout is how long a viewer has to fail. One that still runs is at
// work.
const viewerTimeout = time.Second

// openViewer opens a file in the program that this system has for it, and leaves
// that alone.
func openViewer(ctx context.Context, env *command.Env, path string) error {
	argv := ViewerCommand(runtime.GOOS, path)
	cmd := exec.Command(argv[0], argv[1:]...)
	detach(cmd)
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return console.WithHint(fmt.Errorf("--open: %s is not installed", argv[0]), "the picture is there: "+env.Console.Printable(path))
		}
		return console.About(path, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // until the viewer is closed, which may be after us
	patience := time.NewTimer(viewerTimeout)
	defer patience.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("--open: %s: %w", argv[0], err)
		}
	case <-patience.C:
	case <-ctx.Done():
	}
	return nil
}

// ViewerCommand is the command that opens a file on a system.
func ViewerCommand(system, path string) []string {
	switch system {
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler", path}
	case "darwin":
		return []string{"open", path}
	}
	return []string{"xdg-open", path}
}
