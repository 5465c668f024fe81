package remotetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
)

// Times returns how often a failure is repeated in one session. Rare orders of events
// need hundreds of repetitions. On Windows the number is small, because programs start
// slowly there.
func Times() int {
	if runtime.GOOS == "windows" {
		return Rounds(200, 4)
	}
	return Rounds(200, 20)
}

// WriteBig makes a file that is so large that a test can cancel its transfer before the
// end.
func WriteBig(h *Remote, t testing.TB) {
	h.Write(t, "big", "")
	require.NoError(t, os.Truncate(filepath.Join(h.Dir, "big"), 1<<40))
}

// RequireListing checks that the session still lists the folder correctly, whatever the
// previous call was.
func RequireListing(c *Client, h *Remote) {
	c.T.Helper()
	var want, got []string
	list, err := os.ReadDir(h.Dir)
	require.NoError(c.T, err)
	for _, e := range list {
		if landing.IsPart(e.Name()) {
			continue
		}
		fi, err := e.Info()
		require.NoError(c.T, err)
		size := fi.Size()
		if !fi.Mode().IsRegular() {
			size = -1
		}
		want = append(want, fmt.Sprint(e.Name(), size))
	}
	answer := c.OK("DIR")
	require.Len(c.T, answer.Files, 1)
	require.NoError(c.T, codec.Entries([]byte(answer.Data), func(e codec.Entry) error {
		got = append(got, fmt.Sprint(e.Name, e.Size))
		return nil
	}))
	slices.Sort(want)
	slices.Sort(got)
	require.Equal(c.T, want, got)
}

// Torture calls a function many times in one session, and checks a listing after each
// call.
func Torture(t *testing.T, once func(h *Remote, c *Client, i int)) {
	OverEach(t, func(t *testing.T, h *Remote) {
		h.Furnish(t)
		c := h.Client(t)
		for i := range Times() {
			once(h, c, i)
			RequireListing(c, h)
		}
	})
}

func RequireCancelled(t testing.TB, err error) {
	t.Helper()
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, link.ErrLost)
}

type ReaderFunc func([]byte) (int, error)

func (f ReaderFunc) Read(p []byte) (int, error) { return f(p) }
