package files_test

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

func TestDirListsAFolder(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		h.Write(t, ".hidden", "")
		h.Write(t, ".techsh-part-0123456789ab31c5", "")
		left := remotetest.Plant(t, h.Dir, map[string]string{"fifo": "|"})
		if !remotetest.CanLink(t) {
			left = append(left, "a link")
		}
		c := h.Client(t)
		sorted := func(line string) []string {
			names := c.OK(line).Names(t)
			slices.Sort(names)
			return names
		}
		names := remotetest.Without(left, []string{".hidden", "a link", "fifo", "hello.txt", "sub"})
		require.Equal(t, names[1:], sorted("DIR"))
		require.Equal(t, names, sorted("DIR -a"))
		require.Equal(t, []string{"hello.txt", "inner.txt"}, sorted("DIR sub hello.txt"))
		require.Equal(t, []string{"hello.txt"}, sorted("DIR *.txt"))
		require.Equal(t, []string{"hello.txt", "sub/inner.txt"}, sorted("DIR **/*.txt"))
		require.Equal(t, []string{"sub"}, sorted("DIR s*"), "a pattern names the folder itself")
		kinds := map[string]codec.Entry{}
		require.NoError(t, codec.Entries([]byte(c.OK("DIR").Data), func(e codec.Entry) error {
			kinds[e.Name] = e
			return nil
		}))
		require.Equal(t, codec.Folder, kinds["sub"].Kind)
		if len(left) == 0 {
			require.Equal(t, codec.Link, kinds["a link"].Kind)
			require.Equal(t, "hello.txt", kinds["a link"].Target, "links are shown, not followed")
			require.Equal(t, codec.Pipe, kinds["fifo"].Kind)
		}
		require.EqualValues(t, 13, kinds["hello.txt"].Size)
		fi, err := os.Stat(filepath.Join(h.Dir, "hello.txt"))
		require.NoError(t, err)
		require.Equal(t, fi.ModTime().UTC(), kinds["hello.txt"].Time)
		if runtime.GOOS != "windows" {
			require.Equal(t, 0o644, kinds["hello.txt"].Mode)
		}
	})
}

func TestDirNamesFilesFirstThenEachFolder(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "one/a", "")
	h.Write(t, "two/b", "")
	h.Write(t, "file", "")
	got := h.Client(t).OK("DIR one file two")
	require.Equal(t, []string{"file", "a", "b"}, got.Names(t))
	require.Len(t, got.Files, 2)
	require.True(t, strings.HasSuffix(got.Files[0], " one") && strings.HasSuffix(got.Files[1], " two"), got.Files)
}

func TestDirEntersALinkToAFolderThatIsNamed(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "sub/inner.txt", "")
	remotetest.Link(t, "sub", filepath.Join(h.Dir, "door"))
	remotetest.Link(t, "nowhere", filepath.Join(h.Dir, "broken"))
	c := h.Client(t)
	require.Equal(t, []string{"inner.txt"}, c.OK("DIR door").Names(t))
	require.Equal(t, []string{"inner.txt"}, c.OK("DIR door/").Names(t))
	require.Equal(t, []string{"broken"}, c.OK("DIR broken").Names(t))
}

func TestDirOfMissingFiles(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		c := h.Client(t)
		for _, path := range []string{
			"nova",
			"nova/",
			"hello.txt/x",
			"hello.txt/",
			"*.nova",
			`"*.nova"`,
			"sub/nova/x",
		} {
			_, err := c.Call(t.Context(), remotetest.NewRequest(t, "DIR "+path))
			require.Error(t, err, path)
			e := c.RequireCode(err, path, codec.Explain("", err).Code)
			require.Contains(t, []codec.Code{codec.NotFound, codec.NotDirectory}, e.Code, path)
		}
		got, e := c.Fails("DIR nova hello.txt sub", codec.Partial)
		require.Len(t, got.Notes, 1)
		require.Equal(t, "not-found nova \"no such file or folder\"\n", got.Notes[0])
		require.Equal(t, []string{"hello.txt", "inner.txt"}, got.Names(t))
		n, _ := e.More.Int("failed")
		require.EqualValues(t, 1, n)
		c.Fails("DIR e\"a\\x00b\"", codec.BadName)
		c.Fails("DIR "+strings.Repeat("x", 256), codec.BadName)
		c.Fails("DIR "+strings.Repeat("x/", 2049), codec.BadName)
	})
}

// Each of several folders that cannot be read is noted, and the others are listed.
func TestDirCountsUnreadableFolders(t *testing.T) {
	h := remotetest.New(t, false)
	h.Furnish(t)
	got, e := h.Client(t).Fails("DIR nova1 sub nova2 hello.txt", codec.Partial)
	require.Len(t, got.Notes, 2)
	failed, _ := e.More.Int("failed")
	require.EqualValues(t, 2, failed)
	done, _ := e.More.Int("done")
	require.EqualValues(t, 2, done)
}

