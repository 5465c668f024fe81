//go:build unix

package remote_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/remote"
)

func TestCdGoesAndPwdTells(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		require.NoError(t, os.Symlink("sub", filepath.Join(h.dir, "door")))
		t.Setenv("HOME", filepath.Join(h.dir, "sub"))
		c := h.client(t)
		at := func(line, want string) {
			t.Helper()
			require.Equal(t, codec.Pairs{{Key: "cwd", Value: want}}, c.ok(line).pairs)
			require.Equal(t, codec.Pairs{{Key: "cwd", Value: want}}, c.ok("PWD").pairs)
		}
		at("CD sub", h.dir+"/sub")
		require.Equal(t, []string{"inner.txt"}, c.ok("DIR").names(t))
		at("CD ..", h.dir)
		at("CD ./sub/.././door", h.dir+"/door")
		at("CD /", "/")
		at("CD", h.dir+"/sub")
		at("CD ../sub", h.dir+"/sub")
		at("CD ~/..", h.dir)
		at("CD su?", h.dir+"/sub")
		for line, code := range map[string]codec.Code{
			"CD nova": codec.NotFound, "CD inner.txt": codec.NotDirectory, "CD inner.txt/x": codec.NotDirectory, "CD *.nova": codec.NotFound,
			`CD ""`: codec.BadName, "CD " + strings.Repeat("x/", 2500): codec.BadName, `CD "~"`: codec.NotFound,
		} {
			c.fails(line, code)
			at("PWD", h.dir+"/sub")
		}
		c.ok("CD ..")
		h.write(t, "sue/x", "")
		c.fails("CD su*", codec.BadRequest)
	})
}

func TestCdIntoAFolderThatIsRemovedMeanwhile(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "sub/x", "")
	c := h.client(t)
	c.ok("CD sub")
	require.NoError(t, os.RemoveAll(filepath.Join(h.dir, "sub")))
	c.fails("DIR", codec.NotFound)
	c.fails("EXEC true", codec.NotFound)
	c.ok("CD ..")
}

func TestCatGivesTheBytes(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		h.write(t, "empty", "")
		big := strings.Repeat("0123456789\n", 100_000)
		h.write(t, "big", big)
		c := h.client(t)
		require.Equal(t, "hello, world\n", c.ok("CAT hello.txt").data)
		require.Equal(t, "hello, world\ninner\n", c.ok(`CAT "a link" empty sub/inner.txt`).data, "links are followed")
		require.Equal(t, big, c.ok("CAT big").data)
		for path, code := range map[string]codec.Code{
			"nova": codec.NotFound, "sub": codec.IsDirectory, "/dev/null": codec.NotRegular, "hello.txt/x": codec.NotDirectory, `"*"`: codec.NotFound, "*.nova": codec.NotFound, `""`: codec.BadName,
		} {
			_, e := c.fails("CAT "+path, code)
			require.Equal(t, strings.Trim(path, `"`), e.Name)
		}
		got, e := c.fails("CAT nova hello.txt sub", codec.Partial)
		require.Equal(t, "hello, world\n", got.data)
		require.Len(t, got.notes, 2)
		require.Equal(t, codec.Pairs{{Key: "failed", Value: "2"}, {Key: "done", Value: "1"}}, e.More)
	})
}

func TestLinkLoopsAndDanglingLinksFail(t *testing.T) {
	h := newHelped(t, false)
	require.NoError(t, os.Symlink("b", filepath.Join(h.dir, "a")))
	require.NoError(t, os.Symlink("a", filepath.Join(h.dir, "b")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(h.dir, "c")))
	c := h.client(t)
	for _, verb := range []string{"CAT", "GET", "CD"} {
		_, err := c.call(t.Context(), request(t, verb+" a"))
		require.Error(t, err)
		c.fails(verb+" c", codec.NotFound)
	}
	require.Len(t, c.ok("DIR").names(t), 3)
}

