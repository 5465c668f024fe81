package landing_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
)

func TestPartOfALandingInProgressIsBusy(t *testing.T) {
	dir := t.TempDir()
	l, err := landing.Begin(target(t, dir, "x"))
	require.NoError(t, err)
	_, err = l.Write([]byte("abc"))
	require.NoError(t, err)
	to := target(t, dir, "x")
	defer to.Dir.Close()
	_, err = landing.Part(t.Context(), to)
	requireCode(t, err, codec.Busy)
	l.Leave()
	require.EqualValues(t, 3, part(t, dir).Size)
}

func TestPrefixOf(t *testing.T) {
	content := noise(600_000)
	f := opened(t, source(t, content))
	for _, n := range []int64{0, 1, 256 << 10, 600_000} {
		p, err := landing.PrefixOf(t.Context(), f, n)
		require.NoError(t, err)
		require.Equal(t, n, p.Size)
		require.Equal(t, hashOf(content[:n]), p.SHA256)
	}
	_, err := landing.PrefixOf(t.Context(), f, 600_001)
	requireCode(t, err, codec.Changed)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = landing.PrefixOf(ctx, f, 600_000)
	require.ErrorIs(t, err, context.Canceled)
}
