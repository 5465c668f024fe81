//go:build unix

package shell

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
)

// Nobody may ever come to the other end of a named pipe.
func TestANamedPipeWithoutAnotherEndIsLeftByCtrlC(t *testing.T) {
	s, _, _ := testShell(t)
	fifo := filepath.Join(s.Dir, "fifo")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	for _, r := range []redirection{{from: codec.Lit("fifo")}, {to: codec.Lit("fifo")}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errInterrupted)
		require.ErrorIs(t, s.redirected(ctx, r, func() error { return nil }), errInterrupted)
	}
	_, err := unix.Open(fifo, unix.O_RDWR, 0) // whoever waits there is let go, now or later
	require.NoError(t, err)
}