// Opening a FIFO would wait for a writer, for ever.
func TestReadingAFifoIsRefusedAtOnce(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		require.NoError(t, unix.Mkfifo(filepath.Join(h.dir, "fifo"), 0o666))
		require.NoError(t, os.Symlink("fifo", filepath.Join(h.dir, "link")))
		c := h.client(t)
		began := time.Now()
		for _, line := range []string{"CAT fifo", "GET fifo", "COPY fifo x", "CAT link", "GET link", "CAT /dev/zero", "GET /dev/tty"} {
			c.fails(line, codec.NotRegular)
		}
		err := c.put(t.Context(), "PUT -f fifo", "fifo", []byte("x"))
		c.requireCode(err, "PUT", codec.NotRegular)
		require.Less(t, time.Since(began), patience)
	})
}

// The files of /proc say that they are empty.
func TestFilesOfProcAreRead(t *testing.T) {
	if _, err := os.Stat("/proc/version"); err != nil {
		lacks(t, err)
	}
	want, err := os.ReadFile("/proc/version")
	require.NoError(t, err)
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		require.Equal(t, string(want), c.ok("CAT /proc/version").data)
		files, err := c.get("GET /proc/version")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"version": string(want)}, files)
		got := c.ok("GET /proc/version")
		require.True(t, strings.HasPrefix(got.files[0], "f 0444 - "), got.files[0])
		c.ok("COPY /proc/version .")
		require.Equal(t, string(want), h.read(t, "version"))
	})
}

// Some of them, like the kernel's log, wait for what is still to come.
func TestReadingWhatWaitsIsCancelled(t *testing.T) {
	f, err := os.Open("/proc/kmsg")
	if err != nil {
		lacks(t, err)
	}
	f.Close()
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		c := h.raw(t)
		for _, verb := range []string{"CAT", "GET"} {
			c.say(t, verb, "/proc/kmsg")
			c.say(t, "STOP")
			for g := c.next(t); g.verb != codec.ERR && g.verb != codec.OK; g = c.next(t) {
				require.NotEqual(t, codec.Verb(0), g.verb)
			}
		}
	})
}

func TestMkdMakesFolders(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		c := h.client(t)
		c.ok("MKD one")
		c.ok(`MKD one/two "three four" new*`)
		for _, name := range []string{"one/two", "three four", "new*"} {
			require.DirExists(t, filepath.Join(h.dir, name))
		}
		c.ok("MKD -p one x/y/z")
		require.DirExists(t, filepath.Join(h.dir, "x/y/z"))
		for line, code := range map[string]codec.Code{
			"MKD one": codec.Exists, "MKD no/va": codec.NotFound, "MKD hello.txt/x": codec.NotDirectory, "MKD hello.txt": codec.Exists, `MKD ""`: codec.BadName,
			"MKD -p hello.txt": codec.NotDirectory, "MKD -p hello.txt/x": codec.NotDirectory, `MKD -p ""`: codec.BadName,
		} {
			c.fails(line, code)
		}
		got, _ := c.fails("MKD one four", codec.Partial)
		require.Len(t, got.notes, 1)
		require.DirExists(t, filepath.Join(h.dir, "four"))
	})
}

