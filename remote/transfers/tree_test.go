package transfers_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/remote/audit"
	"techsh/remote/remotetest"
)

// getTree writes the tree in the answer to a call to a new folder.
func getTree(c *remotetest.Client, line string) (dir string, pairs codec.Pairs, notes []string, err error) {
	rec, dir, failed := remotetest.Into(c.T)
	r := remotetest.NewRequest(c.T, line)
	r.Recv = func(f codec.Frame) error {
		if f.Verb == codec.NOTE {
			notes = append(notes, string(f.Body))
			return nil
		}
		return rec.Take(f)
	}
	pairs, err = c.Do(c.T.Context(), r)
	rec.Flush()
	require.Empty(c.T, *failed, line)
	return dir, pairs, notes, err
}

// sendTree returns a Send of name in dir, under the name top.
func sendTree(dir, name, top string, each ...func()) func(context.Context, *link.Upstream) error {
	return func(ctx context.Context, up *link.Upstream) error {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return err
		}
		defer root.Close()
		s := transfer.Sender{To: up.Conn, Failed: func(string, error) {}, Begin: func(codec.Entry) {
			for _, f := range each {
				f()
			}
		}}
		return s.Tree(ctx, root, name, top, transfer.Tree{})
	}
}

func putTree(c *remotetest.Client, line, dir, name, top string) (remotetest.Reply, error) {
	r := remotetest.NewRequest(c.T, line)
	r.Send = sendTree(dir, name, top)
	return c.Call(c.T.Context(), r)
}

func TestGetSendsATreeAsItIs(t *testing.T) {
	t.Parallel()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		remotetest.GardenTree(t, filepath.Join(h.Dir, "tree"))
		h.Write(t, "tree/.techsh-part-0123456789ab31c5", "part")
		h.Write(t, "beside", "beside")
		before := remotetest.TreeState(t, filepath.Join(h.Dir, "tree"))
		delete(before, ".techsh-part-0123456789ab31c5")
		require.NoError(t, os.Chtimes(filepath.Join(h.Dir, "tree"), time.Time{}, time.Unix(1e9, 0)))
		before["."] = remotetest.TreeState(t, filepath.Join(h.Dir, "tree"))["."]
		c := h.Client(t)
		for line, top := range map[string]string{
			"GET -r tree":                 "tree",
			"GET -r tree/":                "tree",
			"GET -r ./sub/../tree beside": "tree",
			"GET -r tre*":                 "tree",
			"GET -r tree/.":               ".",
		} {
			dir, pairs, notes, err := getTree(c, line)
			require.NoError(t, err, line)
			require.Empty(t, notes)
			want := maps.Clone(before)
			if top == "." { // the folder existed, so it keeps its mode
				want["."] = strings.Replace(want["."], "drwxr-x---", "drwxr-xr-x", 1)
			}
			require.Equal(t, want, remotetest.TreeState(t, filepath.Join(dir, top)), line)
			files, _ := pairs.Int("files")
			folders, _ := pairs.Int("folders")
			links, _ := pairs.Int("links")
			if strings.Contains(line, "beside") {
				require.FileExists(t, filepath.Join(dir, "beside"))
				files--
			}
			require.EqualValues(t, len(before), files+folders+links, line)
		}
	})
}

func TestGetOfATreeIsOneStreamInOrder(t *testing.T) {
	h := remotetest.New(t, false)
	left := remotetest.Plant(t, h.Dir, map[string]string{"t/a": "1", "t/d/b": "", "t/d/link": "@../a", "t/none/": ""})
	links := 1 - len(left)
	var said []string
	r := remotetest.NewRequest(t, "GET -r t")
	r.Recv = func(f codec.Frame) error {
		body := strings.TrimSuffix(string(f.Body), "\n")
		if f.Verb == codec.FILE {
			e, err := codec.ParseEntry(body)
			require.NoError(t, err)
			body = fmt.Sprintf("%c %s", e.Kind, e.Name)
		}
		said = append(said, f.Verb.String()+" "+body)
		return nil
	}
	pairs, err := h.Client(t).Do(t.Context(), r)
	require.NoError(t, err)
	require.Equal(
		t,
		codec.Pairs{
			{Key: "files", Value: "2"},
			{Key: "folders", Value: "3"},
			{Key: "links", Value: fmt.Sprint(links)},
			{Key: "bytes", Value: "1"},
		},
		pairs,
	)
	require.Equal(t, "FILE d t", said[0])
	at := func(line string) int { return slices.Index(said, line) }
	require.Equal(t, at("FILE f t/a")+1, at("DATA 1"))
	require.Equal(
		t,
		at("DATA 1")+1,
		slices.IndexFunc(
			said,
			func(s string) bool { return strings.HasPrefix(s, "SUM crc32c=") && s != "SUM crc32c=00000000" },
		),
	)
	require.Equal(t, at("FILE f t/d/b")+1, at("SUM crc32c=00000000"), "nothing is no DATA")
	require.Less(t, at("FILE d t/d"), at("FILE f t/d/b"))
	if links > 0 {
		require.Less(t, at("FILE d t/d"), at("FILE l t/d/link"))
	}
	require.Positive(t, at("FILE d t/none"))
	require.Len(t, said, 8+links)
}

