package transfer_test

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

func TestLargeBodiesAreWrittenInOrderBesideTheReading(t *testing.T) {
	ours, theirs := net.Pipe()
	from, to := codec.NewConn(ours), codec.NewConn(theirs)
	defer from.Close()
	defer to.Close()
	content := make([]byte, 5<<20+4711)
	random := rand.NewChaCha8([32]byte{7})
	_, _ = random.Read(content)
	dir := t.TempDir()
	rec := transfer.Receiver{
		Keep: to.Keep,
		Choose: func(codec.Entry) (landing.Target, error) {
			root, err := os.OpenRoot(dir)
			return landing.Target{Dir: root, Name: "got"}, err
		},
		Failed: func(_ string, err error) { t.Error(err) },
	}
	sent := make(chan error, 1)
	go func() {
		defer close(sent)
		// large and small bodies alternate, so that both asynchronous and direct writes
		// occur
		e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: int64(len(content)), Name: "got"}
		_ = from.Write(codec.FILE, append(e.Append(nil), '\n'))
		for at, i := 0, 0; at < len(content); i++ {
			n := min([]int{256 << 10, 100 << 10, 900, 1 << 20}[i%4], len(content)-at)
			_ = from.Write(codec.DATA, content[at:at+n])
			at += n
		}
		_ = from.WriteWords(codec.SUM, codec.Bare("none"))
		sent <- from.Flush()
	}()
	for rec.Files == 0 {
		f, err := to.ReadFrame()
		require.NoError(t, err)
		require.NoError(t, rec.Take(f))
	}
	require.NoError(t, <-sent)
	got, err := os.ReadFile(filepath.Join(dir, "got"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
}

func TestGivingUpWhileABodyIsWrittenLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	rec := transfer.Receiver{
		Keep: func([]byte) {},
		Choose: func(codec.Entry) (landing.Target, error) {
			root, err := os.OpenRoot(dir)
			return landing.Target{Dir: root, Name: "got"}, err
		},
		Failed: func(_ string, err error) { t.Error(err) },
	}
	require.NoError(t, rec.Take(codec.Frame{Verb: codec.FILE, Body: []byte("f 0644 - - got\n")}))
	for range 3 {
		require.NoError(t, rec.Take(codec.Frame{Verb: codec.DATA, Body: make([]byte, 256<<10)}))
	}
	rec.Close()
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}