func TestDelDeletes(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		for _, name := range []string{"a", "b.log", "c.log", "keep", "dir/x/y", "dir/z", "other/x", "empty/"} {
			if strings.HasSuffix(name, "/") {
				require.NoError(t, os.Mkdir(filepath.Join(h.dir, name), 0o777))
				continue
			}
			h.write(t, name, "")
		}
		require.NoError(t, os.Symlink("../other", filepath.Join(h.dir, "dir", "link")))
		require.NoError(t, os.Symlink("other", filepath.Join(h.dir, "link")))
		c := h.client(t)
		c.ok("DEL a *.log")
		c.fails("DEL dir", codec.IsDirectory)
		c.fails("DEL empty", codec.IsDirectory)
		c.fails("DEL nova", codec.NotFound)
		c.fails("DEL nova/x", codec.NotFound)
		c.fails("DEL *.log", codec.NotFound)
		c.fails(`DEL ""`, codec.BadName)
		c.fails(`DEL -r ""`, codec.BadName)
		c.ok("DEL -f nova")
		c.ok("DEL -f nova/x")
		c.ok("DEL -f *.log")
		c.ok("DEL link")
		c.ok("DEL -r dir empty")
		require.FileExists(t, filepath.Join(h.dir, "other/x"), "links are not followed")
		require.ElementsMatch(t, []string{"keep", "other"}, c.ok("DIR").names(t))
		got, _ := c.fails("DEL keep nova", codec.Partial)
		require.Len(t, got.notes, 1)
		require.NoFileExists(t, filepath.Join(h.dir, "keep"))
	})
}

// However many names a folder has, each is deleted, or noted once.
func TestDelOfManyNotesOnce(t *testing.T) {
	t.Parallel()
	h := newHelped(t, false)
	h.server.Private = filepath.Join(h.dir, "private")
	h.write(t, "private/secret", "")
	for i := range 1500 {
		h.write(t, fmt.Sprintf("top/%d", i), "")
	}
	c := h.client(t)
	require.NoError(t, os.Rename(h.server.Private, filepath.Join(h.dir, "top/private")), "the person there may")
	got, _ := c.fails("DEL -r top", codec.NotEmpty)
	require.Len(t, got.notes, 1)
	require.Contains(t, got.notes[0], "not-allowed top/private ")
	require.Equal(t, []string{"private"}, c.ok("DIR top").names(t))
	require.FileExists(t, filepath.Join(h.dir, "top/private/secret"))
}

// What a walk took for a folder may be a pipe by now, where opening it would
// wait for ever, or a link.
func TestWalkEntersOnlyFolders(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, unix.Mkfifo(filepath.Join(dir, "pipe"), 0o666))
	plant(t, dir, map[string]string{"folder/": "", "link": "@folder", "file": ""})
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	for name, code := range map[string]codec.Code{"pipe": codec.NotDirectory, "file": codec.NotDirectory, "link": codec.Changed, "none": codec.NotFound} {
		_, err := remote.Enter(root, name)
		require.Equal(t, code, codec.Explain("", err).Code, name)
	}
	sub, err := remote.Enter(root, "folder")
	require.NoError(t, err)
	sub.Close()
}

func TestDelOfALinkWithASeparatorBehindItSparesTheFolder(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "other/x", "")
	require.NoError(t, os.Symlink("other", filepath.Join(h.dir, "link")))
	h.client(t).ok("DEL -r link/")
	require.FileExists(t, filepath.Join(h.dir, "other/x"))
}

// A root and the home folder are not deleted by accident, however they are
// spelt.
func TestDelRefusesRootsAndHome(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.write(t, "users/ann/precious", "")
		home := filepath.Join(h.dir, "users", "ann")
		require.NoError(t, os.Symlink("users", filepath.Join(h.dir, "people")))
		t.Setenv("HOME", home)
		c := h.client(t)
		c.ok("CD users")
		paths := []string{"/", "//", "/.", "/tmp/..", "~", "~/", "~/.", home, home + "/", "ann", "./ann/", "../people/ann", "ann/../ann"}
		for _, path := range paths {
			for _, line := range []string{"DEL -r ", "DEL -rf ", "DEL ", "DEL -f "} {
				_, e := c.fails(line+path, codec.NotAllowed)
				require.NotEmpty(t, e.Hint)
			}
		}
		require.NoError(t, os.RemoveAll(filepath.Join(h.dir, "sue")))
		require.NoError(t, os.Symlink("users/ann", filepath.Join(h.dir, "mine")))
		t.Setenv("HOME", filepath.Join(h.dir, "mine")) // a home that is a link
		for _, path := range []string{"~", "ann", home, "../mine"} {
			c.fails("DEL -r "+path, codec.NotAllowed)
		}
		require.FileExists(t, filepath.Join(home, "precious"))
		t.Setenv("HOME", home)
		c.ok("DEL -r --really ~")
		require.NoDirExists(t, home)
	})
}

