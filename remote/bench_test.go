package remote_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/remote"
)

// benchLink is a client of a server over loopback TCP, both in this process.
func benchLink(b *testing.B, dir string) *link.Link {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	server := &remote.Server{Gate: remote.Cookie("c"), Dir: dir, Log: slog.New(slog.DiscardHandler)}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(b, err)
	client, _, err := link.Open(ctx, conn, link.Opening{Cookie: "c"})
	require.NoError(b, err)
	b.Cleanup(func() {
		client.Close()
		cancel()
		require.NoError(b, <-done)
	})
	return client
}

// memory is a folder on a file system in memory.
func memory(b *testing.B) string {
	dir, err := os.MkdirTemp("/dev/shm", "techsh-bench-")
	if err != nil {
		b.Skip("no /dev/shm: ", err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func median[T ~int64 | ~float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// versus times ours against a command, in turn, and reports the medians and
// that of the ratios. What they have made is removed between.
func versus(b *testing.B, name string, command, ours func(), made ...string) {
	remove := func() {
		for _, path := range made {
			os.Remove(path)
		}
	}
	var ratios []float64
	var times, others []time.Duration
	for b.Loop() {
		start := time.Now()
		command()
		other := time.Since(start)
		remove()
		start = time.Now()
		ours()
		took := time.Since(start)
		remove()
		times, others = append(times, took), append(others, other)
		ratios = append(ratios, float64(took)/float64(other))
	}
	b.ReportMetric(median(ratios), "x_"+name)
	b.ReportMetric(median(times).Seconds()*1000, "ms_ours")
	b.ReportMetric(median(others).Seconds()*1000, "ms_"+name)
	b.ReportMetric(0, "ns/op")
}

func run(b *testing.B, argv ...string) {
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	require.NoError(b, err, "%s", out)
}

const gib = 1 << 30

// big makes a file of 1 GiB in dir.
func big(b *testing.B, dir string) string {
	path := filepath.Join(dir, "big")
	f, err := os.Create(path)
	require.NoError(b, err)
	defer f.Close()
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 7)
	}
	for range gib >> 20 {
		_, err := f.Write(block)
		require.NoError(b, err)
	}
	return path
}

func BenchmarkGetOfOneGiBAgainstCp(b *testing.B) {
	dir, local := memory(b), memory(b)
	path := big(b, dir)
	client := benchLink(b, dir)
	versus(b, "cp", func() {
		run(b, "cp", path, filepath.Join(local, "copy"))
	}, func() {
		rec := transfer.Receiver{
			Choose: func(codec.Entry) (transfer.Target, error) {
				root, err := os.OpenRoot(local)
				return transfer.Target{Dir: root, Name: "got"}, err
			},
			Failed: func(_ string, err error) { b.Error(err) },
			Keep:   client.Keep,
		}
		_, err := client.Do(b.Context(), link.Request{Verb: codec.MakeVerb("GET"), Words: codec.Lits("big"), Recv: rec.Take})
		require.NoError(b, err)
		require.EqualValues(b, gib, rec.Bytes)
	}, filepath.Join(local, "copy"), filepath.Join(local, "got"))
}

func BenchmarkPutOfOneGiBAgainstCp(b *testing.B) {
	dir, local := memory(b), memory(b)
	path := big(b, local)
	client := benchLink(b, dir)
	versus(b, "cp", func() {
		run(b, "cp", path, filepath.Join(dir, "copy"))
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
				return s.File(ctx, transfer.EntryOf("got", fi), f)
			},
		})
		require.NoError(b, err)
	}, filepath.Join(dir, "copy"), filepath.Join(dir, "got"))
}

func BenchmarkListingOf100000AgainstFind(b *testing.B) {
	dir := memory(b)
	for i := range 100_000 {
		require.NoError(b, os.WriteFile(filepath.Join(dir, fmt.Sprintf("file %06d.txt", i)), nil, 0o644))
	}
	client := benchLink(b, dir)
	versus(b, "find", func() {
		run(b, "find", dir, "-maxdepth", "1", "-printf", `%y %m %s %T+ %f %l\n`)
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
	client := benchLink(b, b.TempDir())
	var times []time.Duration
	for b.Loop() {
		start := time.Now()
		_, err := client.Do(b.Context(), link.Request{Verb: codec.MakeVerb("PING")})
		require.NoError(b, err)
		times = append(times, time.Since(start))
	}
	b.ReportMetric(float64(median(times).Nanoseconds())/1000, "µs_p50")
	b.ReportAllocs()
}
