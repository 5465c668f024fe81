//go:build unix

package remote_test

import (
	"context"
	"fmt"
	"io/fs"
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
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/remote"
)

// garden makes a tree of all that a tree can have and that crosses.
func garden(t testing.TB, dir string) {
	what := map[string]string{
		"a.txt": "hello\n", "empty": "", "none/": "", "sub/b": "1", "sub/deep/deeper/leaf": strings.Repeat("leaf", 100_000), "sub/deep/none/": "", ".hidden/.x": "x",
		"link": "@a.txt", "broken": "@nowhere", "out": "@../..", "sub/dirlink": "@deep",
	}
	for i, name := range strange() {
		what["strange/"+name] = "text of " + name
		if i%5 == 0 {
			what["strange folders/"+name+"/x"] = ""
		}
	}
	plant(t, dir, what)
	old := time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC)
	for i, name := range []string{"a.txt", "sub/deep/deeper", "sub/b", "none", "."} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.Chmod(path, []fs.FileMode{0o640, 0o500, 0o604, 0o711, 0o750}[i]))
		require.NoError(t, os.Chtimes(path, old, old.Add(time.Duration(i)*time.Hour)))
	}
}

// sight is what state says, with names relative to dir and without links' own
// times, which nobody sets.
func sight(t testing.TB, dir string) map[string]string {
	all := map[string]string{}
	for path, what := range state(t, dir, "") {
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		if strings.HasPrefix(what, "L") {
			_, what, _ = strings.Cut(what, "\n")
			what = "link to " + what
		}
		all[name] = what
	}
	return all
}

// into is a Receiver that lands all at the top of a new folder. Names of what
// fails are kept.
func into(t testing.TB) (rec *transfer.Receiver, dir string, failed *[]string) {
	dir, failed = t.TempDir(), &[]string{}
	rec = &transfer.Receiver{
		Trees: true,
		Choose: func(e codec.Entry) (transfer.Target, error) {
			root, err := os.OpenRoot(dir)
			return transfer.Target{Dir: root, Name: e.Name}, err
		},
		Failed: func(name string, err error) { *failed = append(*failed, fmt.Sprint(name, ": ", err)) },
	}
	t.Cleanup(rec.Close)
	return rec, dir, failed
}

// getTree lands what the call answers in a new folder.
func (c *client) getTree(line string) (dir string, pairs codec.Pairs, notes []string, err error) {
	rec, dir, failed := into(c.t)
	r := request(c.t, line)
	r.Recv = func(f codec.Frame) error {
		if f.Verb == codec.NOTE {
			notes = append(notes, string(f.Body))
			return nil
		}
		return rec.Take(f)
	}
	pairs, err = c.Do(c.t.Context(), r)
	rec.Flush()
	require.Empty(c.t, *failed, line)
	return dir, pairs, notes, err
}

// sendTree is a Send of what is called name in dir, as top.
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

func (c *client) putTree(line, dir, name, top string) (reply, error) {
	r := request(c.t, line)
	r.Send = sendTree(dir, name, top)
	return c.call(c.t.Context(), r)
}

