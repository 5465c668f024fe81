package files_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/disk"
	"techsh/remote/remotetest"
)

func TestCdAndPwd(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		in := func(name string) string { return filepath.Join(h.Dir, name) }
		remotetest.SetHome(t, in("sub"))
		c := h.Client(t)
		at := func(line, want string) {
			t.Helper()
			require.Equal(t, codec.Pairs{{Key: "cwd", Value: want}}, c.OK(line).Pairs)
			require.Equal(t, codec.Pairs{{Key: "cwd", Value: want}}, c.OK("PWD").Pairs)
		}
		at("CD sub", in("sub"))
		require.Equal(t, []string{"inner.txt"}, c.OK("DIR").Names(t))
		at("CD ..", h.Dir)
		if remotetest.CanLink(t) {
			remotetest.Link(t, "sub", in("door"))
			at("CD ./sub/.././door", in("door"))
		}
		at("CD /", filepath.VolumeName(h.Dir)+string(filepath.Separator))
		at("CD", in("sub"))
		at("CD ../sub", in("sub"))
		at("CD ~/..", h.Dir)
		at("CD su?", in("sub"))
		for line, code := range map[string]codec.Code{
			"CD nova": codec.NotFound, "CD inner.txt": codec.NotDirectory,
			"CD inner.txt/x": codec.NotDirectory, "CD *.nova": codec.NotFound,
			`CD ""`: codec.BadName, "CD " + strings.Repeat("x/", 2500): codec.BadName, `CD "~"`: codec.NotFound,
		} {
			c.Fails(line, code)
			at("PWD", in("sub"))
		}
		c.OK("CD ..")
		h.Write(t, "sue/x", "")
		c.Fails("CD su*", codec.BadRequest)
	})
}

func TestCdIntoAFolderThatIsRemovedMeanwhile(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "sub/x", "")
	c := h.Client(t)
	c.OK("CD sub")
	require.NoError(t, os.RemoveAll(filepath.Join(h.Dir, "sub")))
	c.Fails("DIR", codec.NotFound)
	c.Fails("EXEC true", codec.NotFound)
	c.OK("CD ..")
}

func TestCatGivesTheBytes(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		h.Write(t, "empty", "")
		big := strings.Repeat("0123456789\n", 100_000)
		h.Write(t, "big", big)
		c := h.Client(t)
		require.Equal(t, "hello, world\n", c.OK("CAT hello.txt").Data)
		require.Equal(t, "hello, world\ninner\n", c.OK("CAT hello.txt empty sub/inner.txt").Data)
		if remotetest.CanLink(t) {
			require.Equal(t, "hello, world\n", c.OK(`CAT "a link"`).Data, "links are followed")
		}
		require.Equal(t, big, c.OK("CAT big").Data)
		for path, code := range map[string]codec.Code{
			"nova": codec.NotFound, "sub": codec.IsDirectory,
			"hello.txt/x": codec.NotDirectory, `"*.x"`: codec.NotFound, "*.nova": codec.NotFound, `""`: codec.BadName,
		} {
			_, e := c.Fails("CAT "+path, code)
			require.Equal(t, strings.Trim(path, `"`), e.Name)
		}
		if runtime.GOOS != "windows" {
			c.Fails("CAT /dev/null", codec.NotRegular)
		}
		got, e := c.Fails("CAT nova hello.txt sub", codec.Partial)
		require.Equal(t, "hello, world\n", got.Data)
		require.Len(t, got.Notes, 2)
		require.Equal(t, codec.Pairs{{Key: "failed", Value: "2"}, {Key: "done", Value: "1"}}, e.More)
	})
}

func TestLinkLoopsAndDanglingLinksFail(t *testing.T) {
	h := remotetest.New(t, false)
	remotetest.Link(t, "b", filepath.Join(h.Dir, "a"))
	remotetest.Link(t, "a", filepath.Join(h.Dir, "b"))
	remotetest.Link(t, "nowhere", filepath.Join(h.Dir, "c"))
	c := h.Client(t)
	for _, verb := range []string{"CAT", "GET", "CD"} {
		_, err := c.Call(t.Context(), remotetest.NewRequest(t, verb+" a"))
		require.Error(t, err)
		c.Fails(verb+" c", codec.NotFound)
	}
	require.Len(t, c.OK("DIR").Names(t), 3)
}

