//go:build unix

package disk_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/remote/remotetest"
)

// requireJail ends the test before it can do harm if there is no jail.
func requireJail(c *remotetest.Client) {
	c.T.Helper()
	require.Equal(c.T, "/", c.OK("PWD").Pairs[0].Value)
	require.Equal(c.T, "inside", c.OK("CAT /in.txt").Data)
	c.Fails("STAT /etc", codec.NotFound)
}

// Nothing outside the jail is read, written, listed, deleted or mentioned, and no answer
// depends on whether files exist outside.
func TestJailHolds(t *testing.T) {
	t.Parallel()
	base := remotetest.NewWorld(t).Base
	worlds := []remotetest.World{
		{Base: filepath.Join(base, "w1"), Outside: true},
		{Base: filepath.Join(base, "w2")},
	}
	said := make([][]string, len(worlds))
	t.Run("worlds", func(t *testing.T) {
		for i, w := range worlds {
			t.Run(filepath.Base(w.Base), func(t *testing.T) {
				t.Parallel()
				w.Build(t)
				said[i] = tryAll(w, t)
			})
		}
	})
	require.NotEmpty(t, said[0])
	require.Len(t, said[1], len(said[0]))
	for i := range said[0] {
		require.Equal(t, said[1][i], said[0][i], "what is outside makes a difference")
	}
}

func tryAll(w remotetest.World, t *testing.T) (said []string) {
	h := remotetest.New(t, false)
	h.Server.Root = w.Root()
	c := newTrial(w, h.Client(t))
	requireJail(c.Client)
	all, careless := shapes(w.Base)
	outside := remotetest.State(t, w.Base, w.Root())
	// every word in every line makes a hundred thousand calls, many of which need a check
	// of the folders
	step := remotetest.Rounds(1, 17)
	for n, l := range append(lines(t), line{"PUT", []string{"-f", "-t", "."}, true}) {
		for i, word := range all {
			if careless(word) && l.alters || (i+n)%step != 0 {
				continue
			}
			answer, err := c.try(l, word)
			require.NotContains(t, answer, remotetest.Marker)
			said = append(said, answer)
			switch {
			case l.verb == "CD":
				c.OK("CD /")
			case l.alters && changes(err):
				there := remotetest.State(t, w.Root(), "")
				for path, what := range there {
					require.NotContains(t, what, remotetest.Marker, "%v %v: %s", l, word, path)
				}
				w.Restore(t, there)
			}
		}
		require.Equal(t, outside, remotetest.State(t, w.Base, w.Root()), "%v", l)
	}
	return said
}

// changes reports whether a call with this outcome can have changed something.
func changes(err error) bool {
	for _, code := range []codec.Code{
		codec.NotFound,
		codec.NotAllowed,
		codec.NotDirectory,
		codec.IsDirectory,
		codec.Exists,
		codec.NotRegular,
		codec.BadRequest,
	} {
		if errors.Is(err, &codec.Error{Code: code}) {
			return false
		}
	}
	return true
}

// Without a jail the same calls do lead out, which shows that TestJailHolds would notice
// that.
func TestWithoutAJailItsWaysLeadOut(t *testing.T) {
	w := remotetest.NewWorld(t)
	h := remotetest.New(t, false)
	h.Server.Dir = w.Root()
	c := newTrial(w, h.Client(t))
	before := remotetest.State(t, w.Base, w.Root())
	told, tells := map[string]bool{}, []string{"DIR", "CAT", "GET"}
	for _, l := range lines(t) {
		out := false
		for _, path := range []string{
			"outFile", "outDir", "../outside/secret.txt", "outDir/secret.txt", "chain1/sub/empty",
			"outAbsDir/new", "outNew", "dir/../../outside", "outDir/*.txt", w.Base + "/outside/sub", "outDir/" +
				remotetest.Marker[:3],
		} {
			said, err := c.try(l, codec.Bare(path))
			told[l.verb] = told[l.verb] || strings.Contains(said, remotetest.Marker)
			out = out || err == nil
			if l.alters {
				out = out || fmt.Sprint(before) != fmt.Sprint(remotetest.State(t, w.Base, w.Root()))
				w.Build(t)
				before = remotetest.State(t, w.Base, w.Root())
			}
			c.OK("CD " + w.Root())
			if out && (told[l.verb] || !slices.Contains(tells, l.verb)) {
				break
			}
		}
		require.True(t, out, "%v", l)
	}
	for _, verb := range tells {
		require.True(t, told[verb], verb)
	}
}

// swap exchanges the folder d in root for a link to the outside, and back, until end is
// called.
func swap(t *testing.T, root string) (end func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	d, held := filepath.Join(root, "d"), filepath.Join(root, "held")
	linger := func(n int) {
		for range rand.IntN(n) {
			_, _ = os.Lstat(d)
		}
	}
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			linger(600)
			_ = os.Rename(d, held)
			_ = os.Symlink("../outside", d)
			linger(20)
			_ = os.Remove(d)
			for os.Rename(held, d) != nil { // MKD or COPY has made another d meanwhile
				_ = os.RemoveAll(d)
			}
		}
	}()
	end = sync.OnceFunc(func() {
		close(stop)
		<-stopped
	})
	t.Cleanup(end)
	return end
}