func TestGetWithoutRTakesNoFolder(t *testing.T) {
	h := remotetest.New(t, false)
	h.Furnish(t)
	c := h.Client(t)
	_, e := c.Fails("GET sub", codec.IsDirectory)
	require.NotEmpty(t, e.Hint)
	got, _ := c.Fails("GET *", codec.Partial)
	require.Equal(t, []string{"is-directory sub \"is a folder\"\n"}, got.Notes)
	files := []string{"hello.txt"}
	if remotetest.CanLink(t) {
		files = append(files, "a link")
	}
	require.Len(t, got.Files, len(files))
}

// A link in a tree stays a link; one that was typed is followed.
func TestGetOfTreesAndLinks(t *testing.T) {
	remotetest.NeedLinks(t)
	h := remotetest.New(t, false)
	remotetest.Plant(t, h.Dir, map[string]string{
		"t/real/x": "x", "t/file": "f", "t/toReal": "@real", "t/toFile": "@file", "t/up": "@..",
		"t/broken": "@nowhere", "t/far/in": "@../real/x", "door": "@t/real", "fileDoor": "@t/file", "t/self": "@self",
	})
	c := h.Client(t)
	kinds := func(line string) string {
		got, err := c.Call(t.Context(), remotetest.NewRequest(t, line))
		if err != nil {
			c.RequireCode(err, line, codec.Partial)
		}
		var all []string
		for _, f := range got.Files {
			e, err := codec.ParseEntry(f)
			require.NoError(t, err)
			all = append(all, fmt.Sprintf("%c:%s", e.Kind, e.Name))
		}
		for _, n := range got.Notes {
			words, err := codec.Split(strings.TrimSuffix(n, "\n"))
			require.NoError(t, err)
			all = append(all, words[0].Text+":"+words[1].Text)
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	for line, want := range map[string]string{
		"GET -r t": "d:t d:t/far d:t/real f:t/file f:t/real/x l:t/broken l:t/far/in l:t/self l:t/toFile " +
			"l:t/toReal l:t/up",
		"GET -r door":     "d:door f:door/x",
		"GET -r fileDoor": "f:fileDoor",
		"GET fileDoor":    "f:fileDoor",
		"GET -r *oor":     "l:door l:fileDoor",
		"GET -rL *oor":    "d:door f:door/x f:fileDoor",
		"GET -r *oor t": "d:t d:t/far d:t/real f:t/file f:t/real/x l:door l:fileDoor l:t/broken l:t/far/in " +
			"l:t/self l:t/toFile l:t/toReal l:t/up",
	} {
		require.Equal(t, want, kinds(line), line)
	}
	followed := kinds("GET -rL t")
	for _, want := range []string{
		"f:t/toFile",
		"f:t/file",
		"f:t/far/in",
		"d:t/toReal",
		"f:t/toReal/x",
		"d:t/real",
		"not-found:t/broken",
		"d:t/up",
		"unsupported:t/up/t",
	} {
		require.Contains(t, strings.Fields(followed), want)
	}
	require.NotContains(t, " "+followed, " l:")
}

func TestGetLOfAJailStaysInIt(t *testing.T) {
	remotetest.NeedLinks(t)
	w := remotetest.NewWorld(t)
	c := remotetest.Jailed(t, w.Root())
	got, err := c.Call(t.Context(), remotetest.NewRequest(t, "GET -rL dir absIn outDir .hidden"))
	c.RequireCode(err, "GET", codec.Partial)
	require.NotContains(t, got.Data, remotetest.Marker)
	require.Contains(t, got.Notes, "not-allowed outDir \"leads out of the root\"\n")
	require.Contains(t, got.Notes, "not-allowed dir/chain3 \"leads out of the root\"\n")
	require.Contains(t, got.Notes, "not-allowed dir/deep/away \"leads out of the root\"\n")
	require.Contains(t, fmt.Sprint(got.Files), "absIn/deep/leaf.txt")
	remotetest.Plant(
		t,
		w.Root(),
		map[string]string{"l/in": "@../dir/file.txt", "l/abs": "@" + w.Root() + "/dir/deep", "l/root": "@/in.txt"},
	)
	got, _ = c.Fails("GET -rL l", codec.Partial)
	require.Contains(t, got.Data, "file")
	require.Contains(t, got.Data, "leaf")
	require.ElementsMatch(
		t,
		[]string{
			"not-allowed l/root \"leads out of the root\"\n",
			"not-allowed l/abs/away \"leads out of the root\"\n",
		},
		got.Notes,
	)
}

func TestGetRefusesTopsOfOneName(t *testing.T) {
	h := remotetest.New(t, false)
	remotetest.Plant(t, h.Dir, map[string]string{"one/same/x": "1", "two/same": "2"})
	c := h.Client(t)
	for _, line := range []string{
		"GET -r one/same two/same",
		"GET -r */same",
		"GET -r one one/",
		"GET -r one/. two/.",
		"GET -r . ..",
		"GET -r / .",
	} {
		got, _ := c.Fails(line, codec.BadRequest)
		require.Empty(t, got.Files, line)
	}
	require.Len(t, c.OK("GET -r one two").Files, 5)
}

func TestGetWithSumOnRequest(t *testing.T) {
	t.Parallel()
	n, path := remotetest.NewAudited(t)
	n.Write(t, "t/a", "abc")
	c, _ := n.As(t, n.Peer)
	const sum = "crc32c=364b3fb7 sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	require.Equal(t, []string{sum}, c.OK("GET --sum sha256 t/a").Sums)
	require.Equal(t, []string{sum}, c.OK("GET -r --sum=sha256 t").Sums)
	require.Equal(t, []string{"crc32c=364b3fb7"}, c.OK("GET -r t").Sums)
	c.OK("EXIT")
	remotetest.Eventually(t, "the log is not complete", func() bool { return len(remotetest.Audited(t, path)) == 8 })
	require.Equal(t, "close ann get --sum sha256 t/a ok "+sum, remotetest.Audited(t, path)[2])
	require.Equal(t, "close ann get -r --sum=sha256 t ok "+sum, remotetest.Audited(t, path)[4])
	for e, err := range audit.Events(path) {
		require.NoError(t, err)
		require.True(t, e.What != "close" || e.Bytes == 3, e)
	}
}

func TestGetRefusesOptionsThatMakeNoSense(t *testing.T) {
	h := remotetest.New(t, false)
	remotetest.Plant(t, h.Dir, map[string]string{"t/a": "1", "b": "2"})
	c := h.Client(t)
	hash := strings.Repeat("0", 64)
	for _, line := range []string{
		"GET", "GET --sum md5 b", "GET --limit 0 b", "GET --limit -5 b", "GET --limit 1k b",
		"GET --have 1 b", "GET --have ," + hash + " b", "GET --have 1," + hash[1:] + " b", "GET --have 1," +
			strings.Repeat("A", 64) + " b",
		"GET --have 1," + hash + " b t/a", "GET -r --have 1," + hash +
			" b", "GET --list t", "GET -r --list t b", "GET -x b",
	} {
		got, _ := c.Fails(line, codec.BadRequest)
		require.Empty(t, got.Files, line)
	}
}

func TestLimitIsThatOfTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		remotetest.Plant(
			t,
			n.Dir,
			map[string]string{"t/a": strings.Repeat("a", 5000), "t/b": strings.Repeat("b", 5000)},
		)
		c, _ := n.As(t, n.Peer)
		began := time.Now()
		require.Len(t, c.OK("GET -r --limit 1000 t").Data, 10_000)
		require.InDelta(t, 10, time.Since(began).Seconds(), 1)
		began = time.Now()
		c.OK("GET -r t")
		require.Less(t, time.Since(began), time.Second)
		// the call ends before the pause of the limit is over
		ctx, cancel := context.WithCancel(t.Context())
		r := remotetest.NewRequest(t, "GET --limit 1 t/a")
		r.Recv = func(f codec.Frame) error {
			if f.Verb == codec.DATA {
				cancel()
			}
			return nil
		}
		began = time.Now()
		_, err := c.Do(ctx, r)
		remotetest.RequireCancelled(t, err)
		require.Less(t, time.Since(began), time.Second)
		c.Close()
		n.Stop()
	})
}

