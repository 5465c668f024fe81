package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/transfer"
)

// treeInto is a Receiver of trees, whose tops land in dir.
func treeInto(t testing.TB, dir string, force bool) *received {
	r := into(t, dir, force)
	r.Trees = true
	return r
}

// sent is what a Sender made of a tree.
type sent struct {
	transfer.Sender
	failed map[string]error
}

// crossTree sends what is called name in the folder from, as top.
func crossTree(t testing.TB, rec *received, from, name, top string, o transfer.Tree, hooks ...func(*transfer.Sender)) (*sent, error) {
	out := &sent{failed: map[string]error{}}
	err := cross(t, &rec.Receiver, func(s *transfer.Sender) error {
		root := open(t, from)
		defer root.Close()
		s.Failed = func(name string, err error) { out.failed[name] = err }
		for _, hook := range hooks {
			hook(s)
		}
		err := s.Tree(context.Background(), root, name, top, o)
		out.Sender = *s
		return err
	})
	rec.Flush()
	return out, err
}

// plant makes what the map says in dir: text is a file, a name ending in /
// is a folder, a text beginning with -> is a link.
func plant(t testing.TB, dir string, what map[string]string) {
	t.Helper()
	for name, text := range what {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(path, 0o755))
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		if target, link := strings.CutPrefix(text, "->"); link {
			require.NoError(t, os.Symlink(target, path))
			continue
		}
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

// harvest is what stands in dir, as plant would make it.
func harvest(t testing.TB, dir string) map[string]string {
	t.Helper()
	have := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch {
		case d.IsDir():
			have[name+"/"] = ""
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			have[name] = "->" + target
			return err
		}
		text, err := os.ReadFile(path)
		have[name] = string(text)
		return err
	}))
	return have
}

func TestTreeCrossesWithAllThatIsInIt(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	what := map[string]string{
		"src/": "", "src/a": "text of a", "src/empty": "", "src/.hidden": "h", "src/nothing/": "", "src/deep/": "", "src/deep/er/": "",
		"src/deep/er/x": strings.Repeat("x", 300_000), "src/deep/y": "y", "src/link": "->deep/y", "src/out": "->/etc/passwd", "src/dangling": "->nowhere", "src/to folder": "->deep",
	}
	if runtime.GOOS == "linux" {
		what["src/new\nline"], what["src/\xff\xfe"], what["src/\x1b[31m"], what["src/-rf *"], what[`src/C:\x`], what["src/e \"q\""] = "1", "2", "3", "4", "5", "6"
	}
	plant(t, from, what)
	when := time.Date(2001, 2, 3, 4, 5, 6, 700, time.UTC)
	for name, mode := range map[string]os.FileMode{"src/a": 0o741, "src/deep/er/x": 0o400, "src/nothing": 0o700, "src/deep/er": 0o555, "src/deep": 0o751, "src": 0o705} {
		path := filepath.Join(from, name)
		require.NoError(t, os.Chmod(path, mode))
		require.NoError(t, os.Chtimes(path, when, when))
	}
	t.Cleanup(func() { // or it could not be removed
		_ = os.Chmod(filepath.Join(from, "src/deep/er"), 0o755)
		_ = os.Chmod(filepath.Join(to, "top/deep/er"), 0o755)
	})
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "src", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Empty(t, s.failed)
	require.Empty(t, rec.failed)
	want := map[string]string{}
	for name, text := range what {
		want[strings.Replace(name, "src/", "top/", 1)] = text
	}
	require.Equal(t, want, harvest(t, to))
	for name, mode := range map[string]os.FileMode{"top/a": 0o741, "top/deep/er/x": 0o400, "top/nothing": 0o700, "top/deep/er": 0o555, "top/deep": 0o751, "top": 0o705} {
		fi, err := os.Stat(filepath.Join(to, name))
		require.NoError(t, err)
		require.Equal(t, when, fi.ModTime().UTC(), name)
		if runtime.GOOS != "windows" {
			require.Equal(t, mode, fi.Mode().Perm(), name)
		}
	}
	files := int64(5)
	if runtime.GOOS == "linux" {
		files += 6
	}
	for _, count := range [][2]int64{{s.Files, files}, {rec.Files, files}, {s.Folders, 4}, {rec.Folders, 4}, {s.Links, 4}, {rec.Links, 4}, {s.Bytes, rec.Bytes}} {
		require.Equal(t, count[1], count[0])
	}
	require.Len(t, rec.landed, int(files))
}

