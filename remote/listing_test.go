//go:build unix

package remote_test

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
)

// strange are names of any bytes but NUL and the separator.
func strange() []string {
	return []string{
		"with space", " in front", "behind ", "tab\there", "new\nline", "cr\r", "\x1b[31mred", "quote\"s", "'single'", "-rf", "--", "--really", "~", "~root",
		"*", "?", "a*b", "[1]", "{a,b}", `back\slash`, "#", "!", "$HOME", ";", "a;b", "|", "&", "e\"x\"", "key=value", "ümläut", "日本", "\xff\xfe", "\xc3", "...", "%s",
		strings.Repeat("x", 255), "\u202eevil", "a\xcc\x88",
	}
}

func TestDirShowsWhatIsThere(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		h.write(t, ".hidden", "")
		h.write(t, ".techsh-part-0123456789abcdef", "")
		require.NoError(t, unix.Mkfifo(filepath.Join(h.dir, "fifo"), 0o600))
		c := h.client(t)
		sorted := func(line string) []string {
			names := c.ok(line).names(t)
			slices.Sort(names)
			return names
		}
		require.Equal(t, []string{"a link", "fifo", "hello.txt", "sub"}, sorted("DIR"))
		require.Equal(t, []string{".hidden", "a link", "fifo", "hello.txt", "sub"}, sorted("DIR -a"))
		require.Equal(t, []string{"hello.txt", "inner.txt"}, sorted("DIR sub hello.txt"))
		require.Equal(t, []string{"hello.txt"}, sorted("DIR *.txt"))
		require.Equal(t, []string{"hello.txt", "sub/inner.txt"}, sorted("DIR **/*.txt"))
		require.Equal(t, []string{"sub"}, sorted("DIR s*"), "a pattern names the folder itself")
		kinds := map[string]codec.Entry{}
		require.NoError(t, codec.Entries([]byte(c.ok("DIR").data), func(e codec.Entry) error {
			kinds[e.Name] = e
			return nil
		}))
		require.Equal(t, codec.Link, kinds["a link"].Kind)
		require.Equal(t, "hello.txt", kinds["a link"].Target, "links are shown, not followed")
		require.Equal(t, codec.Folder, kinds["sub"].Kind)
		require.Equal(t, codec.Pipe, kinds["fifo"].Kind)
		require.EqualValues(t, 13, kinds["hello.txt"].Size)
		fi, err := os.Stat(filepath.Join(h.dir, "hello.txt"))
		require.NoError(t, err)
		require.Equal(t, fi.ModTime().UTC(), kinds["hello.txt"].Time)
		require.Equal(t, 0o644, kinds["hello.txt"].Mode)
	})
}

func TestDirNamesFilesFirstThenEachFolder(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "one/a", "")
	h.write(t, "two/b", "")
	h.write(t, "file", "")
	got := h.client(t).ok("DIR one file two")
	require.Equal(t, []string{"file", "a", "b"}, got.names(t))
	require.Len(t, got.files, 2)
	require.True(t, strings.HasSuffix(got.files[0], " one") && strings.HasSuffix(got.files[1], " two"), got.files)
}

func TestDirEntersALinkToAFolderThatIsNamed(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "sub/inner.txt", "")
	require.NoError(t, os.Symlink("sub", filepath.Join(h.dir, "door")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(h.dir, "broken")))
	c := h.client(t)
	require.Equal(t, []string{"inner.txt"}, c.ok("DIR door").names(t))
	require.Equal(t, []string{"inner.txt"}, c.ok("DIR door/").names(t))
	require.Equal(t, []string{"broken"}, c.ok("DIR broken").names(t))
}

func TestDirOfWhatIsNotThere(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		c := h.client(t)
		for _, path := range []string{"nova", "nova/", "hello.txt/x", "hello.txt/", "*.nova", `"*.txt"`, "sub/nova/x"} {
			_, err := c.call(t.Context(), request(t, "DIR "+path))
			require.Error(t, err, path)
			e := c.requireCode(err, path, codec.Explain("", err).Code)
			require.Contains(t, []codec.Code{codec.NotFound, codec.NotDirectory}, e.Code, path)
		}
		got, e := c.fails("DIR nova hello.txt sub", codec.Partial)
		require.Len(t, got.notes, 1)
		require.Equal(t, "not-found nova \"no such file or folder\"\n", got.notes[0])
		require.Equal(t, []string{"hello.txt", "inner.txt"}, got.names(t))
		n, _ := e.More.Int("failed")
		require.EqualValues(t, 1, n)
		c.fails("DIR e\"a\\x00b\"", codec.BadName)
		c.fails("DIR "+strings.Repeat("x", 256), codec.BadName)
		c.fails("DIR "+strings.Repeat("x/", 2049), codec.BadName)
	})
}

// Several folders that cannot be read are each told, and the rest goes on.
func TestDirCountsWhatItCouldNotShow(t *testing.T) {
	h := newHelped(t, false)
	h.furnish(t)
	require.NoError(t, os.Symlink("/proc/1/nova", filepath.Join(h.dir, "gone")))
	got, e := h.client(t).fails("DIR nova1 sub nova2 hello.txt", codec.Partial)
	require.Len(t, got.notes, 2)
	failed, _ := e.More.Int("failed")
	require.EqualValues(t, 2, failed)
	done, _ := e.More.Int("done")
	require.EqualValues(t, 2, done)
}