func TestTreesAreCancelledInTheirMiddle(t *testing.T) {
	remotetest.InMemory(t) // a busy disk may take longer to flush so many files than the answer to STOP may
	there := t.TempDir()
	many := map[string]string{}
	for i := range 300 {
		many[fmt.Sprintf("%d/%s", i%20, strings.Repeat(fmt.Sprint(i), 50))] = strings.Repeat("x", 3000)
	}
	remotetest.Plant(t, there, many)
	remotetest.Torture(t, func(h *remotetest.Remote, c *remotetest.Client, i int) {
		if i == 0 {
			remotetest.Plant(c.T, filepath.Join(h.Dir, "endless"), many)
			h.Write(c.T, "endless/10/big", "")
			require.NoError(c.T, os.Truncate(filepath.Join(h.Dir, "endless/10/big"), 1<<40))
		}
		if i%2 == 0 {
			remotetest.RequireCancelled(c.T, c.CancelAfter(1+i%30, remotetest.NewRequest(c.T, "GET -r endless")))
			return
		}
		ctx, cancel := context.WithCancel(c.T.Context())
		defer cancel()
		left := 1 + i
		r := remotetest.NewRequest(c.T, "PUT -rf target")
		r.Send = sendTree(there, ".", "many", func() {
			if left--; left == 0 {
				cancel()
			}
		})
		_, err := c.Do(ctx, r)
		remotetest.RequireCancelled(c.T, err)
		for path := range remotetest.TreeState(c.T, filepath.Join(h.Dir, "target")) {
			require.False(c.T, landing.IsPart(filepath.Base(path)), path)
		}
	})
}

