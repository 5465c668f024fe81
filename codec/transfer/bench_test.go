package transfer_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// discarding is a connection that discards everything written to it.
type discarding struct{ io.Reader }

func (discarding) Write(p []byte) (int, error) { return len(p), nil }
func (discarding) Close() error                { return nil }

func TestDataFramesAllocateNothing(t *testing.T) {
	const frames = 200
	s := transfer.Sender{To: codec.NewConn(discarding{})}
	e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: frames * 256 << 10, Name: "x"}
	var in io.Reader = zeros{}
	long := testing.AllocsPerRun(5, func() { require.NoError(t, s.File(context.Background(), e, in)) })
	e.Size = 256 << 10
	short := testing.AllocsPerRun(5, func() { require.NoError(t, s.File(context.Background(), e, in)) })
	require.Equal(t, short, long, "a Sender allocates for a file, not for its frames")

	var out io.Writer = io.Discard
	for name, target := range map[string]landing.Target{
		"to a writer": {Writer: out},
		"to a file":   {Dir: open(t, t.TempDir()), Name: "x"},
	} {
		rec := transfer.Receiver{
			Choose: func(codec.Entry) (landing.Target, error) { return target, nil },
			Failed: func(_ string, err error) { t.Error(err) },
		}
		require.NoError(t, rec.Take(codec.Frame{Verb: codec.FILE, Body: []byte("f 0644 - - x\n")}))
		data := codec.Frame{Verb: codec.DATA, Body: make([]byte, 256<<10)}
		require.Zero(t, testing.AllocsPerRun(50, func() { require.NoError(t, rec.Take(data)) }), name)
		rec.Close()
	}
}

const gib = 1 << 30

// BenchmarkGet transfers a GiB from memory to a file in memory: Sender, TCP on loopback,
// Receiver. Get and put use the same code.
func BenchmarkGet(b *testing.B) { benchmark(b, func(dir string) io.Reader { return zeros{} }) }

// BenchmarkPut is like BenchmarkGet, but from a file.
func BenchmarkPut(b *testing.B) {
	benchmark(b, func(dir string) io.Reader {
		f, err := os.Create(filepath.Join(dir, "from"))
		require.NoError(b, err)
		b.Cleanup(func() { f.Close() })
		block := make([]byte, 1<<20)
		for range gib / len(block) {
			_, err := f.Write(block)
			require.NoError(b, err)
		}
		return f
	})
}

func benchmark(b *testing.B, from func(dir string) io.Reader) {
	dir, err := os.MkdirTemp("/dev/shm", "techsh")
	if err != nil {
		dir, err = os.MkdirTemp("", "techsh")
	}
	require.NoError(b, err)
	defer os.RemoveAll(dir)
	in := from(dir)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	defer l.Close()
	out, err := net.Dial("tcp", l.Addr().String())
	require.NoError(b, err)
	there, err := l.Accept()
	require.NoError(b, err)
	defer there.Close()
	rec := into(b, dir, true)
	conn, c := codec.NewConn(there), codec.NewConn(out)
	s := transfer.Sender{To: c}
	defer c.Close()
	b.SetBytes(gib)
	b.ReportAllocs()
	var before, after runtime.MemStats
	frames := 0
	b.ResetTimer()
	runtime.ReadMemStats(&before)
	for range b.N {
		if f, ok := in.(*os.File); ok {
			_, err := f.Seek(0, io.SeekStart)
			require.NoError(b, err)
		}
		sent := make(chan error, 1)
		go func() {
			err := s.File(
				context.Background(),
				codec.Entry{Kind: codec.Regular, Mode: 0o600, Size: gib, Name: "to"}, in,
			)
			sent <- errors.Join(err, c.Flush())
		}()
		for {
			f, err := conn.ReadFrame()
			require.NoError(b, err)
			require.NoError(b, rec.Take(f))
			if f.Verb == codec.DATA {
				frames++
			}
			if f.Verb == codec.SUM {
				break
			}
		}
		require.NoError(b, <-sent)
	}
	runtime.ReadMemStats(&after)
	require.Empty(b, rec.failed)
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(frames), "allocs/frame")
}
