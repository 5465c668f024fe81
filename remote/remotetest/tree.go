package remotetest

import (
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
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// Plant makes the files in the map what, which has the text of each file by its name.
// Files that already exist are left as they are. A name that ends in / means a folder. A
// text that begins with @ means a link to the rest of the text. The text | means a FIFO.
// Plant returns the names of the files that this computer cannot have: Windows has no
// FIFOs, makes links only with a privilege, and does not allow all names.
func Plant(t testing.TB, dir string, what map[string]string) (left []string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o777))
	for name, text := range what {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		if !CanName(name) || text == "|" && runtime.GOOS == "windows" || strings.HasPrefix(text, "@") && !CanLink(t) {
			left = append(left, name)
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		var err error
		switch {
		case strings.HasSuffix(name, "/"):
			err = os.Mkdir(path, 0o777)
		case strings.HasPrefix(text, "@"):
			err = os.Symlink(text[1:], path)
		case text == "|":
			err = makeFIFO(path)
		default:
			err = os.WriteFile(path, []byte(text), 0o777)
		}
		require.NoError(t, err)
	}
	return left
}

// State returns the state of everything below dir. If except is the path of a folder,
// State skips this folder.
func State(t testing.TB, dir, except string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == except {
			return fs.SkipDir
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		var text []byte
		switch {
		case fi.Mode().IsRegular():
			text, err = os.ReadFile(path)
		case fi.Mode()&fs.ModeSymlink != 0:
			var to string
			to, err = os.Readlink(path)
			text = []byte(to)
		}
		all[path] = fmt.Sprintf("%v %v\n%s", fi.Mode(), fi.ModTime(), text)
		return err
	}))
	return all
}

// GardenTree makes a tree with an entry of each kind that can be transferred.
func GardenTree(t testing.TB, dir string) {
	what := map[string]string{
		"a.txt": "hello\n", "empty": "", "none/": "", "sub/b": "1",
		"sub/deep/deeper/leaf": strings.Repeat("leaf", 100_000), "sub/deep/none/": "", ".hidden/.x": "x",
		"link": "@a.txt", "broken": "@nowhere", "out": "@../..", "sub/dirlink": "@deep",
	}
	for i, name := range StrangeNames() {
		what["strange/"+name] = "text of " + name
		if i%5 == 0 {
			what["strange folders/"+name+"/x"] = ""
		}
	}
	Plant(t, dir, what)
	old := time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC)
	for i, name := range []string{"a.txt", "sub/deep/deeper", "sub/b", "none", "."} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.Chmod(path, []fs.FileMode{0o640, 0o500, 0o604, 0o711, 0o750}[i]))
		require.NoError(t, os.Chtimes(path, old, old.Add(time.Duration(i)*time.Hour)))
	}
}

// TreeState is like State, but names are relative to dir, with / between them. The times
// of links are left out, because they are not set.
func TreeState(t testing.TB, dir string) map[string]string {
	all := map[string]string{}
	for path, what := range State(t, dir, "") {
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		if strings.HasPrefix(what, "L") {
			_, what, _ = strings.Cut(what, "\n")
			what = "link to " + what
		}
		all[filepath.ToSlash(name)] = what
	}
	return all
}

// Into returns three values: a Receiver that writes everything to a new folder, the path
// of that folder, and a list of the failures.
func Into(t testing.TB) (rec *transfer.Receiver, dir string, failed *[]string) {
	dir, failed = t.TempDir(), &[]string{}
	rec = &transfer.Receiver{
		Trees: true,
		Choose: func(e codec.Entry) (landing.Target, error) {
			root, err := os.OpenRoot(dir)
			return landing.Target{Dir: root, Name: e.Name}, err
		},
		Failed: func(name string, err error) { *failed = append(*failed, fmt.Sprint(name, ": ", err)) },
	}
	t.Cleanup(rec.Close)
	return rec, dir, failed
}