// An endless transfer is cancelled at once, at any point.
func TestWalksAreCancelledInTheirMiddle(t *testing.T) {
	t.Parallel()
	h := remotetest.New(t, false)
	for i := range 40 {
		many := map[string]string{}
		for j := range 100 {
			many[fmt.Sprintf("t/%d/%d", i, j)] = ""
		}
		remotetest.Plant(t, h.Dir, many)
	}
	h.Write(t, "b/big", "")
	require.NoError(t, os.Truncate(filepath.Join(h.Dir, "b/big"), 1<<40))
	again := strings.Repeat(" t", 5000)
	for _, line := range []string{
		"FIND --name nova" + again,
		"DU" + again,
		"DIR -R" + again,
		"HASH b/big",
		"COPY -r b copy",
		"COPY b/big copy",
		"GET -r b",
		"PUT -r",
	} {
		r := h.Raw(t)
		words := strings.Fields(line)
		r.Say(t, words[0], words[1:]...)
		if words[0] == "COPY" {
			remotetest.Eventually(t, "the copy does not begin", func() bool {
				return len(remotetest.Parts(t, h.Dir))+len(remotetest.Parts(t, filepath.Join(h.Dir, "copy"))) > 0
			})
		}
		r.Say(t, "STOP")
		s := r.Next(t)
		for ; s.Verb != codec.ERR; s = r.Next(t) {
			require.NotEqual(t, codec.OK, s.Verb, words[0])
		}
		require.Equal(t, "cancelled cancelled\n", s.Body, words[0])
		r.Net.Close()
	}
	h.RequireNoParts(t)
	require.NoFileExists(t, filepath.Join(h.Dir, "copy"))
	for path := range remotetest.TreeState(t, filepath.Join(h.Dir, "copy")) {
		require.False(t, landing.IsPart(filepath.Base(path)), path)
	}
}
