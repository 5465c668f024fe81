package transfers_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/remote/remotetest"
)

// A file that shrinks while it is being sent is reported once, by the sender.

func shrinking(t *testing.T, dir string, size int64) (victim string) {
	remotetest.Plant(t, dir, map[string]string{"top/a": "a", "top/victim": "", "top/z": "z"})
	victim = filepath.Join(dir, "top/victim")
	require.NoError(t, os.Truncate(victim, size)) // sparse
	return victim
}

// requireCounts checks the counts of an answer with failures.
func requireCounts(t *testing.T, e *codec.Error, files, failed int64) {
	for key, want := range map[string]int64{"files": files, "failed": failed, "done": files + 1} {
		n, ok := e.More.Int(key)
		require.True(t, ok, e.More)
		require.Equal(t, want, n, key)
	}
}

func TestGetReportsAShrinkingFileOnce(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		victim := shrinking(t, h.Dir, 64<<20)
		rec, dir, failed := remotetest.Into(t)
		var notes []string
		r := remotetest.NewRequest(t, "GET -r top")
		r.Recv = func(f codec.Frame) error {
			switch {
			case f.Verb == codec.NOTE:
				notes = append(notes, string(f.Body))
				return nil
			case f.Verb == codec.FILE && strings.Contains(string(f.Body), "top/victim"):
				require.NoError(t, os.Truncate(victim, 1))
			}
			return rec.Take(f)
		}
		c := h.Client(t)
		_, err := c.Do(t.Context(), r)
		requireCounts(t, c.RequireCode(err, "GET", codec.Partial), 2, 1)
		rec.Flush()
		require.Len(t, notes, 1)
		require.True(t, strings.HasPrefix(notes[0], "changed top/victim "), notes)
		require.Empty(t, *failed)
		require.EqualValues(t, 2, rec.Files)
		require.NoFileExists(t, filepath.Join(dir, "top/victim"))
		require.FileExists(t, filepath.Join(dir, "top/z"))
	})
}

func TestPutReportsAShrinkingFileOnce(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		here := t.TempDir()
		c := h.Client(t)
		for line, send := range map[string]func(context.Context, *transfer.Sender, *os.Root) error{
			"PUT -r": func(ctx context.Context, s *transfer.Sender, root *os.Root) error {
				return s.Tree(ctx, root, "top", "top", transfer.Tree{})
			},
			"PUT -t top": func(ctx context.Context, s *transfer.Sender, root *os.Root) error {
				for _, name := range []string{"a", "victim", "z"} {
					f, err := root.Open("top/" + name)
					require.NoError(t, err)
					defer f.Close()
					fi, err := f.Stat()
					require.NoError(t, err)
					if err := s.File(ctx, landing.EntryOf(name, fi), f); err != nil {
						s.Failed(name, err)
					}
				}
				return nil
			},
		} {
			victim := shrinking(t, here, 64<<20)
			require.NoError(t, os.RemoveAll(filepath.Join(h.Dir, "top")))
			if line != "PUT -r" {
				require.NoError(t, os.Mkdir(filepath.Join(h.Dir, "top"), 0o755))
			}
			var failed []error
			r := remotetest.NewRequest(t, line)
			r.Send = func(ctx context.Context, up *link.Upstream) error {
				root, err := os.OpenRoot(here)
				require.NoError(t, err)
				defer root.Close()
				return send(ctx, &transfer.Sender{
					To:     up.Conn,
					Failed: func(_ string, err error) { failed = append(failed, err) },
					Begin: func(e codec.Entry) {
						if strings.HasSuffix(e.Name, "victim") {
							require.NoError(t, os.Truncate(victim, 1))
						}
					},
				}, root)
			}
			got, err := c.Call(t.Context(), r)
			require.NoError(t, err, line)
			require.Empty(t, got.Notes, line)
			n, _ := got.Pairs.Int("files")
			require.EqualValues(t, 2, n, line)
			require.Len(t, failed, 1, line)
			require.ErrorIs(t, failed[0], &codec.Error{Code: codec.Changed})
			require.NoFileExists(t, filepath.Join(h.Dir, "top/victim"))
			require.Equal(t, "z", h.Read(t, "top/z"))
		}
	})
}

func TestCopyReportsAShrinkingFileOnce(t *testing.T) {
	h := remotetest.New(t, false)
	victim := shrinking(t, h.Dir, 1<<40)
	r := h.Raw(t)
	r.Say(t, "COPY", "-r", "top", "copy")
	remotetest.Eventually(t, "it does not come", func() bool {
		parts, err := filepath.Glob(filepath.Join(h.Dir, "copy/.techsh-part-*"))
		require.NoError(t, err)
		return slices.ContainsFunc(parts, func(part string) bool {
			fi, err := os.Stat(part)
			return err == nil && fi.Size() > 1 // the others have one byte
		})
	})
	require.NoError(t, os.Truncate(victim, 1))
	var notes []string
	g := r.Next(t)
	for ; g.Verb == codec.NOTE; g = r.Next(t) {
		notes = append(notes, filepath.ToSlash(g.Body))
	}
	require.Equal(t, codec.ERR, g.Verb)
	require.Len(t, notes, 1)
	require.True(t, strings.HasPrefix(notes[0], "changed top/victim "), notes)
	words, err := codec.Split(strings.TrimSuffix(g.Body, "\n"))
	require.NoError(t, err)
	e, err := codec.ParseError(words)
	require.NoError(t, err)
	require.Equal(t, codec.Partial, e.Code)
	requireCounts(t, e, 2, 1)
	require.NoFileExists(t, filepath.Join(h.Dir, "copy/victim"))
}
