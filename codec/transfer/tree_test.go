package transfer_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/codectest"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// treeInto returns a Receiver that writes trees to dir.
func treeInto(t testing.TB, dir string, force bool) *received {
	r := into(t, dir, force)
	r.Trees = true
	return r
}

// sent is the result of sending a tree.
type sent struct {
	transfer.Sender
	failed map[string]error
}

// crossTree sends the tree called name in the folder from, under the name top.
func crossTree(
	t testing.TB, rec *received, from, name, top string, o transfer.Tree,
	hooks ...func(*transfer.Sender),
) (*sent, error) {
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

// plant makes a file for each name and text in the map, a folder for a name that ends in
// /, and a link for a text that begins with ->.
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

// harvest returns the contents of dir in the form that plant takes.
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
		"src/": "", "src/a": "text of a", "src/empty": "", "src/.hidden": "h", "src/nothing/": "",
		"src/deep/": "", "src/deep/er/": "",
		"src/deep/er/x": strings.Repeat("x", 300_000), "src/deep/y": "y",
	}
	links := int64(0)
	if codectest.CanLink(t) {
		what["src/link"], what["src/out"] = "->deep/y", "->/etc/passwd"
		what["src/dangling"], what["src/to folder"] = "->nowhere", "->deep"
		links = 4
	}
	if runtime.GOOS == "linux" {
		what["src/new\nline"], what["src/\xff\xfe"], what["src/\x1b[31m"] = "1", "2", "3"
		what["src/-rf *"], what[`src/C:\x`], what["src/e \"q\""] = "4", "5", "6"
	}
	plant(t, from, what)
	when := time.Date(2001, 2, 3, 4, 5, 6, 700, time.UTC)
	for name, mode := range map[string]os.FileMode{
		"src/a": 0o741, "src/deep/er/x": 0o400, "src/nothing": 0o700, "src/deep/er": 0o555,
		"src/deep": 0o751, "src": 0o705,
	} {
		path := filepath.Join(from, name)
		require.NoError(t, os.Chmod(path, mode))
		require.NoError(t, os.Chtimes(path, when, when))
	}
	t.Cleanup(func() { // so that it can be removed
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
	for name, mode := range map[string]os.FileMode{
		"top/a": 0o741, "top/deep/er/x": 0o400, "top/nothing": 0o700, "top/deep/er": 0o555,
		"top/deep": 0o751, "top": 0o705,
	} {
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
	for _, count := range [][2]int64{
		{s.Files, files},
		{rec.Files, files},
		{s.Folders, 4},
		{rec.Folders, 4},
		{s.Links, links},
		{rec.Links, links},
		{s.Bytes, rec.Bytes},
	} {
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

func TestPartsAreNotSent(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/a": "a", "top/.techsh-part-0123456789ab31c5": "part"})
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.EqualValues(t, 1, s.Files)
	require.Empty(t, rec.failed)
	require.Equal(t, map[string]string{"top/": "", "top/a": "a"}, harvest(t, to))
}

func TestOnlyWantedFilesAreSent(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(
		t, from,
		map[string]string{
			"top/a": "a", "top/b": "b", "top/x/y/z": "z", "top/x/no": "", "top/none/n": "",
			"top/empty/": "", "top/other/": "", "top/l": "->a", "top/m": "->a",
		},
	)
	wanted := map[string]bool{"top/b": true, "top/x/y/z": true, "top/empty": true, "top/m": true}
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{Want: func(path string, e codec.Entry) bool {
		require.Equal(t, path, e.Name)
		require.Equal(t, path == "top/l" || path == "top/m", e.Target == "a")
		return wanted[path]
	}})
	require.NoError(t, err)
	require.Empty(t, s.failed)
	require.Equal(
		t,
		map[string]string{
			"top/": "", "top/b": "b", "top/x/": "", "top/x/y/": "", "top/x/y/z": "z", "top/empty/": "",
			"top/m": "->a",
		},
		harvest(t, to),
	)
	rec = treeInto(t, t.TempDir(), false)
	s, err = crossTree(
		t, rec, from, "top", "top",
		transfer.Tree{Want: func(string, codec.Entry) bool { return false }},
	)
	require.NoError(t, err)
	require.Zero(t, s.Folders)
	require.Zero(t, rec.Folders, "not even the top")
}

// followed is a Follow that lets the system resolve links.
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
		"top/self": "->.", "top/sub/up": "->..", "aside/back": "->../top", "top/m": "->sub/n",
		"top/sub/n": "->../a",
	})
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{Follow: followed})
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	require.Equal(t, map[string]string{
		"top/": "", "top/a": "a", "top/l": "a", "top/f/": "", "top/f/x": "x", "top/sub/": "",
		"top/m": "a", "top/sub/n": "a",
	}, harvest(t, to))
	require.Len(t, s.failed, 4)
	require.ErrorIs(t, s.failed["top/gone"], fs.ErrNotExist)
	for _, loop := range []string{"top/self", "top/sub/up", "top/f/back"} {
		requireCode(t, s.failed[loop], codec.Unsupported)
	}
}

func TestATreeIsSentAsDeepAsPathsMayBeLong(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	const deepest = (landing.MaxPath - len("top/x")) / len("d/")
	folder := "top/" + strings.Repeat("d/", deepest)
	plantDeep(t, from, "top/", "d/", deepest, map[string]string{"x": "x", "y": "", "longer": "long"})
	plant(t, from, map[string]string{"top/z": "z"})
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	require.Len(t, s.failed, 1, "one for the folder")
	requireCode(t, s.failed[strings.TrimSuffix(folder, "/")], codec.BadName)
	require.EqualValues(t, deepest+1, s.Folders)
	require.EqualValues(t, 3, rec.Files, "x, y and z")
	require.FileExists(t, filepath.Join(to, "top", "z"))
}

// plantDeep makes depth folders called name, each in the one before, and files in the last
// one. The path may be longer than the system takes at once.
func plantDeep(t *testing.T, dir, top, name string, depth int, files map[string]string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, top), 0o700))
	at := open(t, filepath.Join(dir, top))
	for range depth {
		require.NoError(t, at.Mkdir(strings.TrimSuffix(name, "/"), 0o700))
		next, err := at.OpenRoot(name + ".")
		require.NoError(t, err)
		at.Close()
		at = next
	}
	defer at.Close()
	for name, text := range files {
		require.NoError(t, at.WriteFile(name, []byte(text), 0o600))
	}
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
