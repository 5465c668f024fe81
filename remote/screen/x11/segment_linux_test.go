package x11_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/remote/screen/x11"
)

// If the X server could shrink the shared memory, the next read of it would end the
// process.
func TestSharedMemoryCannotBeTakenAway(t *testing.T) {
	const size = 1 << 20
	pix, fd, closeSegment, err := x11.NewSegment(size)
	require.NoError(t, err)
	defer closeSegment()
	defer unix.Close(fd)
	require.ErrorIs(t, unix.Ftruncate(fd, size-1), unix.EPERM)
	require.Zero(t, pix[size-1])
}
