//go:build unix

// Windows has neither FIFOs nor /proc.

package files_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// Opening a FIFO would block until there is a writer.
func TestReadingAFifoIsRefusedAtOnce(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		require.NoError(t, unix.Mkfifo(filepath.Join(h.Dir, "fifo"), 0o666))
		remotetest.Link(t, "fifo", filepath.Join(h.Dir, "link"))
		c := h.Client(t)
		began := time.Now()
		for _, line := range []string{
			"CAT fifo",
			"GET fifo",
			"COPY fifo x",
			"CAT link",
			"GET link",
			"CAT /dev/zero",
			"GET /dev/tty",
		} {
			c.Fails(line, codec.NotRegular)
		}
		err := c.Put(t.Context(), "PUT -f fifo", "fifo", []byte("x"))
		c.RequireCode(err, "PUT", codec.NotRegular)
		require.Less(t, time.Since(began), remotetest.Timeout)
	})
}

// Files in /proc have the size 0 but are not empty.
func TestFilesOfProcAreRead(t *testing.T) {
	if _, err := os.Stat("/proc/version"); err != nil {
		remotetest.SkipWithout(t, err)
	}
	want, err := os.ReadFile("/proc/version")
	require.NoError(t, err)
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		require.Equal(t, string(want), c.OK("CAT /proc/version").Data)
		files, err := c.Get("GET /proc/version")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"version": string(want)}, files)
		got := c.OK("GET /proc/version")
		require.True(t, strings.HasPrefix(got.Files[0], "f 0444 - "), got.Files[0])
		c.OK("COPY /proc/version .")
		require.Equal(t, string(want), h.Read(t, "version"))
	})
}

// Reads of some files, such as the log of the kernel, wait for more data.
func TestBlockingReadIsCancelled(t *testing.T) {
	f, err := os.Open("/proc/kmsg")
	if err != nil {
		remotetest.SkipWithout(t, err)
	}
	f.Close()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		c := h.Raw(t)
		for _, verb := range []string{"CAT", "GET"} {
			c.Say(t, verb, "/proc/kmsg")
			c.Say(t, "STOP")
			for g := c.Next(t); g.Verb != codec.ERR && g.Verb != codec.OK; g = c.Next(t) {
				require.NotEqual(t, codec.Verb(0), g.Verb)
			}
		}
	})
}
