//go:build unix

package disk_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/remotetest"
)

// A session that could move the private folder, or a folder or link on the path to it,
// could replace it and give itself any rights.
func TestPathToThePrivateFolderStays(t *testing.T) {
	for name, root := range map[string]bool{"whole machine": false, "below a root": true} {
		t.Run(name, func(t *testing.T) {
			var dir string
			n := remotetest.NewNetwork(t, func(s *remote.Server) {
				dir = s.Dir
				remotetest.Plant(t, dir, map[string]string{
					"store/kept/techsh": "@../own", "store/own/peers": "", "home/.config": "@../hop",
					"hop": "@store/kept", "other/techsh/x": "", "file": "x", "link": "@file",
					"dots": "@store/kept/../kept",
				})
				s.Private = filepath.Join(dir, "home/.config/techsh")
				if root {
					s.Root = dir
				}
			})
			before := remotetest.TreeState(t, dir)
			c, _ := n.As(t, n.Invited(t, "bob", trust.Dir|trust.Get|trust.Put|trust.Del))
			for _, line := range []string{
				"MOVE home/.config/techsh old", "MOVE store/kept/techsh old", "MOVE store/kept old",
				"MOVE store old", "MOVE dots/techsh old",
				"MOVE home/.config old", "MOVE hop old", "MOVE home old", "MOVE -f link hop/techsh",
				"MOVE -f file store/kept/techsh", "MOVE -f hop link", "MOVE store/own old",
				"DEL hop/techsh", "DEL -r store/own",
				"DEL hop", "DEL home/.config", "DEL -r home", "DEL -r store", "DEL -r store/kept/techsh",
			} {
				_, err := c.Call(t.Context(), remotetest.NewRequest(t, line))
				require.ErrorIs(t, err, &codec.Error{Code: codec.NotAllowed}, line)
				require.ErrorContains(t, err, "techshd keeps its own files in it", line)
			}
			require.Equal(t, before, remotetest.TreeState(t, dir))
			leads := func() (where []string) {
				for _, name := range []string{"home/.config", "hop", "store/kept/techsh"} {
					to, err := os.Readlink(filepath.Join(dir, name))
					require.NoError(t, err)
					where = append(where, to)
				}
				return where
			}
			stays := leads()
			for _, put := range [][]string{
				{"PUT -r -f -t .", "FILE l 0777 - - hop ../elsewhere"},
				{"PUT -r -f -t home", "FILE l 0777 - - .config ../elsewhere"},
				{"PUT -r -f .", "FILE d 0755 - - home", "FILE l 0777 - - home/.config ../elsewhere"},
			} {
				r := remotetest.NewRequest(t, put[0])
				r.Send = remotetest.Sending(put[1:]...)
				_, err := c.Call(t.Context(), r)
				require.Error(t, err, put[0])
			}
			c.OK("MKD trap")
			remotetest.Plant(
				t,
				dir,
				map[string]string{"trap/home/.config": "@../elsewhere", "trap/hop": "@elsewhere"},
			)
			for _, line := range []string{"COPY -r -f trap/hop .", "COPY -r -f trap/home ."} {
				_, err := c.Call(t.Context(), remotetest.NewRequest(t, line))
				require.Error(t, err, line)
			}
			require.Equal(t, stays, leads())
			c.OK("MOVE link file2") // files that are not on the path can be moved
			c.OK("MOVE other store/kept")
			c.OK("DEL -r store/kept/other")
		})
	}
}

// If the private folder does not exist, only the server makes it: otherwise a peer could
// give itself more rights.
func TestSessionDoesNotMakeThePrivateFolder(t *testing.T) {
	h := remotetest.New(t, false)
	h.Server.Deny = trust.Exec
	h.Server.Private = filepath.Join(h.Dir, ".config", "techsh")
	c := h.Client(t)
	for _, line := range []string{
		"MKD -p .config/techsh/x",
		"MOVE .config x",
		"DEL -r .config",
		"DEL -r .config/techsh",
	} {
		c.Fails(line, codec.NotAllowed)
	}
	r := remotetest.NewRequest(t, "PUT -r -f .")
	r.Send = remotetest.Sending(
		"FILE d 0755 - - .config",
		"FILE d 0755 - - .config/techsh",
		"FILE f 0644 0 - .config/techsh/peers",
		"SUM none",
	)
	_, err := c.Call(t.Context(), r)
	require.Error(t, err)
	list, err := os.ReadDir(h.Server.Private)
	require.NoError(t, err)
	require.Empty(t, list)
}

// A file that prevents the server from making the private folder cannot be moved or
// deleted either.
func TestFileInPlaceOfThePrivateFolderStays(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, ".config", "a file")
	h.Server.Private = filepath.Join(h.Dir, ".config", "techsh")
	c := h.Client(t)
	for _, line := range []string{"MOVE .config x", "DEL .config"} {
		c.Fails(line, codec.NotAllowed)
	}
	_, err := os.Lstat(filepath.Join(h.Dir, "x"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// A folder may be swapped for a link between the check and the move.
func TestMoveUsesTheFoldersThatWereChecked(t *testing.T) {
	h := remotetest.New(t, false)
	h.Server.Private = filepath.Join(h.Dir, "config", "techsh")
	remotetest.Plant(
		t,
		h.Dir,
		map[string]string{"config/techsh/peers": "ours", "folder/techsh": "theirs", "link": "@config"},
	)
	ctx, cancel := context.WithCancel(t.Context())
	var swapping sync.WaitGroup
	swapping.Go(func() {
		at := filepath.Join(h.Dir, "at")
		for ctx.Err() == nil {
			for _, name := range []string{"folder", "link"} {
				path := filepath.Join(h.Dir, name)
				if os.Rename(path, at) == nil {
					_ = os.Rename(at, path)
				}
			}
		}
	})
	defer swapping.Wait()
	defer cancel()
	c := h.Client(t)
	moved := 0
	for range 2000 {
		if _, err := c.Call(t.Context(), remotetest.NewRequest(t, "MOVE at/techsh taken")); err == nil {
			moved++
			text, err := os.ReadFile(filepath.Join(h.Dir, "taken"))
			require.NoError(t, err, "it is the folder that must stay")
			require.Equal(t, "theirs", string(text))
			// retried because the folder may be exchanged at this moment
			for os.Rename(filepath.Join(h.Dir, "taken"), filepath.Join(h.Dir, "folder", "techsh")) != nil {
				runtime.Gosched()
			}
		}
	}
	require.Equal(t, "ours", h.Read(t, "config/techsh/peers"))
	t.Logf("%d moved", moved)
}
