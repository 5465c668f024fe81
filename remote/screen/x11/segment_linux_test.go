package x11

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The X server shares the memory of pictures. If it could remove some, the next read of
// that memory would end the process.
func TestSharedMemoryCannotBeTakenAway(t *testing.T) {
	const size = 1 << 20
	var s segment
	require.NoError(t, s.open(size))
	defer s.close()
	defer unix.Close(s.fd)
	require.ErrorIs(t, unix.Ftruncate(s.fd, size-1), unix.EPERM)
	require.Zero(t, s.pix[size-1])
}