// When a program swaps a folder for a link to the outside, and back, while calls use it,
// nothing outside is read or written.
func TestJailHoldsWhileAFolderIsSwappedForALink(t *testing.T) {
	w := remotetest.NewWorld(t)
	remotetest.Plant(t, w.Root(), map[string]string{"d/f": "inside", "d/sub/x": "inside"})
	remotetest.Plant(
		t,
		filepath.Join(w.Base, "outside"),
		map[string]string{"f": remotetest.Marker, "e": remotetest.Marker, "sub/x": remotetest.Marker},
	)
	outside := remotetest.State(t, w.Base, w.Root())
	c := remotetest.Jailed(t, w.Root())
	requireJail(c)
	var calls []link.Request
	for _, line := range []string{
		"PUT -f d/f", "PUT -f d/sub/x", "COPY -f d/f d/e", "MOVE d/f d/n", "MOVE d/n d/f",
		"MOVE -f d/e d/f", "COPY -f top d", "MOVE -f top d/e", "MOVE -f d/e top", "MOVE d/f m", "CAT m",
		"MOVE m d/f", "MOVE d/f d/n", "MOVE d/n d/f",
		"MOVE d/sub d/other", "MOVE d/other d/sub", "MKD -p d/sub/new", "COPY -f d/sub/x top", "GET d/f",
		"CAT d/f d/sub/x", "CAT d/*", "DIR -a d d/sub", "STAT d/f", "DEL -rf d/sub", "DEL -f d/f",
		"GET -r d", "GET -rL d", "COPY -rf d/sub tree", "COPY -rf tree d", "COPY -rf tree d/sub",
		"DEL -rf d/tree", "PUT -rf d", "PUT -rf d/sub", "FIND .", "FIND d/sub", "DU d",
		"HASH d/f d/sub/x", "DIR -R d", "DIR -R",
		"PART d/f 6", "DF d/sub", "DEL -rf d/sub",
	} {
		calls = append(calls, remotetest.NewRequest(t, line))
	}
	end := swap(t, w.Root())
	const most = 10_000
	attempts := remotetest.Rounds(most, 800) // of these, hundreds of calls coincide with a swap
	done, refused := 0, 0
	for i := 0; i < attempts || refused == 0 && i < most; i++ {
		if i%len(calls) == 0 { // restores the files that calls have moved in the round before
			remotetest.Plant(t, w.Root(), map[string]string{"top": "inside"})
			require.NoError(t, os.RemoveAll(filepath.Join(w.Root(), "m")))
			require.NoError(t, os.RemoveAll(filepath.Join(w.Root(), "tree")))
		}
		r := calls[i%len(calls)]
		if r.Verb == codec.MakeVerb("PUT") {
			r.Send = remotetest.SendFile("x", []byte("inside"))
			if strings.HasPrefix(r.Words[0].Text, "-r") {
				r.Send = remotetest.Sending(
					"FILE d 0755 - - sub",
					"FILE f 0644 6 - sub/x",
					"DATA inside",
					"SUM none",
					"FILE d 0755 - - sub/sub",
					"FILE f 0644 6 - sub/sub/x",
					"DATA inside",
					"SUM none",
				)
			}
		}
		got, err := c.Call(t.Context(), r)
		require.NotErrorIs(t, err, link.ErrLost)
		require.NotContains(t, fmt.Sprint(got, err), remotetest.Marker)
		if err == nil {
			done++
		} else if errors.Is(err, &codec.Error{Code: codec.NotAllowed}) {
			refused++
		}
	}
	end()
	require.Equal(t, outside, remotetest.State(t, w.Base, w.Root()))
	for path, what := range remotetest.State(t, w.Root(), "") {
		require.NotContains(t, what, remotetest.Marker, path)
	}
	require.Positive(t, done)
	require.Positive(t, refused, "nobody came through the link: the test tries nothing")
}