func TestGetSendsATreeAsItIs(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, h *helped) {
		garden(t, filepath.Join(h.dir, "tree"))
		h.write(t, "tree/.techsh-part-0123456789abcdef", "part")
		h.write(t, "beside", "beside")
		before := sight(t, filepath.Join(h.dir, "tree"))
		delete(before, ".techsh-part-0123456789abcdef")
		require.NoError(t, os.Chtimes(filepath.Join(h.dir, "tree"), time.Time{}, time.Unix(1e9, 0)))
		before["."] = sight(t, filepath.Join(h.dir, "tree"))["."]
		c := h.client(t)
		for line, top := range map[string]string{"GET -r tree": "tree", "GET -r tree/": "tree", "GET -r ./sub/../tree beside": "tree", "GET -r tre*": "tree", "GET -r tree/.": "."} {
			dir, pairs, notes, err := c.getTree(line)
			require.NoError(t, err, line)
			require.Empty(t, notes)
			want := maps.Clone(before)
			if top == "." { // that folder was there: it keeps its mode
				want["."] = strings.Replace(want["."], "drwxr-x---", "drwxr-xr-x", 1)
			}
			require.Equal(t, want, sight(t, filepath.Join(dir, top)), line)
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
	h := newHelped(t, false)
	plant(t, h.dir, map[string]string{"t/a": "1", "t/d/b": "", "t/d/link": "@../a", "t/none/": ""})
	var said []string
	r := request(t, "GET -r t")
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
	pairs, err := h.client(t).Do(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, codec.Pairs{{Key: "files", Value: "2"}, {Key: "folders", Value: "3"}, {Key: "links", Value: "1"}, {Key: "bytes", Value: "1"}}, pairs)
	require.Equal(t, "FILE d t", said[0])
	at := func(line string) int { return slices.Index(said, line) }
	require.Equal(t, at("FILE f t/a")+1, at("DATA 1"))
	require.Equal(t, at("DATA 1")+1, slices.IndexFunc(said, func(s string) bool { return strings.HasPrefix(s, "SUM crc32c=") && s != "SUM crc32c=00000000" }))
	require.Equal(t, at("FILE f t/d/b")+1, at("SUM crc32c=00000000"), "nothing is no DATA")
	require.Positive(t, at("FILE l t/d/link"))
	require.Less(t, at("FILE d t/d"), min(at("FILE f t/d/b"), at("FILE l t/d/link")))
	require.Positive(t, at("FILE d t/none"))
	require.Len(t, said, 9)
}

func TestGetWithoutRTakesNoFolder(t *testing.T) {
	h := newHelped(t, false)
	h.furnish(t)
	c := h.client(t)
	_, e := c.fails("GET sub", codec.IsDirectory)
	require.NotEmpty(t, e.Hint)
	got, _ := c.fails("GET *", codec.Partial)
	require.Equal(t, []string{"is-directory sub \"is a folder\"\n"}, got.notes)
	require.Len(t, got.files, 2)
}

// A link in a tree stays one; one that was asked for leads.
func TestGetOfTreesAndLinks(t *testing.T) {
	h := newHelped(t, false)
	plant(t, h.dir, map[string]string{
		"t/real/x": "x", "t/file": "f", "t/toReal": "@real", "t/toFile": "@file", "t/up": "@..", "t/broken": "@nowhere", "t/far/in": "@../real/x", "door": "@t/real", "fileDoor": "@t/file", "t/self": "@self",
	})
	c := h.client(t)
	kinds := func(line string) string {
		got, err := c.call(t.Context(), request(t, line))
		if err != nil {
			c.requireCode(err, line, codec.Partial)
		}
		var all []string
		for _, f := range got.files {
			e, err := codec.ParseEntry(f)
			require.NoError(t, err)
			all = append(all, fmt.Sprintf("%c:%s", e.Kind, e.Name))
		}
		for _, n := range got.notes {
			words, err := codec.Split(strings.TrimSuffix(n, "\n"))
			require.NoError(t, err)
			all = append(all, words[0].Text+":"+words[1].Text)
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	for line, want := range map[string]string{
		"GET -r t":        "d:t d:t/far d:t/real f:t/file f:t/real/x l:t/broken l:t/far/in l:t/self l:t/toFile l:t/toReal l:t/up",
		"GET -r door":     "d:door f:door/x",
		"GET -r fileDoor": "f:fileDoor",
		"GET fileDoor":    "f:fileDoor",
		"GET -r *oor":     "l:door l:fileDoor",
		"GET -rL *oor":    "d:door f:door/x f:fileDoor",
		"GET -r *oor t":   "d:t d:t/far d:t/real f:t/file f:t/real/x l:door l:fileDoor l:t/broken l:t/far/in l:t/self l:t/toFile l:t/toReal l:t/up",
	} {
		require.Equal(t, want, kinds(line), line)
	}
	followed := kinds("GET -rL t")
	for _, want := range []string{"f:t/toFile", "f:t/file", "f:t/far/in", "d:t/toReal", "f:t/toReal/x", "d:t/real", "not-found:t/broken", "d:t/up", "unsupported:t/up/t"} {
		require.Contains(t, strings.Fields(followed), want)
	}
	require.NotContains(t, " "+followed, " l:")
}

func TestGetLOfAJailStaysInIt(t *testing.T) {
	w := newWorld(t)
	c := jailed(t, w.root())
	got, err := c.call(t.Context(), request(t, "GET -rL dir absIn outDir .hidden"))
	c.requireCode(err, "GET", codec.Partial)
	require.NotContains(t, got.data, marker)
	require.Contains(t, got.notes, "not-allowed outDir \"leads out of the root\"\n")
	require.Contains(t, got.notes, "not-allowed dir/chain3 \"leads out of the root\"\n")
	require.Contains(t, got.notes, "not-allowed dir/deep/away \"leads out of the root\"\n")
	require.Contains(t, fmt.Sprint(got.files), "absIn/deep/leaf.txt")
	plant(t, w.root(), map[string]string{"l/in": "@../dir/file.txt", "l/abs": "@" + w.root() + "/dir/deep", "l/root": "@/in.txt"})
	got, _ = c.fails("GET -rL l", codec.Partial)
	require.Contains(t, got.data, "file")
	require.Contains(t, got.data, "leaf")
	require.ElementsMatch(t, []string{"not-allowed l/root \"leads out of the root\"\n", "not-allowed l/abs/away \"leads out of the root\"\n"}, got.notes)
}

func TestGetRefusesTopsOfOneName(t *testing.T) {
	h := newHelped(t, false)
	plant(t, h.dir, map[string]string{"one/same/x": "1", "two/same": "2"})
	c := h.client(t)
	for _, line := range []string{"GET -r one/same two/same", "GET -r */same", "GET -r one one/", "GET -r one/. two/.", "GET -r . ..", "GET -r / ."} {
		got, _ := c.fails(line, codec.BadRequest)
		require.Empty(t, got.files, line)
	}
	require.Len(t, c.ok("GET -r one two").files, 5)
}

func TestWhatIsNoFileInATreeIsNoted(t *testing.T) {
	h := newHelped(t, false)
	plant(t, h.dir, map[string]string{"t/a": "1", "t/fifo": "|", "t/sub/fifo": "|", "t/sub/b": "2"})
	c := h.client(t)
	for _, line := range []string{"GET -r t", "GET -rL t", "COPY -r t copy"} {
		got, e := c.fails(line, codec.Partial)
		require.ElementsMatch(t, []string{"not-regular t/fifo \"a pipe, it is not sent\"\n", "not-regular t/sub/fifo \"a pipe, it is not sent\"\n"}, got.notes, line)
		require.Equal(t, "2", e.More[0].Value)
		files, _ := e.More.Int("files")
		require.EqualValues(t, 2, files)
	}
	c.fails("GET -r t/fifo", codec.NotRegular)
}

func TestGetWithSumOnRequest(t *testing.T) {
	t.Parallel()
	n, path := newAudited(t)
	n.write(t, "t/a", "abc")
	c, _ := n.as(t, n.peer)
	const sum = "crc32c=364b3fb7 sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	require.Equal(t, []string{sum}, c.ok("GET --sum sha256 t/a").sums)
	require.Equal(t, []string{sum}, c.ok("GET -r --sum=sha256 t").sums)
	require.Equal(t, []string{"crc32c=364b3fb7"}, c.ok("GET -r t").sums)
	c.ok("EXIT")
	eventually(t, "the log is not complete", func() bool { return len(audited(t, path)) == 8 })
	require.Equal(t, "close ann get --sum sha256 t/a ok "+sum, audited(t, path)[2])
	require.Equal(t, "close ann get -r --sum=sha256 t ok "+sum, audited(t, path)[4])
	for e, err := range remote.Events(path) {
		require.NoError(t, err)
		require.True(t, e.What != "close" || e.Bytes == 3, e)
	}
}

func TestGetRefusesOptionsThatMakeNoSense(t *testing.T) {
	h := newHelped(t, false)
	plant(t, h.dir, map[string]string{"t/a": "1", "b": "2"})
	c := h.client(t)
	hash := strings.Repeat("0", 64)
	for _, line := range []string{
		"GET", "GET --sum md5 b", "GET --limit 0 b", "GET --limit -5 b", "GET --limit 1k b", "GET --have 1 b", "GET --have ," + hash + " b", "GET --have 1," + hash[1:] + " b", "GET --have 1," + strings.Repeat("A", 64) + " b",
		"GET --have 1," + hash + " b t/a", "GET -r --have 1," + hash + " b", "GET --list t", "GET -r --list t b", "GET -x b",
	} {
		got, _ := c.fails(line, codec.BadRequest)
		require.Empty(t, got.files, line)
	}
}

func TestLimitIsThatOfTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		plant(t, n.dir, map[string]string{"t/a": strings.Repeat("a", 5000), "t/b": strings.Repeat("b", 5000)})
		c, _ := n.as(t, n.peer)
		began := time.Now()
		require.Len(t, c.ok("GET -r --limit 1000 t").data, 10_000)
		require.InDelta(t, 10, time.Since(began).Seconds(), 1)
		began = time.Now()
		c.ok("GET -r t")
		require.Less(t, time.Since(began), time.Second)
		// nobody waits for the end of a pause
		ctx, cancel := context.WithCancel(t.Context())
		r := request(t, "GET --limit 1 t/a")
		r.Recv = func(f codec.Frame) error {
			if f.Verb == codec.DATA {
				cancel()
			}
			return nil
		}
		began = time.Now()
		_, err := c.Do(ctx, r)
		requireCancelled(t, err)
		require.Less(t, time.Since(began), time.Second)
		c.Close()
		n.stop()
	})
}

