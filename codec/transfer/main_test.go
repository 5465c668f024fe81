package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// into returns a Receiver that writes files to dir.
func into(t testing.TB, dir string, force bool) *received {
	r := &received{failed: map[string]error{}, unsent: map[string]error{}, landed: map[string]int64{}}
	r.Choose = func(e codec.Entry) (landing.Target, error) {
		root, err := os.OpenRoot(dir)
		require.NoError(t, err)
		return landing.Target{Dir: root, Name: e.Name, Key: "key", Force: force}, nil
	}
	r.Failed = func(name string, err error) { r.failed[name] = err }
	r.Unsent = func(name string, err error) { r.unsent[name] = err }
	r.Landed = func(e codec.Entry, size int64) { r.landed[e.Name] = size }
	t.Cleanup(r.Close)
	return r
}

type received struct {
	transfer.Receiver
	failed map[string]error
	unsent map[string]error
	landed map[string]int64
}

// take passes the receiver one frame of words or of bytes.
func (r *received) take(verb codec.Verb, body string) error {
	if verb != codec.DATA && body != "" {
		body += "\n"
	}
	return r.Take(codec.Frame{Verb: verb, Body: []byte(body)})
}

// file passes a whole file to the receiver.
func (r *received) file(t testing.TB, entry, data, sum string) error {
	t.Helper()
	require.NoError(t, r.take(codec.FILE, entry))
	if data != "" {
		require.NoError(t, r.take(codec.DATA, data))
	}
	return r.take(codec.SUM, sum)
}

func crc(text string) string {
	const hex = "0123456789abcdef"
	sum := crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli))
	b := []byte("crc32c=")
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, hex[sum>>shift&15])
	}
	return string(b)
}

// cross passes everything that send writes to a connection to rec.
func cross(t testing.TB, rec *transfer.Receiver, send func(s *transfer.Sender) error) error {
	here, there := net.Pipe()
	sent := make(chan error, 1)
	go func() {
		c := codec.NewConn(there)
		s := &transfer.Sender{To: c}
		err := send(s)
		sent <- errors.Join(err, c.Flush())
		c.Close()
	}()
	c := codec.NewConn(here)
	for {
		f, err := c.ReadFrame()
		if err == io.EOF {
			return <-sent
		}
		require.NoError(t, err)
		require.NoError(t, rec.Take(f))
	}
}

// crossFile sends the file at path as name.
func crossFile(t testing.TB, rec *transfer.Receiver, path, name string) error {
	return cross(t, rec, func(s *transfer.Sender) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		fi, err := f.Stat()
		if err != nil {
			return err
		}
		return s.File(context.Background(), landing.EntryOf(name, fi), f)
	})
}

// requireOnly checks the names in dir.
func requireOnly(t testing.TB, dir string, names ...string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	have := []string{}
	for _, e := range list {
		have = append(have, e.Name())
	}
	require.ElementsMatch(t, append([]string{}, names...), have)
}

func requireText(t testing.TB, path, want string) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(
		t, bytes.Equal(b, []byte(want)), "%s has %d bytes, not the %d that were sent",
		filepath.Base(path), len(b), len(want),
	)
}

func requireCode(t testing.TB, err error, code codec.Code) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, codec.Explain("", err).Code, "%v", err)
}

// lacks skips a test because this machine lacks something that it needs. In CI the test
// fails instead.
func lacks(t testing.TB, what ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what...)
	}
	t.Skip(what...)
}

// rounds returns few, or all if the environment has TECHSH_TORTURE=1.
func rounds(all, few int) int {
	if os.Getenv("TECHSH_TORTURE") == "1" {
		return all
	}
	return few
}

// memory returns a folder on a fast disk.
func memory(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "techsh")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