func TestCopyCopiesFiles(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		h.write(t, "there", "old\n")
		require.NoError(t, os.Chmod(filepath.Join(h.dir, "hello.txt"), 0o750))
		when := time.Unix(1_000_000_000, 123_456_789)
		require.NoError(t, os.Chtimes(filepath.Join(h.dir, "hello.txt"), when, when))
		c := h.client(t)
		c.ok("COPY hello.txt copy")
		fi, err := os.Stat(filepath.Join(h.dir, "copy"))
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o750), fi.Mode())
		require.Equal(t, when.UTC(), fi.ModTime().UTC())
		c.ok("COPY hello.txt sub")
		require.Equal(t, "hello, world\n", h.read(t, "sub/hello.txt"))
		c.ok("COPY copy there sub/")
		c.ok(`COPY "a link" followed`)
		fi, err = os.Lstat(filepath.Join(h.dir, "followed"))
		require.NoError(t, err)
		require.True(t, fi.Mode().IsRegular())
		for line, code := range map[string]codec.Code{
			"COPY nova x": codec.NotFound, "COPY sub x": codec.IsDirectory, "COPY hello.txt there": codec.Exists, "COPY hello.txt hello.txt": codec.BadRequest,
			"COPY -f hello.txt ./hello.txt": codec.BadRequest, "COPY hello.txt .": codec.BadRequest, "COPY hello.txt no/va": codec.NotFound, "COPY hello.txt nova/": codec.NotFound,
			"COPY -f hello.txt sub/../hello.txt": codec.BadRequest, `COPY hello.txt ""`: codec.BadName, `COPY "" x`: codec.BadName,
			`COPY -f there "a link"`: codec.NotRegular, "COPY *.txt copy nova": codec.Partial, "COPY hello.txt": codec.BadRequest,
		} {
			c.fails(line, code)
		}
		require.Equal(t, "old\n", h.read(t, "there"))
		require.Equal(t, "hello, world\n", h.read(t, "hello.txt"))
		require.NoError(t, os.Chmod(filepath.Join(h.dir, "there"), 0o600))
		c.ok("COPY -f hello.txt there")
		fi, err = os.Stat(filepath.Join(h.dir, "there"))
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), fi.Mode(), "a file that exists keeps its mode")
		h.requireNoParts(t)
	})
}

func TestCopyOntoAHardLinkOfItselfIsRefused(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "a", "text")
	require.NoError(t, os.Link(filepath.Join(h.dir, "a"), filepath.Join(h.dir, "b")))
	require.NoError(t, os.Symlink("a", filepath.Join(h.dir, "c")))
	c := h.client(t)
	c.fails("COPY -f a b", codec.BadRequest)
	c.fails("COPY -f c a", codec.BadRequest)
	require.Equal(t, "text", h.read(t, "a"))
}

func TestCopyIsCancelledAndLeavesNothing(t *testing.T) {
	h := newHelped(t, false)
	h.sparse(t, "big")
	r := h.raw(t)
	r.say(t, "COPY", "big", "copy")
	eventually(t, "the part does not come", func() bool {
		list, err := os.ReadDir(h.dir)
		return err == nil && len(list) == 2
	})
	r.say(t, "STOP")
	require.True(t, strings.HasPrefix(r.next(t).body, "cancelled "))
	h.requireNoParts(t)
	require.NoFileExists(t, filepath.Join(h.dir, "copy"))
}