func TestTopOfATreeMayBeAFileOrALink(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"a": "text", "link": "->a", "big": strings.Repeat("b", 2<<20)})
	for _, name := range []string{"a", "link", "big"} {
		rec := treeInto(t, to, false)
		s, err := crossTree(t, rec, from, name, name, transfer.Tree{})
		require.NoError(t, err)
		require.Empty(t, s.failed)
		require.Empty(t, rec.failed)
	}
	require.Equal(t, harvest(t, from), harvest(t, to))
	rec := treeInto(t, to, false)
	_, err := crossTree(t, rec, from, "nothing", "x", transfer.Tree{})
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// A folder without a name of its own goes where Choose says: into the target
// itself.
func TestFolderCalledDotGoesIntoItsTarget(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"a": "text", "sub/b": "b", "sub/c/": ""})
	plant(t, to, map[string]string{"there": "already"})
	rec := treeInto(t, to, false)
	_, err := crossTree(t, rec, from, ".", ".", transfer.Tree{})
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	require.Equal(t, map[string]string{"a": "text", "sub/": "", "sub/b": "b", "sub/c/": "", "there": "already"}, harvest(t, to))
}

func TestTreeGoesIntoAFolderThatIsThere(t *testing.T) {
	for _, force := range []bool{false, true} {
		from, to := t.TempDir(), t.TempDir()
		plant(t, from, map[string]string{"top/a": "new", "top/b": "b", "top/sub/c": "c", "top/l": "->new", "top/file": "x"})
		plant(t, to, map[string]string{"top/a": "old", "top/other": "o", "top/sub/d": "d", "top/l": "->old", "top/file/": ""})
		require.NoError(t, os.Chmod(filepath.Join(to, "top"), 0o711))
		require.NoError(t, os.Chmod(filepath.Join(to, "top/a"), 0o640))
		rec := treeInto(t, to, force)
		_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
		require.NoError(t, err)
		want := map[string]string{"top/": "", "top/a": "old", "top/b": "b", "top/other": "o", "top/sub/": "", "top/sub/c": "c", "top/sub/d": "d", "top/l": "->old", "top/file/": ""}
		requireCode(t, rec.failed["top/file"], codec.IsDirectory)
		if force {
			want["top/a"], want["top/l"] = "new", "->new"
			require.Len(t, rec.failed, 1)
		} else {
			require.ErrorIs(t, rec.failed["top/a"], fs.ErrExist)
			require.ErrorIs(t, rec.failed["top/l"], fs.ErrExist)
			require.Len(t, rec.failed, 3)
		}
		require.Equal(t, want, harvest(t, to))
		if runtime.GOOS != "windows" {
			for name, mode := range map[string]os.FileMode{"top": 0o711, "top/a": 0o640} {
				fi, err := os.Stat(filepath.Join(to, name))
				require.NoError(t, err)
				require.Equal(t, mode, fi.Mode().Perm(), name)
			}
		}
	}
}