func TestMkdMakesFolders(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		c := h.Client(t)
		c.OK("MKD one")
		names := []string{"one/two", "three four"}
		if remotetest.CanName("new*") {
			names = append(names, "new*")
		}
		for _, name := range names {
			c.OK("MKD " + codec.Quote(codec.Lit(name)))
			require.DirExists(t, filepath.Join(h.Dir, name))
		}
		c.OK("MKD -p one x/y/z")
		require.DirExists(t, filepath.Join(h.Dir, "x/y/z"))
		for line, code := range map[string]codec.Code{
			"MKD one": codec.Exists, "MKD no/va": codec.NotFound, "MKD hello.txt/x": codec.NotDirectory,
			"MKD hello.txt": codec.Exists, `MKD ""`: codec.BadName,
			"MKD -p hello.txt": codec.NotDirectory, "MKD -p hello.txt/x": codec.NotDirectory,
			`MKD -p ""`: codec.BadName,
		} {
			c.Fails(line, code)
		}
		got, _ := c.Fails("MKD one four", codec.Partial)
		require.Len(t, got.Notes, 1)
		require.DirExists(t, filepath.Join(h.Dir, "four"))
	})
}

func TestDelDeletes(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		for _, name := range []string{"a", "b.log", "c.log", "keep", "dir/x/y", "dir/z", "other/x", "empty/"} {
			if strings.HasSuffix(name, "/") {
				require.NoError(t, os.Mkdir(filepath.Join(h.Dir, name), 0o777))
				continue
			}
			h.Write(t, name, "")
		}
		c := h.Client(t)
		if remotetest.CanLink(t) {
			remotetest.Link(t, "../other", filepath.Join(h.Dir, "dir", "link"))
			remotetest.Link(t, "other", filepath.Join(h.Dir, "link"))
			c.OK("DEL link")
		}
		c.OK("DEL a *.log")
		c.Fails("DEL dir", codec.IsDirectory)
		c.Fails("DEL empty", codec.IsDirectory)
		c.Fails("DEL nova", codec.NotFound)
		c.Fails("DEL nova/x", codec.NotFound)
		c.Fails("DEL *.log", codec.NotFound)
		c.Fails(`DEL ""`, codec.BadName)
		c.Fails(`DEL -r ""`, codec.BadName)
		c.OK("DEL -f nova")
		c.OK("DEL -f nova/x")
		c.OK("DEL -f *.log")
		c.OK("DEL -r dir empty")
		require.FileExists(t, filepath.Join(h.Dir, "other/x"), "links are not followed")
		require.ElementsMatch(t, []string{"keep", "other"}, c.OK("DIR").Names(t))
		got, _ := c.Fails("DEL keep nova", codec.Partial)
		require.Len(t, got.Notes, 1)
		require.NoFileExists(t, filepath.Join(h.Dir, "keep"))
	})
}

// Each of many files in a folder is either deleted or noted once.
func TestDelOfManyNotesOnce(t *testing.T) {
	remotetest.InMemory(t)
	h := remotetest.New(t, false)
	h.Server.Private = filepath.Join(h.Dir, "private")
	h.Write(t, "private/secret", "")
	for i := range 1500 {
		h.Write(t, fmt.Sprintf("top/%d", i), "")
	}
	c := h.Client(t)
	require.NoError(t, os.Rename(h.Server.Private, filepath.Join(h.Dir, "top/private")), "the person there may")
	got, _ := c.Fails("DEL -r top", codec.NotEmpty)
	require.Len(t, got.Notes, 1)
	require.Contains(t, got.Notes[0], "not-allowed top/private ")
	require.Equal(t, []string{"private"}, c.OK("DIR top").Names(t))
	require.FileExists(t, filepath.Join(h.Dir, "top/private/secret"))
}

// A folder may become a FIFO, which would block, or a link, between its listing and its
// opening.
func TestWalkEntersOnlyFolders(t *testing.T) {
	dir := t.TempDir()
	left := remotetest.Plant(t, dir, map[string]string{"folder/": "", "link": "@folder", "file": "", "pipe": "|"})
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	view, err := disk.Open(disk.Options{Dir: dir})
	require.NoError(t, err)
	for name, code := range map[string]codec.Code{
		"pipe": codec.NotDirectory,
		"file": codec.NotDirectory,
		"link": codec.Changed,
		"none": codec.NotFound,
	} {
		if slices.Contains(left, name) {
			continue
		}
		_, err := view.Enter(root, name)
		require.Equal(t, code, codec.Explain("", err).Code, name)
	}
	sub, err := view.Enter(root, "folder")
	require.NoError(t, err)
	sub.Close()
}

func TestDelOfALinkWithASeparatorBehindItSparesTheFolder(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "other/x", "")
	remotetest.Link(t, "other", filepath.Join(h.Dir, "link"))
	h.Client(t).OK("DEL -r link/")
	require.FileExists(t, filepath.Join(h.Dir, "other/x"))
}