func TestNamesOfAnyBytesThroughEveryVerb(t *testing.T) {
	t.Parallel()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		for _, name := range remotetest.StrangeNames() {
			text := "contents of " + name
			q := codec.Quote(codec.Lit(name))
			if strings.HasPrefix(name, "-") || strings.HasPrefix(name, "~") {
				require.True(t, strings.HasPrefix(q, `"`), q)
			}
			c.MustPut("PUT", name, text)
			require.Equal(t, text, h.Read(t, name))
			require.Equal(t, []string{name}, c.OK("DIR -a").Names(t))
			require.Equal(t, []string{name}, c.OK("DIR "+q).Names(t))
			require.Equal(t, []string{name}, c.OK("STAT "+q).Names(t))
			require.Equal(t, text, c.OK("CAT "+q).Data)
			files, err := c.Get("GET " + q)
			require.NoError(t, err)
			require.Equal(t, map[string]string{name: text}, files)
			c.OK("COPY " + q + " copied")
			c.OK("DEL " + q)
			require.NoFileExists(t, filepath.Join(h.Dir, name))
			c.OK("MOVE copied " + q)
			require.Equal(t, text, h.Read(t, name))
			c.OK("MKD -p d")
			c.OK("MOVE " + q + " d")
			require.Equal(t, text, h.Read(t, "d/"+name))
			c.OK("DEL -r d")
			c.OK("MKD " + q)
			require.Equal(t, codec.Pairs{{Key: "cwd", Value: filepath.Join(h.Dir, name)}}, c.OK("CD "+q).Pairs)
			c.OK("CD ..")
			c.OK("DEL -r " + q)
		}
		require.Empty(t, c.OK("DIR -a").Names(t))
	})
}

// completionsOf returns the names that DIR -c answers, sorted.
func completionsOf(c *remotetest.Client, prefix string) []string {
	c.T.Helper()
	words := []codec.Word{codec.Bare("-c"), {Text: prefix, Quoted: !strings.HasPrefix(prefix, "~")}}
	names := c.OK("DIR " + codec.Join(words)).Names(c.T)
	slices.Sort(names)
	return names
}

func TestCompletion(t *testing.T) {
	h := remotetest.New(t, false)
	left := remotetest.Plant(t, h.Dir, map[string]string{
		"my file": "", "my folder/x": "", "mine": "", ".hidden": "", ".techsh-part-0123456789ab31c5": "",
		"sub/deep/leaf": "", "ann*": "", "\xffbytes": "", "far": "@" + t.TempDir(), "near": "@sub", "broken": "@nowhere",
	})
	remotetest.SetHome(t, filepath.Join(h.Dir, "sub"))
	c := h.Client(t)
	slashed := filepath.ToSlash(h.Dir)
	for prefix, want := range map[string][]string{
		"":              {"ann*", "broken", "far/", "mine", "my file", "my folder/", "near/", "sub/", "\xffbytes"},
		"my":            {"my file", "my folder/"},
		"my f":          {"my file", "my folder/"},
		"my folder":     {"my folder/"},
		"my folder/":    {"my folder/x"},
		".":             {".hidden"},
		".h":            {".hidden"},
		"./m":           {"./mine", "./my file", "./my folder/"},
		"s":             {"sub/"},
		"sub/":          {"sub/deep/"},
		"sub/deep/l":    {"sub/deep/leaf"},
		"sub//deep/":    {"sub//deep/leaf"},
		"near/":         {"near/deep/"},
		"f":             {"far/"},
		"ann*":          {"ann*"},
		"\xff":          {"\xffbytes"},
		"nova":          nil,
		"~/":            {slashed + "/sub/deep/"}, // unlike ~/, this can be quoted
		"~/deep/l":      {slashed + "/sub/deep/leaf"},
		h.Dir + "/min":  {slashed + "/mine"},
		"sub/../sub/d":  {"sub/../sub/deep/"},
		"my folder/../": nil,
	} {
		if prefix == "my folder/../" {
			require.Len(t, completionsOf(c, prefix), 9-len(left))
			continue
		}
		if slices.Contains(left, strings.TrimSuffix(prefix, "/")) {
			continue
		}
		if want = remotetest.Without(left, want); len(want) == 0 {
			want = nil
		}
		require.Equal(t, want, completionsOf(c, prefix), "%q", prefix)
	}
	if runtime.GOOS != "windows" {
		require.Contains(t, completionsOf(c, "/"), "/tmp/")
	}
	c.Fails("DIR -c nova/x", codec.NotFound)
	c.Fails("DIR -c mine/x", codec.NotDirectory)
}