// What stands alone beside trees is many small files often: they are flushed
// together too.
func TestFilesBesideTreesLand(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"old": "old"})
	rec := treeInto(t, dir, false)
	for _, name := range []string{"a", "b", "old", "a"} {
		require.NoError(t, rec.file(t, "f 0600 3 - "+name, "abc", crc("abc")))
	}
	require.NoError(t, rec.take(codec.FILE, "d 0755 - - sub"))
	require.NoError(t, rec.file(t, "f 0600 3 - sub/c", "abc", crc("abc")))
	require.NoError(t, rec.file(t, "f 0600 3 - d", "abc", crc("abc")))
	require.NoError(t, rec.file(t, "f 0600 3 - sub/e", "abc", crc("abc"))) // the stream has left it
	rec.Flush()
	requireCode(t, rec.failed["old"], codec.Exists)
	requireCode(t, rec.failed["a"], codec.Exists)
	requireCode(t, rec.failed["sub/e"], codec.BadName)
	require.Equal(t, map[string]string{"a": "abc", "b": "abc", "d": "abc", "old": "old", "sub/": "", "sub/c": "abc"}, harvest(t, dir))
	require.EqualValues(t, 4, rec.Files)
}

func TestPartsAreNotSent(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/a": "a", "top/.techsh-part-0123456789abcdef": "part"})
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.EqualValues(t, 1, s.Files)
	require.Empty(t, rec.failed)
	require.Equal(t, map[string]string{"top/": "", "top/a": "a"}, harvest(t, to))
}

func TestOnlyWhatIsWantedIsSent(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/a": "a", "top/b": "b", "top/x/y/z": "z", "top/x/no": "", "top/none/n": "", "top/empty/": "", "top/other/": "", "top/l": "->a", "top/m": "->a"})
	wanted := map[string]bool{"top/b": true, "top/x/y/z": true, "top/empty": true, "top/m": true}
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{Want: func(path string, e codec.Entry) bool {
		require.Equal(t, path, e.Name)
		require.Equal(t, path == "top/l" || path == "top/m", e.Target == "a")
		return wanted[path]
	}})
	require.NoError(t, err)
	require.Empty(t, s.failed)
	require.Equal(t, map[string]string{"top/": "", "top/b": "b", "top/x/": "", "top/x/y/": "", "top/x/y/z": "z", "top/empty/": "", "top/m": "->a"}, harvest(t, to))
	rec = treeInto(t, t.TempDir(), false)
	s, err = crossTree(t, rec, from, "top", "top", transfer.Tree{Want: func(string, codec.Entry) bool { return false }})
	require.NoError(t, err)
	require.Zero(t, s.Folders)
	require.Zero(t, rec.Folders, "not even the top")
}

// followed is a Follow by the system's own resolution.
func followed(dir *os.Root, name string) (*os.Root, string, error) {
	path, err := filepath.EvalSymlinks(filepath.Join(dir.Name(), name))
	if err != nil {
		return nil, "", err
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	return root, filepath.Base(path), err
}

func TestLinksAreFollowedOnRequest(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{
		"top/a": "a", "top/l": "->a", "top/f": "->../aside", "aside/x": "x", "top/gone": "->nowhere",
		"top/self": "->.", "top/sub/up": "->..", "aside/back": "->../top", "top/m": "->sub/n", "top/sub/n": "->../a",
	})
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{Follow: followed})
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	require.Equal(t, map[string]string{
		"top/": "", "top/a": "a", "top/l": "a", "top/f/": "", "top/f/x": "x", "top/sub/": "", "top/m": "a", "top/sub/n": "a",
	}, harvest(t, to))
	require.Len(t, s.failed, 4)
	require.ErrorIs(t, s.failed["top/gone"], fs.ErrNotExist)
	for _, loop := range []string{"top/self", "top/sub/up", "top/f/back"} {
		requireCode(t, s.failed[loop], codec.Unsupported)
	}
}

func TestTreeThatIsTooDeepEndsThere(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/" + strings.Repeat("d/", 62) + "x": "x", "top/" + strings.Repeat("d/", 63) + "y": "y", "top/z": "z"})
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Len(t, s.failed, 1)
	requireCode(t, s.failed["top/"+strings.Repeat("d/", 63)+"y"], codec.BadName)
	require.Empty(t, rec.failed)
	require.FileExists(t, filepath.Join(to, "top", strings.Repeat("d/", 62)+"x"))
	require.FileExists(t, filepath.Join(to, "top", "z"))
}

