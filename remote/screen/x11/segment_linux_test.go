package x11

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// An X server has the memory of pictures as we have it. If it could take some
// away, the next look there would end the process.
func TestSharedMemoryCannotBeTakenAway(t *testing.T) {
	const size = 1 << 20
	var s segment
	require.NoError(t, s.open(size))
	defer s.close()
	defer unix.Close(s.fd)
	require.ErrorIs(t, unix.Ftruncate(s.fd, size-1), unix.EPERM)
	require.Zero(t, s.pix[size-1])
}
