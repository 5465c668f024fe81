package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/remote/remotetest"
	"techsh/shell"
)

// The system call that starts a program holds up all other starts.
func TestProgramsStartAlthoughTheFileSystemOfOneHangs(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		line  string
		hangs uint32
	}{
		"entering the folder":     {"exec -d hung true", remotetest.FuseAccess},
		"entering it with sh":     {"sh -d hung true", remotetest.FuseAccess},
		"opening the program":     {"exec hung/prog", remotetest.FuseOpen},
		"reading the program":     {"exec hung/prog", remotetest.FuseRead},
		"opening its interpreter": {"exec ./script", remotetest.FuseOpen},
		"detached":                {"start ./script", remotetest.FuseRead},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			hung := remotetest.HungLater(t, home, c.hangs)
			script := []byte("#! " + hung.Path + "/prog\n")
			require.NoError(t, os.WriteFile(filepath.Join(home, "script"), script, 0o755))
			d := startDaemon(t, home)
			hangs := d.techsh(home)
			hangs.Args = []string{"techsh", "-c", "cd ~; " + c.line, "--plain", d.addr}
			var out bytes.Buffer
			hangs.Stdout, hangs.Stderr = &out, &out
			require.NoError(t, hangs.Start())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = hangs.Wait()
			}()
			t.Cleanup(func() {
				_ = hangs.Process.Kill()
				<-ended
			})
			hung.Await(t)

			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			other := d.techshUntil(ctx, home, "exec", "true")
			got, err := other.CombinedOutput()
			require.NoError(t, err, "%s", got)

			began := time.Now()
			require.NoError(t, hangs.Process.Signal(os.Interrupt))
			<-ended
			require.Equal(t, shell.StatusInterrupted, hangs.ProcessState.ExitCode(), &out)
			t.Logf("cancelled after %v", time.Since(began))
		})
	}
}
