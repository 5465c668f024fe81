package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/codectest"
	"techsh/shell"
)

// A child that hangs before its program runs would keep the input of other programs open.
func TestProgramsSeeTheEndOfTheirInputAlthoughTheStartOfAnotherHangs(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		line  string
		hangs uint32
	}{
		"entering the folder":     {"exec -d hung true", codectest.OpAccess},
		"entering it with sh":     {"sh -d hung true", codectest.OpAccess},
		"opening the program":     {"exec hung/prog", codectest.OpOpen},
		"reading the program":     {"exec hung/prog", codectest.OpRead},
		"opening its interpreter": {"exec ./script", codectest.OpOpen},
		"detached":                {"start ./script", codectest.OpRead},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			hung := codectest.HungLater(t, home, c.hangs)
			script := []byte("#! " + hung.Path + "/prog\n")
			require.NoError(t, os.WriteFile(filepath.Join(home, "script"), script, 0o755))
			d := startDaemon(t, home)
			ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
			defer cancel()
			other := d.techshUntil(ctx, home, "exec", "-i", "cat")
			input, err := other.StdinPipe()
			require.NoError(t, err)
			output, err := other.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, other.Start())
			_, err = io.WriteString(input, "begun\n")
			require.NoError(t, err)
			echo := bufio.NewReader(output)
			_, err = echo.ReadString('\n')
			require.NoError(t, err)

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
			t.Cleanup(hung.Wake)
			hung.Await(t)

			require.NoError(t, input.Close())
			_, err = echo.ReadByte()
			require.Equal(t, io.EOF, err)
			require.NoError(t, other.Wait())

			require.NoError(t, hangs.Process.Signal(os.Interrupt))
			<-ended
			require.Equal(t, shell.StatusInterrupted, hangs.ProcessState.ExitCode(), &out)
		})
	}
}