func TestMoveMovesAndRenames(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		h.write(t, "there", "old\n")
		h.write(t, "a.log", "a")
		h.write(t, "b.log", "b")
		c := h.client(t)
		c.ok("MOVE hello.txt renamed")
		require.Equal(t, "hello, world\n", h.read(t, "renamed"))
		require.NoFileExists(t, filepath.Join(h.dir, "hello.txt"))
		c.ok("MOVE renamed sub")
		require.Equal(t, "hello, world\n", h.read(t, "sub/renamed"))
		c.ok("MOVE *.log sub")
		require.Equal(t, "b", h.read(t, "sub/b.log"))
		c.ok(`MOVE "a link" sub/link`)
		to, err := os.Readlink(filepath.Join(h.dir, "sub/link"))
		require.NoError(t, err)
		require.Equal(t, "hello.txt", to, "the link itself moves, although it now leads nowhere")
		c.ok("MOVE sub dir")
		require.Equal(t, "a", h.read(t, "dir/a.log"))
		c.ok("CD dir")
		for line, code := range map[string]codec.Code{
			"MOVE nova x": codec.NotFound, "MOVE a.log b.log": codec.Exists, "MOVE a.log a.log": codec.BadRequest, "MOVE -f a.log ./a.log": codec.BadRequest,
			"MOVE a.log .": codec.BadRequest, "MOVE a.log no/va": codec.NotFound, "MOVE a.log nova/": codec.NotFound, "MOVE a.log ../there/": codec.NotDirectory,
			"MOVE ../dir ../dir/x": codec.BadRequest, "MOVE -f ../dir .": codec.BadRequest, `MOVE "" x`: codec.BadName, `MOVE a.log ""`: codec.BadName,
			"MOVE a.log b.log nova": codec.Partial,
		} {
			c.fails(line, code)
		}
		require.Equal(t, "a", h.read(t, "dir/a.log"))
		require.Equal(t, "b", h.read(t, "dir/b.log"))
		c.ok("MOVE -f a.log b.log")
		require.Equal(t, "a", h.read(t, "dir/b.log"))
	})
}

func TestMoveOfAFolderIntoItselfIsRefusedHoweverItIsSpelt(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "dir/sub/x", "")
	require.NoError(t, os.Symlink("dir/sub", filepath.Join(h.dir, "inside")))
	require.NoError(t, os.Symlink(".", filepath.Join(h.dir, "here")))
	c := h.client(t)
	for _, line := range []string{"MOVE dir dir/sub", "MOVE dir dir/sub/new", "MOVE dir inside", "MOVE dir inside/new", "MOVE here/dir dir/sub", "MOVE dir dir/"} {
		c.fails(line, codec.BadRequest)
	}
	require.FileExists(t, filepath.Join(h.dir, "dir/sub/x"))
}

func TestMoveOntoAnotherLinkToTheFile(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "a", "text")
	require.NoError(t, os.Link(filepath.Join(h.dir, "a"), filepath.Join(h.dir, "b")))
	require.NoError(t, os.Symlink(".", filepath.Join(h.dir, "here")))
	c := h.client(t)
	c.fails("MOVE a here/a", codec.BadRequest)
	c.fails("MOVE a b", codec.Exists)
	c.ok("MOVE -f a b")
	require.NoFileExists(t, filepath.Join(h.dir, "a"))
	require.Equal(t, "text", h.read(t, "b"))
}

func TestMoveNeverReplacesAFolder(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "one/same/x", "")
	h.write(t, "same/y", "")
	h.write(t, "file", "")
	require.NoError(t, os.Mkdir(filepath.Join(h.dir, "one/file"), 0o777))
	c := h.client(t)
	c.fails("MOVE -f same one", codec.Exists)
	c.fails("MOVE -f file one", codec.Exists)
	c.fails("MOVE -f same file", codec.Exists)
	require.FileExists(t, filepath.Join(h.dir, "one/same/x"))
	require.FileExists(t, filepath.Join(h.dir, "same/y"))
}