func TestJailIsTheRootOfItsSessions(t *testing.T) {
	w := remotetest.NewWorld(t)
	c := remotetest.Jailed(t, w.Root())
	at := func(line, want string) {
		t.Helper()
		require.Equal(t, codec.Pairs{{Key: "cwd", Value: want}}, c.OK(line).Pairs, line)
	}
	at("PWD", "/")
	at("CD dir/deep", "/dir/deep")
	at("CD ../..", "/")
	at("CD toDir", "/toDir")
	at("CD ..", "/")
	at("CD ~/dir", "/dir")
	at("CD", "/")
	at("CD absIn", "/absIn")
	require.ElementsMatch(
		t,
		[]string{"back", "deep", "file.txt", "chain3"},
		c.OK("DIR").Names(t),
		"an absolute link that leads into the root does",
	)
	at("CD /", "/")
	require.Equal(t, "leaf", c.OK("CAT ~/d*/de*/*.txt").Data)
	require.Equal(t, "insideinside", c.OK("CAT toFile up/../in.txt").Data)
	_, e := c.Fails("CD ..", codec.NotAllowed)
	require.Equal(t, `..: leads out of the root`, e.Error())
	_, e = c.Fails("CAT outFile", codec.NotAllowed)
	require.Equal(t, `outFile: leads out of the root`, e.Error())
	require.Contains(t, c.OK("STAT outFile").Data, "../outside/secret.txt", "the link itself is inside")
	for _, path := range []string{"/", "~", ".", "dir/.."} {
		_, e := c.Fails("DEL -rf "+path, codec.NotAllowed)
		require.NotEmpty(t, e.Hint)
	}
	c.OK("DEL outFile")
	c.MustPut("PUT dir", "new", "text")
	c.OK("COPY dir/new /toDir/copy")
	require.FileExists(t, filepath.Join(w.Root(), "dir/copy"))
	c.OK("MKD -p a/b/c toDir/d/e")
	require.DirExists(t, filepath.Join(w.Root(), "dir/d/e"))
	c.Fails("MKD -p outNew/x", codec.NotAllowed)
	c.Fails("MKD -p toFile/x", codec.NotDirectory)
}

func TestMoveInAJail(t *testing.T) {
	w := remotetest.NewWorld(t)
	outside := remotetest.State(t, w.Base, w.Root())
	c := remotetest.Jailed(t, w.Root())
	requireJail(c)
	is := func(name, want string) {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(w.Root(), name))
		require.NoError(t, err)
		require.Equal(t, want, string(b))
		require.NoError(t, os.WriteFile(filepath.Join(w.Root(), "in.txt"), []byte("inside"), 0o666))
	}
	c.OK("MOVE in.txt renamed")
	is("renamed", "inside")
	c.OK("MOVE renamed dir")
	is("dir/renamed", "inside")
	c.Fails("MOVE in.txt dir/renamed", codec.Exists)
	c.OK("MOVE -f dir/file.txt toDir/renamed")
	is("dir/renamed", "file")
	c.OK("MOVE dir/deep /toDir/../moved")
	is("moved/leaf.txt", "leaf")
	c.OK("MOVE outFile moved/link")
	to, err := os.Readlink(filepath.Join(w.Root(), "moved/link"))
	require.NoError(t, err)
	require.Equal(t, "../outside/secret.txt", to, "the link itself moves")
	c.OK("MOVE -f in.txt outAbs")
	is("outAbs", "inside")
	c.OK("MOVE outDir moved")
	for line, code := range map[string]codec.Code{
		"MOVE in.txt ..": codec.NotAllowed, "MOVE in.txt outAbsDir/": codec.NotAllowed,
		"MOVE outAbsDir/secret.txt .": codec.NotAllowed, "MOVE moved toDir/../moved/x": codec.BadRequest,
		"MOVE / moved": codec.BadName, "MOVE dir /": codec.BadRequest,
		"MOVE in.txt toFile/..": codec.BadRequest, "MOVE nova x": codec.NotFound,
	} {
		c.Fails(line, code)
	}
	require.Equal(t, outside, remotetest.State(t, w.Base, w.Root()))
}

// Programs are not confined to the jail, but begin in the folder of the session.
func TestProgramsRunInTheJailsFolders(t *testing.T) {
	w := remotetest.NewWorld(t)
	remotetest.Plant(t, w.Root(), map[string]string{"bin/hello": "#!/bin/sh\npwd\n"})
	c := remotetest.Jailed(t, w.Root())
	require.Equal(t, w.Root()+"\n", c.OK("EXEC pwd").Data)
	require.Equal(t, w.Root()+"/dir\n", c.OK("SH -d toDir pwd").Data)
	require.Equal(t, w.Root()+"\n", c.OK("EXEC /bin/hello").Data)
	c.OK("CD dir")
	require.Equal(t, w.Root()+"/dir\n", c.OK("EXEC pwd").Data)
	require.Equal(t, w.Root()+"\n", c.OK("EXEC -d / ../bin/hello").Data)
	c.Fails("EXEC -d ../outDir pwd", codec.NotAllowed)
	c.Fails("EXEC -d ../.. pwd", codec.NotAllowed)
	c.Fails("EXEC ../../outside/secret.txt", codec.NotAllowed)
	c.Fails("RUN ../../outside/secret.txt", codec.NotAllowed)
	c.Fails("RUN -d ../outDir pwd", codec.NotAllowed)
}

func TestServeRefusesARootThatIsNoFolder(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, unix.Mkfifo(filepath.Join(dir, "fifo"), 0o666))
	for root, want := range map[string]error{"nova": fs.ErrNotExist, "fifo": &codec.Error{Code: codec.NotDirectory}} {
		s := &remote.Server{
			Root: filepath.Join(dir, root),
			Gate: access.Cookie("x"),
			Log:  slog.New(slog.DiscardHandler),
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.ErrorIs(t, s.Serve(t.Context(), l), want)
		ours, theirs := net.Pipe()
		require.ErrorIs(t, s.ServeConn(t.Context(), theirs, "somebody"), want)
		ours.Close()
	}
}