func TestNamesOfAnyBytesThroughEveryVerb(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		for _, name := range strange() {
			text := "contents of " + name
			q := codec.Quote(codec.Lit(name))
			if strings.HasPrefix(name, "-") || strings.HasPrefix(name, "~") {
				require.True(t, strings.HasPrefix(q, `"`), q)
			}
			c.putting("PUT", name, text)
			require.Equal(t, text, h.read(t, name))
			require.Equal(t, []string{name}, c.ok("DIR -a").names(t))
			require.Equal(t, []string{name}, c.ok("DIR "+q).names(t))
			require.Equal(t, []string{name}, c.ok("STAT "+q).names(t))
			require.Equal(t, text, c.ok("CAT "+q).data)
			files, err := c.get("GET " + q)
			require.NoError(t, err)
			require.Equal(t, map[string]string{name: text}, files)
			c.ok("COPY " + q + " copied")
			c.ok("DEL " + q)
			require.NoFileExists(t, filepath.Join(h.dir, name))
			c.ok("MOVE copied " + q)
			require.Equal(t, text, h.read(t, name))
			c.ok("MKD -p d")
			c.ok("MOVE " + q + " d")
			require.Equal(t, text, h.read(t, "d/"+name))
			c.ok("DEL -r d")
			c.ok("MKD " + q)
			require.Equal(t, codec.Pairs{{Key: "cwd", Value: filepath.Join(h.dir, name)}}, c.ok("CD "+q).pairs)
			c.ok("CD ..")
			c.ok("DEL -r " + q)
		}
		require.Empty(t, c.ok("DIR -a").names(t))
	})
}

// completions returns the names that DIR -c answers, sorted.
func (c *client) completions(prefix string) []string {
	c.t.Helper()
	words := []codec.Word{codec.Bare("-c"), {Text: prefix, Quoted: !strings.HasPrefix(prefix, "~")}}
	names := c.ok("DIR " + codec.Join(words)).names(c.t)
	slices.Sort(names)
	return names
}

func TestCompletion(t *testing.T) {
	h := newHelped(t, false)
	for _, name := range []string{"my file", "my folder/x", "mine", ".hidden", ".techsh-part-0123456789abcdef", "sub/deep/leaf", "ann*", "\xffbytes"} {
		h.write(t, name, "")
	}
	outside := t.TempDir()
	require.NoError(t, os.Symlink(outside, filepath.Join(h.dir, "far")))
	require.NoError(t, os.Symlink("sub", filepath.Join(h.dir, "near")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(h.dir, "broken")))
	t.Setenv("HOME", filepath.Join(h.dir, "sub"))
	c := h.client(t)
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
		"~/":            {h.dir + "/sub/deep/"}, // which can be quoted
		"~/deep/l":      {h.dir + "/sub/deep/leaf"},
		h.dir + "/min":  {h.dir + "/mine"},
		"sub/../sub/d":  {"sub/../sub/deep/"},
		"my folder/../": nil,
	} {
		if prefix == "my folder/../" {
			require.Len(t, c.completions(prefix), 9)
			continue
		}
		require.Equal(t, want, c.completions(prefix), "%q", prefix)
	}
	require.Contains(t, c.completions("/"), "/tmp/")
	c.fails("DIR -c nova/x", codec.NotFound)
	c.fails("DIR -c mine/x", codec.NotDirectory)
}

func TestCompletionOfMuchIsCut(t *testing.T) {
	t.Parallel()
	h := newHelped(t, false)
	for i := range 1500 {
		h.write(t, fmt.Sprintf("file%d", i), "")
	}
	require.Len(t, h.client(t).completions("f"), 1000)
}

func TestStatTellsOfEach(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		c := h.client(t)
		got := c.ok(`STAT hello.txt sub "a link" .`)
		require.Equal(t, []string{"hello.txt", "sub", "a link", "."}, got.names(t))
		me, err := user.Current()
		require.NoError(t, err)
		require.Contains(t, got.data, " user="+me.Username+" group=")
		require.Contains(t, got.data, `"a link" hello.txt user=`, "links are not followed")
		c.fails("STAT nova", codec.NotFound)
		got, _ = c.fails("STAT nova hello.txt", codec.Partial)
		require.Len(t, got.notes, 1)
		require.Equal(t, []string{"hello.txt"}, got.names(t))
	})
}

func TestDuCounts(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		require.NoError(t, os.Symlink("/usr", filepath.Join(h.dir, "sub", "usr")))
		c := h.client(t)
		got := c.ok("DU sub hello.txt")
		require.Equal(t, codec.Pairs{{Key: "files", Value: "3"}, {Key: "folders", Value: "1"}, {Key: "bytes", Value: "23"}}, got.pairs)
		c.fails("DU nova", codec.NotFound)
		_, e := c.fails("DU nova sub", codec.Partial)
		require.NotEmpty(t, e.More)
	})
}

func TestVeryLongListingIsNotCollectedFirst(t *testing.T) {
	t.Parallel()
	h := newHelped(t, false)
	for i := range 1700 {
		h.write(t, fmt.Sprintf("%d-%s", i, strings.Repeat("x", 230)), "")
	}
	frames := 0
	r := request(t, "DIR")
	r.Recv = func(f codec.Frame) error {
		if f.Verb == codec.DATA {
			frames++
			require.LessOrEqual(t, len(f.Body), codec.MaxWords)
			require.True(t, strings.HasSuffix(string(f.Body), "\n"))
		}
		return nil
	}
	c := h.client(t)
	_, err := c.Do(t.Context(), r)
	require.NoError(t, err)
	require.Greater(t, frames, 5)
}

func TestTimesOutsideTheUsualAreUnknown(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "old", "")
	h.write(t, "far", "")
	require.NoError(t, os.Chtimes(filepath.Join(h.dir, "old"), time.Time{}, time.Unix(-1<<33, 5)))
	c := h.client(t)
	require.Len(t, c.ok("DIR").names(t), 2)
}