// The common text must be that of all names, and the names that are sent must be the
// first: a client would otherwise complete to a wrong name.
func TestCompletionOfMuchHasTheFirstNamesAndCountsAll(t *testing.T) {
	t.Parallel()
	h := remotetest.New(t, false)
	var first []string
	for i := range 2500 {
		name := fmt.Sprintf("xx-%04d", 2499-i)
		h.Write(t, name, "")
		if i >= 1500 {
			first = append(first, name)
		}
	}
	slices.Reverse(first)
	h.Write(t, "xyz-important", "")
	h.Write(t, "xz/a", "")
	c := h.Client(t)
	for prefix, want := range map[string]struct {
		names  []string
		common string
		total  int
	}{
		"x":               {first, "x", 2502},
		"xx":              {first, "xx-", 2500},
		"xx-24":           {nil, "xx-24", 100},
		"xy":              {[]string{"xyz-important"}, "xyz-important", 1},
		"./xy":            {[]string{"./xyz-important"}, "./xyz-important", 1},
		h.Dir + "/x":      {nil, h.Dir + "/x", 2502},
		"--folders x":     {[]string{"xz/"}, "xz", 1},
		"--folders xx":    {nil, "", 0},
		"nothing-like-it": {nil, "", 0},
	} {
		got := c.OK("DIR -c " + prefix)
		pairs := codec.Pairs{{Key: "total", Value: strconv.Itoa(want.total)}}
		if want.total > 0 {
			pairs = append(pairs, codec.Pair{Key: "common", Value: want.common})
		}
		require.Equal(t, pairs, got.Pairs, prefix)
		if want.names != nil || want.total == 0 {
			require.Equal(t, want.names, got.Names(t), prefix)
		}
	}
	c.Fails("DIR --folders x", codec.BadRequest)
}

func TestCompletionToFoldersFindsThemAmongManyFiles(t *testing.T) {
	t.Parallel()
	h := remotetest.New(t, false)
	for i := range 1100 {
		h.Write(t, fmt.Sprintf("a%04d", i), "")
	}
	h.Write(t, "a-z/x", "")
	h.Write(t, "ab/x", "")
	left := remotetest.Plant(t, h.Dir, map[string]string{"abc": "@ab", "abd": "@a0001"})
	got := h.Client(t).OK("DIR -c --folders a")
	want := remotetest.Without(left, []string{"a-z/", "ab/", "abc/"})
	require.Equal(t, want, got.Names(t))
	require.Equal(t, codec.Pairs{{Key: "total", Value: strconv.Itoa(len(want))}, {Key: "common", Value: "a"}}, got.Pairs)
}

// BenchmarkCompletionAmong100000Names should take less than 300 ms.
func BenchmarkCompletionAmong100000Names(b *testing.B) {
	h := remotetest.New(b, false)
	for i := range 100_000 {
		h.Write(b, fmt.Sprintf("file-%06d", i*7919%100_000), "")
	}
	c := h.Client(b)
	for name, line := range map[string]string{"names": "DIR -c f", "folders": "DIR -c --folders f"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.OK(line)
			}
		})
	}
}

func TestStatDescribesEachPath(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		c := h.Client(t)
		got := c.OK("STAT hello.txt sub .")
		require.Equal(t, []string{"hello.txt", "sub", "."}, got.Names(t))
		me, err := user.Current()
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			require.Contains(t, got.Data, " user="+me.Username+" group=")
		}
		if remotetest.CanLink(t) {
			require.Contains(t, c.OK(`STAT "a link"`).Data, `"a link" hello.txt user=`, "links are not followed")
		}
		c.Fails("STAT nova", codec.NotFound)
		got, _ = c.Fails("STAT nova hello.txt", codec.Partial)
		require.Len(t, got.Notes, 1)
		require.Equal(t, []string{"hello.txt"}, got.Names(t))
	})
}

func TestDuCounts(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		left := remotetest.Plant(t, h.Dir, map[string]string{"sub/usr": "@/usr"})
		links := int64(1 - len(left)) // of 4 bytes
		c := h.Client(t)
		got := c.OK("DU sub hello.txt")
		for key, value := range map[string]int64{"files": 2 + links, "folders": 1, "bytes": 19 + 4*links, "linked": 0} {
			n, ok := got.Pairs.Int(key)
			require.True(t, ok, key)
			require.Equal(t, value, n, key)
		}
		c.Fails("DU nova", codec.NotFound)
		_, e := c.Fails("DU nova sub", codec.Partial)
		require.NotEmpty(t, e.More)
	})
}

func TestVeryLongListingIsNotCollectedFirst(t *testing.T) {
	remotetest.InMemory(t)
	h := remotetest.New(t, false)
	for i := range 1700 {
		h.Write(t, fmt.Sprintf("%d-%s", i, strings.Repeat("x", 230)), "")
	}
	frames := 0
	r := remotetest.NewRequest(t, "DIR")
	r.Recv = func(f codec.Frame) error {
		if f.Verb == codec.DATA {
			frames++
			require.LessOrEqual(t, len(f.Body), codec.MaxWords)
			require.True(t, strings.HasSuffix(string(f.Body), "\n"))
		}
		return nil
	}
	c := h.Client(t)
	_, err := c.Do(t.Context(), r)
	require.NoError(t, err)
	require.Greater(t, frames, 5)
}

func TestTimesOutsideTheUsualAreUnknown(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "old", "")
	h.Write(t, "far", "")
	require.NoError(t, os.Chtimes(filepath.Join(h.Dir, "old"), time.Time{}, time.Unix(-1<<33, 5)))
	c := h.Client(t)
	require.Len(t, c.OK("DIR").Names(t), 2)
}
