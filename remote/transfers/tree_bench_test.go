package transfers_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/remote"
	"techsh/remote/audit"
	"techsh/remote/remotetest"
)

// BenchmarkTreeOf10000AgainstCp transfers 10,000 files of 4 KiB in 100 folders, over TLS
// on loopback, in a complete session. It flushes the files to disk, which cp does not.
// All files are removed at the end.
func BenchmarkTreeOf10000AgainstCp(b *testing.B) {
	for name, parent := range map[string]string{"disk": "", "memory": "/dev/shm"} {
		base, err := os.MkdirTemp(parent, "techsh-bench-")
		if err != nil {
			continue
		}
		defer os.RemoveAll(base)
		for i := range 100 {
			dir := filepath.Join(base, "tree", fmt.Sprint(i))
			require.NoError(b, os.MkdirAll(dir, 0o755))
			for j := range 100 {
				require.NoError(b, os.WriteFile(filepath.Join(dir, fmt.Sprint(j)), make([]byte, 4<<10), 0o644))
			}
		}
		client := benchTLS(b, base)
		made := 0
		fresh := func() string {
			made++
			return fmt.Sprint("made", made)
		}
		cp := func() { remotetest.Run(b, "cp", "-r", filepath.Join(base, "tree"), filepath.Join(base, fresh())) }
		root, err := os.OpenRoot(base)
		require.NoError(b, err)
		defer root.Close()
		for verb, ours := range map[string]func(){
			"get": func() {
				rec := transfer.Receiver{
					Trees: true, Keep: client.Keep,
					Choose: func(codec.Entry) (landing.Target, error) {
						dir, err := root.OpenRoot(".")
						return landing.Target{Dir: dir, Name: fresh()}, err
					},
					Failed: func(name string, err error) { b.Error(name, err) },
				}
				_, err := client.Do(
					b.Context(),
					link.Request{
						Verb:  codec.MakeVerb("GET"),
						Words: append([]codec.Word{codec.Bare("-r")}, codec.Lits("tree")...),
						Recv:  rec.Take,
					},
				)
				require.NoError(b, err)
				rec.Flush()
				require.EqualValues(b, 10_000, rec.Files)
			},
			"put": func() {
				_, err := client.Do(b.Context(), link.Request{
					Verb: codec.MakeVerb("PUT"), Words: append(
						[]codec.Word{codec.Bare("-r")},
						codec.Lits(fresh())...,
					),
					Send: func(ctx context.Context, up *link.Upstream) error {
						s := transfer.Sender{To: up.Conn, Failed: func(name string, err error) { b.Error(name, err) }}
						return s.Tree(ctx, root, "tree", "tree", transfer.Tree{})
					},
				})
				require.NoError(b, err)
			},
			"copy": func() {
				_, err := client.Do(
					b.Context(),
					link.Request{
						Verb:  codec.MakeVerb("COPY"),
						Words: append([]codec.Word{codec.Bare("-r")}, codec.Lits("tree", fresh())...),
					},
				)
				require.NoError(b, err)
			},
		} {
			b.Run(name+"/"+verb, func(b *testing.B) { remotetest.Versus(b, "cp", cp, ours) })
		}
	}
}

// BenchmarkFindOf100000AgainstFind compares FIND with find(1).
func BenchmarkFindOf100000AgainstFind(b *testing.B) {
	dir := remotetest.Memory(b)
	for i := range 100_000 {
		sub := filepath.Join(dir, fmt.Sprint(i/100))
		if i%100 == 0 {
			require.NoError(b, os.Mkdir(sub, 0o755))
		}
		require.NoError(b, os.WriteFile(filepath.Join(sub, fmt.Sprintf("file %06d.txt", i)), nil, 0o644))
	}
	client := remotetest.BenchLink(b, dir)
	for line, others := range map[string][]string{
		"FIND .":               nil,
		"DIR -R":               nil,
		"FIND --name *9.txt .": {"-name", "*9.txt"},
	} {
		b.Run(line, func(b *testing.B) {
			remotetest.Versus(b, "find", func() {
				remotetest.Run(
					b,
					append(append([]string{"find", dir}, others...), "-printf", `%y %m %s %T+ %p %l\n`)...,
				)
			}, func() {
				r := remotetest.NewRequest(b, line)
				r.Recv = func(f codec.Frame) error {
					if f.Verb != codec.DATA {
						return nil
					}
					return codec.Entries(f.Body, func(codec.Entry) error { return nil })
				}
				_, err := client.Do(b.Context(), r)
				require.NoError(b, err)
			})
		})
	}
}

// benchTLS returns a client of a server on TLS with an audit log, both in this process.
func benchTLS(b *testing.B, dir string) *link.Link {
	audit, err := audit.Open(filepath.Join(b.TempDir(), "audit.jsonl"))
	require.NoError(b, err)
	b.Cleanup(func() { audit.Close() })
	n := remotetest.NewNetwork(b, func(s *remote.Server) { s.Audit, s.Dir = audit, dir })
	client, _, err := link.Open(b.Context(), n.Dial(b), link.Opening{})
	require.NoError(b, err)
	b.Cleanup(func() { client.Close() })
	return client
}
