package remotetest

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/link"
	"techsh/remote"
	"techsh/remote/access"
)

// BenchLink returns a client of a server over loopback TCP, both in this process.
func BenchLink(b *testing.B, dir string) *link.Link {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	server := &remote.Server{Gate: access.Cookie("c"), Dir: dir, Log: slog.New(slog.DiscardHandler)}
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

// Memory returns a folder on a file system in memory.
func Memory(b *testing.B) string {
	dir, err := os.MkdirTemp("/dev/shm", "techsh-bench-")
	if err != nil {
		b.Skip("no /dev/shm: ", err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func Median[T ~int64 | ~float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// Versus calls the functions command and ours alternately, and reports the medians of
// their times and of the ratios. After each call it removes the files whose paths are in
// made.
func Versus(b *testing.B, name string, command, ours func(), made ...string) {
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
	b.ReportMetric(Median(ratios), "x_"+name)
	b.ReportMetric(Median(times).Seconds()*1000, "ms_ours")
	b.ReportMetric(Median(others).Seconds()*1000, "ms_"+name)
	b.ReportMetric(0, "ns/op")
}

func Run(b *testing.B, argv ...string) {
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	require.NoError(b, err, "%s", out)
}

const GiB = 1 << 30

// Big makes a file of 1 GiB in dir.
func Big(b *testing.B, dir string) string {
	path := filepath.Join(dir, "big")
	f, err := os.Create(path)
	require.NoError(b, err)
	defer f.Close()
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 7)
	}
	for range GiB >> 20 {
		_, err := f.Write(block)
		require.NoError(b, err)
	}
	return path
}
