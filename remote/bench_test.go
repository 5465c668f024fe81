package remote_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/remote/remotetest"
)

func BenchmarkGetOfOneGiBAgainstCp(b *testing.B) {
	dir, local := remotetest.Memory(b), remotetest.Memory(b)
	path := remotetest.Big(b, dir)
	client := remotetest.BenchLink(b, dir)
	remotetest.Versus(b, "cp", func() {
		remotetest.Run(b, "cp", path, filepath.Join(local, "copy"))
	}, func() {
		rec := transfer.Receiver{
			Choose: func(codec.Entry) (landing.Target, error) {
				root, err := os.OpenRoot(local)
				return landing.Target{Dir: root, Name: "got"}, err
			},
			Failed: func(_ string, err error) { b.Error(err) },
			Keep:   client.Keep,
		}
		_, err := client.Do(
			b.Context(),
			link.Request{Verb: codec.MakeVerb("GET"), Words: codec.Lits("big"), Recv: rec.Take},
		)
		require.NoError(b, err)
		require.EqualValues(b, remotetest.GiB, rec.Bytes)
	}, filepath.Join(local, "copy"), filepath.Join(local, "got"))
}

func BenchmarkPutOfOneGiBAgainstCp(b *testing.B) {
	dir, local := remotetest.Memory(b), remotetest.Memory(b)
	path := remotetest.Big(b, local)
	client := remotetest.BenchLink(b, dir)
	remotetest.Versus(b, "cp", func() {
		remotetest.Run(b, "cp", path, filepath.Join(dir, "copy"))
	}, func() {
		_, err := client.Do(b.Context(), link.Request{
			Verb: codec.MakeVerb("PUT"), Words: codec.Lits("got"),
			Send: func(ctx context.Context, up *link.Upstream) error {
				f, err := os.Open(path)
				if err != nil {
					return err
				}
				defer f.Close()
				fi, err := f.Stat()
				if err != nil {
					return err
				}
				s := transfer.Sender{To: up.Conn}
				return s.File(ctx, landing.EntryOf("got", fi), f)
			},
		})
		require.NoError(b, err)
	}, filepath.Join(dir, "copy"), filepath.Join(dir, "got"))
}

func BenchmarkListingOf100000AgainstFind(b *testing.B) {
	dir := remotetest.Memory(b)
	for i := range 100_000 {
		require.NoError(b, os.WriteFile(filepath.Join(dir, fmt.Sprintf("file %06d.txt", i)), nil, 0o644))
	}
	client := remotetest.BenchLink(b, dir)
	remotetest.Versus(b, "find", func() {
		remotetest.Run(b, "find", dir, "-maxdepth", "1", "-printf", `%y %m %s %T+ %f %l\n`)
	}, func() {
		n := 0
		_, err := client.Do(b.Context(), link.Request{Verb: codec.MakeVerb("DIR"), Recv: func(f codec.Frame) error {
			if f.Verb != codec.DATA {
				return nil
			}
			return codec.Entries(f.Body, func(codec.Entry) error {
				n++
				return nil
			})
		}})
		require.NoError(b, err)
		require.Equal(b, 100_000, n)
	})
}

func BenchmarkRoundTrip(b *testing.B) {
	client := remotetest.BenchLink(b, b.TempDir())
	var times []time.Duration
	for b.Loop() {
		start := time.Now()
		_, err := client.Do(b.Context(), link.Request{Verb: codec.MakeVerb("PING")})
		require.NoError(b, err)
		times = append(times, time.Since(start))
	}
	b.ReportMetric(float64(remotetest.Median(times).Nanoseconds())/1000, "µs_p50")
	b.ReportAllocs()
}
