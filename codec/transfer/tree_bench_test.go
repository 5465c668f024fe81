package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/transfer"
)

// BenchmarkTree transfers 10,000 files of 4 KiB in 100 folders: Sender, a connection,
// Receiver. Get and put use the same code. The files are removed at the end, because some
// file systems make files slowly after others were removed.
func BenchmarkTree(b *testing.B) {
	for _, place := range []struct{ name, parent string }{{"disk", ""}, {"memory", "/dev/shm"}} {
		base, err := os.MkdirTemp(place.parent, "techsh")
		if err != nil {
			continue
		}
		defer os.RemoveAll(base)
		for i := range 100 {
			dir := filepath.Join(base, "from", fmt.Sprint(i))
			require.NoError(b, os.MkdirAll(dir, 0o755))
			for j := range 100 {
				require.NoError(
					b,
					os.WriteFile(filepath.Join(dir, fmt.Sprint(j)), make([]byte, 4<<10), 0o644),
				)
			}
		}
		for _, connection := range []string{"tcp", "pipe"} {
			b.Run(place.name+"/"+connection, func(b *testing.B) { benchmarkTree(b, base, connection) })
		}
	}
}

func benchmarkTree(b *testing.B, base, connection string) {
	root, err := os.OpenRoot(base)
	require.NoError(b, err)
	defer root.Close()
	b.SetBytes(10_000 * 4 << 10)
	b.ReportAllocs()
	for range b.N {
		b.StopTimer()
		to, err := os.MkdirTemp(base, "to")
		require.NoError(b, err)
		from, there := connect(b, connection)
		b.StartTimer()
		sent := make(chan error, 1)
		go func() {
			s := transfer.Sender{
				To: codec.NewConn(from), Failed: func(name string, err error) { b.Error(name, err) },
			}
			err := s.Tree(context.Background(), root, "from", "top", transfer.Tree{})
			sent <- errors.Join(err, s.To.Flush())
			from.Close()
		}()
		rec := into(b, to, false)
		rec.Trees = true
		conn := codec.NewConn(there)
		rec.Keep = conn.Keep
		for {
			f, err := conn.ReadFrame()
			if err == io.EOF {
				break
			}
			require.NoError(b, err)
			require.NoError(b, rec.Take(f))
		}
		rec.Flush()
		require.NoError(b, <-sent)
		require.Empty(b, rec.failed)
		require.EqualValues(b, 10_000, rec.Files)
		there.Close()
	}
}

// connect returns the two ends of a connection.
func connect(t testing.TB, kind string) (one, other net.Conn) {
	if kind == "pipe" {
		return net.Pipe()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	one, err = net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	other, err = l.Accept()
	require.NoError(t, err)
	return one, other
}
