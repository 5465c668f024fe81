package shelltest

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
)

// Answers maps a verb to the function with which a hostile server answers it. Each
// function sends all frames of the answer, including the final one.
type Answers map[string]func(c *codec.Conn, words []codec.Word)

// NewHostile returns a Session whose server has the name "evil" and answers with the
// functions in a. The local folder of the Session has the name "in". The result around is
// the parent folder of the local folder.
func NewHostile(t testing.TB, a Answers) (s *Session, around string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan struct{})
	go func() {
		defer close(served)
		var clients sync.WaitGroup
		defer clients.Wait()
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			clients.Go(func() {
				a.serve(codec.NewConn(conn), codec.Hello{System: "linux", Host: "evil", Cwd: "/"})
			})
		}
	}()
	t.Cleanup(func() {
		l.Close()
		ends(t, served)
	})
	s = New(t, Dialing(l.Addr().String(), ""))
	around = s.Dir
	s.Dir = filepath.Join(around, "in")
	require.NoError(t, os.Mkdir(s.Dir, 0o755))
	return s, around
}

// Dial returns a function that connects to a server that answers with the functions in a.
// The greeting of the server is the parameter hello with the versions and verbs added.
func (a Answers) Dial(t testing.TB, hello codec.Hello) client.Dial {
	return func(context.Context, string, func(string) (string, error)) (
		io.ReadWriteCloser, link.Opening, error,
	) {
		near, far := net.Pipe()
		served := make(chan struct{})
		go func() {
			defer close(served)
			a.serve(codec.NewConn(far), hello)
		}()
		t.Cleanup(func() {
			far.Close()
			ends(t, served)
		})
		return near, link.Opening{}, nil
	}
}

func (a Answers) serve(c *codec.Conn, hello codec.Hello) {
	defer c.Close()
	defer c.Drop()
	hello.Versions, hello.Verbs = []string{codec.Version}, []string{"PING"}
	for v := range a {
		hello.Verbs = append(hello.Verbs, v)
	}
	_ = c.WriteWords(codec.HELO, hello.Words()...)
	_ = c.Flush()
	for {
		f, err := c.ReadFrame()
		if err != nil {
			return
		}
		words, _ := f.Words()
		if answer, known := a[f.Verb.String()]; known {
			answer(c, words)
		} else if f.Verb == codec.MakeVerb("PING") {
			OK(c)
		} // HELO, TICK, streams and END are not answered
		_ = c.Flush()
	}
}

// ends waits until the channel served is closed, but at most a minute: if the test has
// failed, a function that sends an answer may still be waiting for the test.
func ends(t testing.TB, served <-chan struct{}) {
	select {
	case <-served:
	case <-time.After(time.Minute):
		t.Error("an answer of the hostile server does not end")
	}
}

// OK sends OK.
func OK(c *codec.Conn) { _ = c.WriteWords(codec.OK) }

// Tells returns a function that answers a verb with the text of the parameter lines as
// data.
func Tells(lines string) func(c *codec.Conn, _ []codec.Word) {
	return func(c *codec.Conn, _ []codec.Word) {
		_ = c.Write(codec.DATA, []byte(lines))
		OK(c)
	}
}

// Sends returns a function that answers a verb with a stream of entries, one for each
// element of things. An element is "d NAME", "l NAME TARGET" or "f NAME". The content of
// a file is its name.
func Sends(things ...string) func(c *codec.Conn, _ []codec.Word) {
	return func(c *codec.Conn, _ []codec.Word) {
		for _, thing := range things {
			words := strings.SplitN(thing, " ", 3)
			e := codec.Entry{Kind: codec.Kind(words[0][0]), Mode: 0o755, Size: codec.Unknown, Name: words[1]}
			if e.Kind == codec.Link {
				e.Target = words[2]
			}
			_ = c.Write(codec.FILE, append(e.Append(nil), '\n'))
			if e.Kind == codec.Regular {
				_ = c.Write(codec.DATA, []byte(e.Name))
				_ = c.Write(codec.SUM, []byte(SumOf([]byte(e.Name))+"\n"))
			}
		}
		OK(c)
	}
}

// SumOf returns the body of the SUM frame for the concatenated bytes of all pieces.
func SumOf(pieces ...[]byte) string {
	return fmt.Sprintf(
		"crc32c=%08x",
		crc32.Checksum(bytes.Join(pieces, nil), crc32.MakeTable(crc32.Castagnoli)),
	)
}

// Lists returns a function that answers a verb with a list of entries, as for FIND
// --state. Each element of things is a kind and a name, such as "f notes.txt".
func Lists(things ...string) func(c *codec.Conn, _ []codec.Word) {
	return func(c *codec.Conn, _ []codec.Word) {
		var lines []byte
		for _, thing := range things {
			e := codec.Entry{Kind: codec.Kind(thing[0]), Mode: 0o755, Size: codec.Unknown, Name: thing[2:]}
			if e.Kind == codec.Link {
				e.Target = "somewhere"
			}
			e.More = codec.Pairs{{Key: "state", Value: "0123456789abcdef"}}
			lines = append(e.Append(lines), '\n')
		}
		_ = c.Write(codec.DATA, lines)
		OK(c)
	}
}

// Everything returns all names below a folder, without following links. The names of
// folders end with "/".
func Everything(t testing.TB, dir string) (names []string) {
	t.Helper()
	names = []string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if rel, _ := filepath.Rel(dir, path); rel != "." {
			if d.IsDir() {
				rel += "/"
			}
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	}))
	return names
}