func TestTreesAreCancelledInTheirMiddle(t *testing.T) {
	there := t.TempDir()
	many := map[string]string{}
	for i := range 300 {
		many[fmt.Sprintf("%d/%s", i%20, strings.Repeat(fmt.Sprint(i), 50))] = strings.Repeat("x", 3000)
	}
	plant(t, there, many)
	torture(t, func(h *helped, c *client, i int) {
		if i == 0 {
			plant(c.t, filepath.Join(h.dir, "endless"), many)
			h.write(c.t, "endless/10/big", "")
			require.NoError(c.t, os.Truncate(filepath.Join(h.dir, "endless/10/big"), 1<<40))
		}
		if i%2 == 0 {
			requireCancelled(c.t, c.cancelAfter(1+i%30, request(c.t, "GET -r endless")))
			return
		}
		ctx, cancel := context.WithCancel(c.t.Context())
		defer cancel()
		left := 1 + i
		r := request(c.t, "PUT -rf target")
		r.Send = sendTree(there, ".", "many", func() {
			if left--; left == 0 {
				cancel()
			}
		})
		_, err := c.Do(ctx, r)
		requireCancelled(c.t, err)
		for path := range sight(c.t, filepath.Join(h.dir, "target")) {
			require.False(c.t, transfer.IsPart(filepath.Base(path)), path)
		}
	})
}

