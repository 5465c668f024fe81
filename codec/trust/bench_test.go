package trust_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

func BenchmarkPeer(b *testing.B) {
	f, _ := folder(b)
	for n := range 100 {
		_, err := f.AddPeer(trust.Peer{ID: numbered(n)})
		require.NoError(b, err)
	}
	ask := func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := f.Peer(numbered(7)); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("changed", ask) // changed too recently for the cache to be used
	long := time.Now().Add(-time.Hour)
	require.NoError(b, os.Chtimes(f.Path("peers"), long, long))
	b.Run("same", ask)
}

func BenchmarkHandshake(b *testing.B) {
	ann, office := newIdentity(b), newIdentity(b)
	b.ReportAllocs()
	for b.Loop() {
		c, s, cerr, serr := shake(b, ann.Client(office.ID), office.Server())
		if cerr != nil || serr != nil {
			b.Fatal(cerr, serr)
		}
		c.NetConn().Close()
		s.NetConn().Close()
	}
}

func BenchmarkPairingHash(b *testing.B) {
	for b.Loop() {
		_, _ = trust.DeriveKey(token, make([]byte, 32), trust.PairRounds)
	}
}
