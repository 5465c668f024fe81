package transfer_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// counted is a connection that counts the bytes written to it.
type counted int64

func (*counted) Read([]byte) (int, error) { return 0, io.EOF }
func (*counted) Close() error             { return nil }

func (c *counted) Write(p []byte) (int, error) {
	*c += counted(len(p))
	return len(p), nil
}

func TestFilesOfMoreThan4GiBAreSentAndTaken(t *testing.T) {
	const size = 4<<30 + 12345
	path := filepath.Join(memory(t), "sparse")
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, f.Truncate(size))
	var n counted
	s := transfer.Sender{To: codec.NewConn(&n)}
	fi, err := f.Stat()
	require.NoError(t, err)
	require.NoError(t, s.File(t.Context(), landing.EntryOf("x", fi), f))
	require.EqualValues(t, size, s.Bytes)
	require.Greater(t, int64(n), int64(size))

	n = 0
	rec := into(t, t.TempDir(), false)
	rec.Choose = func(codec.Entry) (landing.Target, error) { return landing.Target{Writer: &n}, nil }
	require.NoError(t, rec.take(codec.FILE, fmt.Sprintf("f 0644 %d - x", int64(size))))
	body := make([]byte, 1<<20)
	for left := int64(size); left > 0; left -= int64(len(body)) {
		body = body[:min(left, int64(len(body)))]
		require.NoError(t, rec.Take(codec.Frame{Verb: codec.DATA, Body: body}))
	}
	require.NoError(t, rec.take(codec.SUM, s.Sum))
	require.Empty(t, rec.failed)
	require.EqualValues(t, size, n)
	require.Equal(t, map[string]int64{"x": size}, rec.landed)
}

// A folder is sent while it is read.
func TestFolderOfManyFilesTakesNoMemory(t *testing.T) {
	const files = 50_000
	dir := memory(t)
	plant(t, dir, map[string]string{"top/": ""})
	root := open(t, filepath.Join(dir, "top"))
	defer root.Close()
	for i := range files {
		f, err := root.Create("a file with a long name, of which there are many, number " + strconv.Itoa(i))
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	asked, most := 0, uint64(0)
	before := heap()
	s := transfer.Sender{
		To: codec.NewConn(discarding{}), Failed: func(name string, err error) { t.Error(name, err) },
	}
	above := open(t, dir)
	defer above.Close()
	require.NoError(t, s.Tree(t.Context(), above, "top", "top", transfer.Tree{Want: func(string, codec.Entry) bool {
		if asked++; asked%10_000 == 0 {
			most = max(most, heap())
		}
		return asked%2 == 0
	}}))
	require.Equal(t, files+1, asked)
	require.InDelta(t, files/2, s.Files, 1)
	require.Less(t, most, before+2<<20)
}