// A root and the home folder are not deleted without --really, by whatever path.
func TestDelRefusesRootsAndHome(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Write(t, "users/ann/precious", "")
		home := filepath.Join(h.Dir, "users", "ann")
		remotetest.SetHome(t, home)
		c := h.Client(t)
		c.OK("CD users")
		paths := []string{
			"/",
			"/.",
			"/tmp/..",
			"~",
			"~/",
			"~/.",
			home,
			home + "/",
			"ann",
			"./ann/",
			"ann/../ann",
		}
		if remotetest.CanLink(t) {
			remotetest.Link(t, "users", filepath.Join(h.Dir, "people"))
			paths = append(paths, "../people/ann")
		}
		if runtime.GOOS != "windows" { // where it begins the name of a computer
			paths = append(paths, "//")
		}
		for _, path := range paths {
			for _, line := range []string{"DEL -r ", "DEL -rf ", "DEL ", "DEL -f "} {
				_, e := c.Fails(line+path, codec.NotAllowed)
				require.NotEmpty(t, e.Hint)
			}
		}
		if remotetest.CanLink(t) {
			remotetest.Link(t, "users/ann", filepath.Join(h.Dir, "mine"))
			remotetest.SetHome(t, filepath.Join(h.Dir, "mine")) // a home folder that is a link
			for _, path := range []string{"~", "ann", home, "../mine"} {
				c.Fails("DEL -r "+path, codec.NotAllowed)
			}
		}
		require.FileExists(t, filepath.Join(home, "precious"))
		remotetest.SetHome(t, home)
		c.OK("DEL -r --really ~")
		require.NoDirExists(t, home)
	})
}

// requireMode checks the mode of a file, except on Windows, which has none.
func requireMode(t *testing.T, want fs.FileMode, fi fs.FileInfo) {
	t.Helper()
	if runtime.GOOS != "windows" {
		require.Equal(t, want, fi.Mode())
	}
}

func TestCopyCopiesFiles(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		h.Write(t, "there", "old\n")
		require.NoError(t, os.Chmod(filepath.Join(h.Dir, "hello.txt"), 0o750))
		when := time.Unix(1_000_000_000, 123_456_700) // Windows counts steps of 100 ns
		require.NoError(t, os.Chtimes(filepath.Join(h.Dir, "hello.txt"), when, when))
		c := h.Client(t)
		c.OK("COPY hello.txt copy")
		fi, err := os.Stat(filepath.Join(h.Dir, "copy"))
		require.NoError(t, err)
		requireMode(t, 0o750, fi)
		require.Equal(t, when.UTC(), fi.ModTime().UTC())
		c.OK("COPY hello.txt sub")
		require.Equal(t, "hello, world\n", h.Read(t, "sub/hello.txt"))
		c.OK("COPY copy there sub/")
		if remotetest.CanLink(t) {
			c.OK(`COPY "a link" followed`)
			fi, err = os.Lstat(filepath.Join(h.Dir, "followed"))
			require.NoError(t, err)
			require.True(t, fi.Mode().IsRegular())
			c.Fails(`COPY -f there "a link"`, codec.NotRegular)
		}
		for line, code := range map[string]codec.Code{
			"COPY nova x": codec.NotFound, "COPY sub x": codec.IsDirectory,
			"COPY hello.txt there": codec.Exists, "COPY hello.txt hello.txt": codec.BadRequest,
			"COPY -f hello.txt ./hello.txt": codec.BadRequest, "COPY hello.txt .": codec.BadRequest,
			"COPY hello.txt no/va": codec.NotFound, "COPY hello.txt nova/": codec.NotFound,
			"COPY -f hello.txt sub/../hello.txt": codec.BadRequest, `COPY hello.txt ""`: codec.BadName,
			`COPY "" x`:            codec.BadName,
			"COPY *.txt copy nova": codec.Partial,
			"COPY hello.txt":       codec.BadRequest,
		} {
			c.Fails(line, code)
		}
		require.Equal(t, "old\n", h.Read(t, "there"))
		require.Equal(t, "hello, world\n", h.Read(t, "hello.txt"))
		require.NoError(t, os.Chmod(filepath.Join(h.Dir, "there"), 0o600))
		c.OK("COPY -f hello.txt there")
		fi, err = os.Stat(filepath.Join(h.Dir, "there"))
		require.NoError(t, err)
		requireMode(t, 0o600, fi) // a file that exists keeps its mode
		h.RequireNoParts(t)
	})
}

func TestCopyOntoAHardLinkOfItselfIsRefused(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "a", "text")
	require.NoError(t, os.Link(filepath.Join(h.Dir, "a"), filepath.Join(h.Dir, "b")))
	c := h.Client(t)
	c.Fails("COPY -f a b", codec.BadRequest)
	if remotetest.CanLink(t) {
		remotetest.Link(t, "a", filepath.Join(h.Dir, "c"))
		c.Fails("COPY -f c a", codec.BadRequest)
	}
	require.Equal(t, "text", h.Read(t, "a"))
}