// What has no end is cancelled at once, wherever it is.
func TestWalksAreCancelledInTheirMiddle(t *testing.T) {
	t.Parallel()
	h := newHelped(t, false)
	for i := range 40 {
		many := map[string]string{}
		for j := range 100 {
			many[fmt.Sprintf("t/%d/%d", i, j)] = ""
		}
		plant(t, h.dir, many)
	}
	h.write(t, "b/big", "")
	require.NoError(t, os.Truncate(filepath.Join(h.dir, "b/big"), 1<<40))
	again := strings.Repeat(" t", 5000)
	for _, line := range []string{"FIND --name nova" + again, "DU" + again, "DIR -R" + again, "HASH b/big", "COPY -r b copy", "COPY b/big copy", "GET -r b", "PUT -r"} {
		r := h.raw(t)
		words := strings.Fields(line)
		r.say(t, words[0], words[1:]...)
		if words[0] == "COPY" {
			eventually(t, "the copy does not begin", func() bool { return len(parts(t, h.dir))+len(parts(t, filepath.Join(h.dir, "copy"))) > 0 })
		}
		r.say(t, "STOP")
		s := r.next(t)
		for ; s.verb != codec.ERR; s = r.next(t) {
			require.NotEqual(t, codec.OK, s.verb, words[0])
		}
		require.Equal(t, "cancelled cancelled\n", s.body, words[0])
		r.net.Close()
	}
	h.requireNoParts(t)
	require.NoFileExists(t, filepath.Join(h.dir, "copy"))
	for path := range sight(t, filepath.Join(h.dir, "copy")) {
		require.False(t, transfer.IsPart(filepath.Base(path)), path)
	}
}