func TestCancelledTreeEndsAtOnce(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/a/a": "a", "top/b/b": "b", "top/c/c": "c"})
	rec := treeInto(t, to, false)
	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("enough")
	err := cross(t, &rec.Receiver, func(s *transfer.Sender) error {
		root := open(t, from)
		defer root.Close()
		s.Failed = func(name string, err error) { t.Error(name, err) }
		s.Begin = func(e codec.Entry) {
			if e.Kind == codec.Regular {
				cancel(reason)
			}
		}
		return s.Tree(ctx, root, "top", "top", transfer.Tree{})
	})
	require.ErrorIs(t, err, reason)
}

// A tree of which a part has come and been given up leaves no part behind,
// and one that broke off has placed what was complete.
func TestTreeThatBreaksOff(t *testing.T) {
	for name, by := range map[string]struct {
		end  func(*received)
		want map[string]string
	}{
		"given up":   {func(r *received) { r.Close() }, map[string]string{"top/": "", "top/sub/": ""}},
		"broken off": {func(r *received) { r.Leave() }, map[string]string{"top/": "", "top/sub/": "", "top/a": "abc", "top/sub/b": "abc"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rec := treeInto(t, dir, false)
			require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
			require.NoError(t, rec.file(t, "f 0644 3 - top/a", "abc", crc("abc")))
			require.NoError(t, rec.take(codec.FILE, "d 0755 - - top/sub"))
			require.NoError(t, rec.file(t, "f 0644 3 - top/sub/b", "abc", crc("abc")))
			require.NoError(t, rec.take(codec.FILE, "f 0644 3 - top/c"))
			require.NoError(t, rec.take(codec.DATA, "ab"))
			by.end(rec)
			rec.Close()
			require.Equal(t, by.want, harvest(t, dir))
			require.Empty(t, rec.failed)
		})
	}
}

func TestTreeWithSHA256(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/a": "a", "top/empty": "", "top/large": string(noise(700_000))})
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{}, func(s *transfer.Sender) {
		s.SHA256 = true
		s.Begin = func(e codec.Entry) {
			sum, _ := e.More.Get("sum")
			require.Equal(t, e.Kind == codec.Regular, sum == "sha256")
		}
	})
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	require.Equal(t, harvest(t, from), harvest(t, to))
	require.Contains(t, s.Sum, " sha256=")
	require.Contains(t, rec.Sum, " sha256=")
}

// Two streams that bring the same tree at once: each file is one of theirs,
// whole, and the other is told.
func TestTwoTreesOfOneNameAtOnce(t *testing.T) {
	for _, force := range []bool{false, true} {
		dir := t.TempDir()
		one, two := treeInto(t, dir, force), treeInto(t, dir, force)
		for _, rec := range []*received{one, two} {
			require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
		}
		for i := range 5 {
			for _, rec := range []*received{one, two} {
				require.NoError(t, rec.take(codec.FILE, fmt.Sprintf("f 0644 3 - top/%d", i)))
			}
			require.NoError(t, one.take(codec.DATA, "one"))
			require.NoError(t, two.take(codec.DATA, "two"))
			require.NoError(t, one.take(codec.SUM, crc("one")))
			require.NoError(t, two.take(codec.SUM, crc("two")))
		}
		two.Flush()
		one.Flush()
		want := map[string]string{"top/": ""}
		for i := range 5 {
			name := fmt.Sprintf("top/%d", i)
			want[name] = "one"
			if !force {
				want[name] = "two"
				require.ErrorIs(t, one.failed[name], fs.ErrExist)
			}
		}
		require.Empty(t, two.failed)
		require.Equal(t, want, harvest(t, dir))
	}
}