func TestCopyIsCancelledAndLeavesNothing(t *testing.T) {
	h := remotetest.New(t, false)
	h.Sparse(t, "big")
	r := h.Raw(t)
	r.Say(t, "COPY", "big", "copy")
	remotetest.Eventually(t, "the part does not come", func() bool {
		list, err := os.ReadDir(h.Dir)
		return err == nil && len(list) == 2
	})
	r.Say(t, "STOP")
	require.True(t, strings.HasPrefix(r.Next(t).Body, "cancelled "))
	h.RequireNoParts(t)
	require.NoFileExists(t, filepath.Join(h.Dir, "copy"))
}

func TestMoveMovesAndRenames(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		h.Write(t, "there", "old\n")
		h.Write(t, "a.log", "a")
		h.Write(t, "b.log", "b")
		c := h.Client(t)
		c.OK("MOVE hello.txt renamed")
		require.Equal(t, "hello, world\n", h.Read(t, "renamed"))
		require.NoFileExists(t, filepath.Join(h.Dir, "hello.txt"))
		c.OK("MOVE renamed sub")
		require.Equal(t, "hello, world\n", h.Read(t, "sub/renamed"))
		c.OK("MOVE *.log sub")
		require.Equal(t, "b", h.Read(t, "sub/b.log"))
		if remotetest.CanLink(t) {
			c.OK(`MOVE "a link" sub/link`)
			to, err := os.Readlink(filepath.Join(h.Dir, "sub/link"))
			require.NoError(t, err)
			require.Equal(t, "hello.txt", to, "the link itself moves, although it now leads nowhere")
		}
		c.OK("MOVE sub dir")
		require.Equal(t, "a", h.Read(t, "dir/a.log"))
		c.OK("CD dir")
		for line, code := range map[string]codec.Code{
			"MOVE nova x": codec.NotFound, "MOVE a.log b.log": codec.Exists,
			"MOVE a.log a.log": codec.BadRequest, "MOVE -f a.log ./a.log": codec.BadRequest,
			"MOVE a.log .": codec.BadRequest, "MOVE a.log no/va": codec.NotFound,
			"MOVE a.log nova/": codec.NotFound, "MOVE a.log ../there/": codec.NotDirectory,
			"MOVE ../dir ../dir/x": codec.BadRequest, "MOVE -f ../dir .": codec.BadRequest,
			`MOVE "" x`: codec.BadName, `MOVE a.log ""`: codec.BadName,
			"MOVE a.log b.log nova": codec.Partial,
		} {
			c.Fails(line, code)
		}
		require.Equal(t, "a", h.Read(t, "dir/a.log"))
		require.Equal(t, "b", h.Read(t, "dir/b.log"))
		c.OK("MOVE -f a.log b.log")
		require.Equal(t, "a", h.Read(t, "dir/b.log"))
	})
}

func TestMoveOfAFolderIntoItselfIsRefusedHoweverItIsSpelt(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "dir/sub/x", "")
	lines := []string{"MOVE dir dir/sub", "MOVE dir dir/sub/new", "MOVE dir dir/"}
	if remotetest.CanLink(t) {
		remotetest.Link(t, "dir/sub", filepath.Join(h.Dir, "inside"))
		remotetest.Link(t, ".", filepath.Join(h.Dir, "here"))
		lines = append(lines, "MOVE dir inside", "MOVE dir inside/new", "MOVE here/dir dir/sub")
	}
	c := h.Client(t)
	for _, line := range lines {
		c.Fails(line, codec.BadRequest)
	}
	require.FileExists(t, filepath.Join(h.Dir, "dir/sub/x"))
}

func TestMoveOntoAnotherLinkToTheFile(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "a", "text")
	require.NoError(t, os.Link(filepath.Join(h.Dir, "a"), filepath.Join(h.Dir, "b")))
	c := h.Client(t)
	if remotetest.CanLink(t) {
		remotetest.Link(t, ".", filepath.Join(h.Dir, "here"))
		c.Fails("MOVE a here/a", codec.BadRequest)
	}
	c.Fails("MOVE a b", codec.Exists)
	c.OK("MOVE -f a b")
	require.NoFileExists(t, filepath.Join(h.Dir, "a"))
	require.Equal(t, "text", h.Read(t, "b"))
}

func TestMoveNeverReplacesAFolder(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "one/same/x", "")
	h.Write(t, "same/y", "")
	h.Write(t, "file", "")
	require.NoError(t, os.Mkdir(filepath.Join(h.Dir, "one/file"), 0o777))
	c := h.Client(t)
	c.Fails("MOVE -f same one", codec.Exists)
	c.Fails("MOVE -f file one", codec.Exists)
	c.Fails("MOVE -f same file", codec.Exists)
	require.FileExists(t, filepath.Join(h.Dir, "one/same/x"))
	require.FileExists(t, filepath.Join(h.Dir, "same/y"))
}
