package transfers_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

func TestGetSendsFiles(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		h.Write(t, "empty", "")
		h.Write(t, "big", strings.Repeat("0123456789abcdef", 100_000))
		require.NoError(t, os.Chmod(filepath.Join(h.Dir, "hello.txt"), 0o4751))
		when := time.Date(2001, 2, 3, 4, 5, 6, 700, time.UTC) // Windows counts steps of 100 ns
		require.NoError(t, os.Chtimes(filepath.Join(h.Dir, "hello.txt"), when, when))
		c := h.Client(t)
		got := c.OK("GET hello.txt")
		require.Len(t, got.Files, 1)
		e, err := codec.ParseEntry(got.Files[0])
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			require.Equal(t, 0o751, e.Mode)
		}
		e.Mode = 0
		require.Equal(t, codec.Entry{Kind: codec.Regular, Size: 13, Time: when, Name: "hello.txt"}, e)
		require.Equal(t, "hello, world\n", got.Data)
		require.Equal(t, codec.Pairs{{Key: "files", Value: "1"}, {Key: "bytes", Value: "13"}}, got.Pairs)
		files, err := c.Get("GET empty sub/inner.txt big")
		require.NoError(t, err)
		big := strings.Repeat("0123456789abcdef", 100_000)
		require.Equal(t, map[string]string{"empty": "", "inner.txt": "inner\n", "big": big}, files,
			"under their last component")
		if remotetest.CanLink(t) {
			files, err = c.Get(`GET "a link"`)
			require.NoError(t, err)
			require.Equal(t, map[string]string{"a link": "hello, world\n"}, files, "links are followed")
		}
		files, err = c.Get("GET *.txt")
		require.NoError(t, err)
		require.Len(t, files, 1)
		for path, code := range map[string]codec.Code{
			"nova": codec.NotFound, "sub": codec.IsDirectory,
			"*.nova": codec.NotFound, "hello.txt/x": codec.NotDirectory, ".": codec.IsDirectory,
			"/": codec.IsDirectory,
		} {
			got, _ := c.Fails("GET "+path, code)
			require.Empty(t, got.Files)
		}
		if runtime.GOOS != "windows" {
			c.Fails("GET /dev/null", codec.NotRegular)
		}
		got, failed := c.Fails("GET nova hello.txt sub", codec.Partial)
		require.Len(t, got.Notes, 2)
		require.Len(t, got.Files, 1)
		require.Equal(
			t,
			codec.Pairs{
				{Key: "failed", Value: "2"},
				{Key: "done", Value: "1"},
				{Key: "files", Value: "1"},
				{Key: "bytes", Value: "13"},
			},
			failed.More,
		)
	})
}

func TestGetRefusesTwoFilesOfOneNameBeforeTheFirstByte(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "one/same", "1")
	h.Write(t, "two/same", "2")
	c := h.Client(t)
	for _, line := range []string{"GET one/same two/same", "GET */same", "GET one/same one/same"} {
		got, _ := c.Fails(line, codec.BadRequest)
		require.Empty(t, got.Files)
	}
}

func TestGetOfAShrinkingFileIsNeverASuccess(t *testing.T) {
	t.Parallel()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		path := filepath.Join(h.Dir, "big")
		c := h.Client(t)
		for range 10 {
			h.Write(t, "big", strings.Repeat("x", 16<<20))
			var sums []string
			r := remotetest.NewRequest(t, "GET big")
			cut := false
			r.Recv = func(f codec.Frame) error {
				if f.Verb == codec.SUM {
					sums = append(sums, string(f.Body))
				}
				if !cut {
					cut = true
					return os.Truncate(path, 1<<20)
				}
				return nil
			}
			_, err := c.Do(t.Context(), r)
			c.RequireCode(err, "GET", codec.Changed)
			require.Equal(t, []string{"error=changed\n"}, sums)
			c.OK("PING")
		}
	})
}

// A client that requests a file by its name gets the one that had the name then, whole,
// and is told if another one has it now.
func TestGetOfAFileThatLosesItsName(t *testing.T) {
	for name, test := range map[string]struct {
		does func(path string) error
		note string
	}{
		"it is replaced": {func(path string) error {
			return errors.Join(os.WriteFile(path+".new", []byte("new"), 0o600), os.Rename(path+".new", path))
		}, "replaced=yes"},
		"it is rotated": {func(path string) error {
			return errors.Join(os.Rename(path, path+".1"), os.WriteFile(path, []byte("new"), 0o600))
		}, "replaced=yes"},
		"it is deleted": {os.Remove, ""},
		"it is renamed": {func(path string) error { return os.Rename(path, path+".old") }, ""},
	} {
		if runtime.GOOS == "windows" {
			if name == "it is replaced" {
				continue // Windows refuses it while the file is open
			}
			test.note = "" // an open file does not show there whether it was renamed
		}
		t.Run(name, func(t *testing.T) {
			h := remotetest.New(t, false)
			h.Write(t, "big", strings.Repeat("x", 16<<20))
			c := h.Client(t)
			r, n, done, sum := remotetest.NewRequest(t, "GET big"), 0, false, ""
			r.Recv = func(f codec.Frame) error {
				if f.Verb == codec.DATA {
					n += len(f.Body)
				}
				if f.Verb == codec.SUM {
					sum = string(f.Body)
				}
				if done || f.Verb != codec.DATA {
					return nil
				}
				done = true
				return test.does(filepath.Join(h.Dir, "big"))
			}
			_, err := c.Do(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, 16<<20, n)
			require.Equal(t, test.note != "", strings.Contains(sum, " replaced=yes"), sum)
		})
	}
}

func TestGetOfAGrowingFileHasTheLengthAtOpen(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "log", strings.Repeat("x", 8<<20))
	f, err := os.OpenFile(filepath.Join(h.Dir, "log"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	n := 0
	r := remotetest.NewRequest(t, "GET log")
	r.Recv = func(fr codec.Frame) error {
		if fr.Verb == codec.DATA {
			n += len(fr.Body)
			_, err := f.WriteString("more")
			return err
		}
		if fr.Verb == codec.SUM {
			require.Contains(t, string(fr.Body), " grown=")
		}
		return nil
	}
	pairs, err := h.Client(t).Do(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, 8<<20, n)
	require.Equal(t, codec.Pairs{{Key: "files", Value: "1"}, {Key: "bytes", Value: fmt.Sprint(8 << 20)}}, pairs)
}

func TestPutLands(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		c := h.Client(t)
		c.MustPut("PUT", "plain", "1")
		c.MustPut("PUT renamed", "other", "2")
		c.MustPut("PUT sub", "into", "3")
		c.MustPut("PUT sub/", "into2", "4")
		c.MustPut("PUT .", "here", "5")
		c.MustPut("PUT -f hello.txt", "x", "6")
		texts := map[string]string{
			"plain": "1", "renamed": "2", "sub/into": "3", "sub/into2": "4", "here": "5",
			"hello.txt": "6", "empty": "", "sub/deep": "8", "up": "9",
		}
		if remotetest.CanName("star*") {
			c.MustPut("PUT star*", "x", "7")
			texts["star*"] = "7"
		}
		c.MustPut("PUT", "empty", "")
		c.OK("CD sub")
		c.MustPut("PUT", "deep", "8")
		c.MustPut("PUT ../up", "x", "9")
		for name, text := range texts {
			require.Equal(t, text, h.Read(t, name), name)
		}
		h.RequireNoParts(t)
	})
}

func TestPutRefuses(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		left := remotetest.Plant(t, h.Dir, map[string]string{"door": "@sub"})
		if len(left) > 0 {
			left = append(left, "a link")
		}
		require.NoError(t, os.Mkdir(filepath.Join(h.Dir, "sub/taken"), 0o777))
		c := h.Client(t)
		for _, by := range []struct {
			line, name string
			code       codec.Code
		}{
			{"PUT", "hello.txt", codec.Exists},
			{"PUT hello.txt", "x", codec.Exists},
			{"PUT -f", "a link", codec.NotRegular},
			{`PUT -f "a link"`, "x", codec.NotRegular},
			{"PUT -f sub", "taken", codec.IsDirectory},
			{"PUT nova/x", "x", codec.NotFound},
			{"PUT nova/", "x", codec.NotFound},
			{"PUT hello.txt/x", "x", codec.NotDirectory},
			{"PUT -f hello.txt/", "x", codec.NotDirectory},
			{"PUT -t hello.txt", "x", codec.NotDirectory},
			{"PUT -t nova", "x", codec.NotFound},
			{"PUT -f /dev/null", "x", codec.NotRegular},
			{"PUT", "../x", codec.BadName},
			{"PUT", "a/b", codec.BadName},
			{"PUT", "/etc/x", codec.BadName},
			{"PUT", ".", codec.BadName},
			{"PUT", "..", codec.BadName},
			{"PUT", strings.Repeat("x", 256), codec.BadName},
			{"PUT " + strings.Repeat("x", 256), "x", codec.BadName},
			{"PUT ..", "a/b", codec.BadName},
		} {
			if strings.Contains(by.line+by.name, "a link") && len(left) > 0 ||
				by.line == "PUT -f /dev/null" && runtime.GOOS == "windows" {
				continue
			}
			err := c.Put(t.Context(), by.line, by.name, []byte("text"))
			e := c.RequireCode(err, by.line+" "+by.name, by.code)
			require.NotEmpty(t, e.Name, by.line)
		}
		require.Equal(t, "hello, world\n", h.Read(t, "hello.txt"))
		if len(left) == 0 {
			c.MustPut("PUT door", "through", "a folder's link is followed")
			require.FileExists(t, filepath.Join(h.Dir, "sub/through"))
		}
		h.RequireNoParts(t)
	})
}

func TestStreamsThatMakeNoSenseAreAnsweredAndLeaveNothing(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		for _, by := range []struct {
			line   string
			frames []string
			code   codec.Code
		}{
			{"PUT x", nil, codec.BadRequest},
			{"PUT x", []string{"DATA abc"}, codec.BadRequest},
			{"PUT x", []string{"SUM none"}, codec.BadRequest},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc"}, codec.BadRequest}, // END arrives
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "FILE f 0644 3 - y"}, codec.BadRequest},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM none", "SUM none"}, codec.BadRequest},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM none", "FILE f 0644 3 - y"}, codec.BadRequest},
			{"PUT x", []string{"FILE nonsense"}, codec.BadRequest},
			{"PUT x", []string{"FILE f 0644 03 - x"}, codec.BadRequest},
			{"PUT x", []string{"FILE"}, codec.BadRequest},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abcd", "SUM none"}, codec.Mismatch},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA ab", "SUM none"}, codec.Mismatch},
			{"PUT x", []string{"FILE f 0644 3 - x", "SUM none"}, codec.Mismatch},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM crc32c=00000000"}, codec.Mismatch},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM"}, codec.BadRequest},
			// the right sum, but in capitals
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM crc32c=364B3FB7"}, codec.BadRequest},
			{
				"PUT x",
				[]string{
					"FILE f 0644 3 - x sum=sha256",
					"DATA abc",
					"SUM crc32c=364b3fb7 sha256=BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
				},
				codec.BadRequest,
			},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM nonsense"}, codec.BadRequest},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM error=changed"}, codec.Changed},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM error=nova"}, codec.Internal},
			{"PUT x", []string{"FILE d 0755 - - x"}, codec.Unsupported},
			{"PUT x", []string{"FILE l 0777 - - x /etc/passwd"}, codec.Unsupported},
			{"PUT x", []string{"FILE p 0644 - - x"}, codec.Unsupported},
			{
				"PUT -t .",
				[]string{
					"FILE f 0644 1 - a",
					"DATA 1",
					"SUM none",
					"FILE f 0644 1 - ../b",
					"DATA 2",
					"SUM none",
					"FILE f 0644 1 - c",
					"DATA 3",
					"SUM none",
				},
				codec.Partial,
			},
		} {
			r := remotetest.NewRequest(t, by.line)
			r.Send = remotetest.Sending(by.frames...)
			_, err := c.Call(t.Context(), r)
			c.RequireCode(err, fmt.Sprint(by.line, by.frames), by.code)
			if by.code != codec.BadRequest { // otherwise a file may have been complete before the error
				require.NoFileExists(t, filepath.Join(h.Dir, "x"))
			}
			_ = os.Remove(filepath.Join(h.Dir, "x"))
			h.RequireNoParts(t)
			c.OK("PING")
		}
		require.Equal(t, "1", h.Read(t, "a"))
		require.Equal(t, "3", h.Read(t, "c"))
		require.NoFileExists(t, filepath.Join(filepath.Dir(h.Dir), "b"))
	})
}

// A stream of trees or of several files may be empty.
func TestPutOfNothingIsFineWhereItMayBeAnyNumber(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		for _, line := range []string{"PUT -t", "PUT -r", "PUT -tr ."} {
			r := remotetest.NewRequest(t, line)
			r.Send = remotetest.Sending()
			got, err := c.Call(t.Context(), r)
			require.NoError(t, err, line)
			files, ok := got.Pairs.Int("files")
			require.True(t, ok)
			require.Zero(t, files)
		}
	})
}

func TestPutOfSeveralReportsEachThatFailed(t *testing.T) {
	remotetest.InMemory(t)
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		c := h.Client(t)
		var frames []string
		for i := range 600 { // more than maxNotes
			name := fmt.Sprintf("file%d", i)
			if i%2 == 0 {
				name = "hello.txt"
			}
			frames = append(frames, "FILE f 0600 1 - "+name, "DATA 1", "SUM none")
		}
		r := remotetest.NewRequest(t, "PUT -t .")
		r.Send = remotetest.Sending(frames...)
		got, err := c.Call(t.Context(), r)
		e := c.RequireCode(err, "PUT -t", codec.Partial)
		require.Equal(
			t,
			codec.Pairs{
				{Key: "failed", Value: "300"},
				{Key: "done", Value: "300"},
				{Key: "files", Value: "300"},
				{Key: "bytes", Value: "300"},
			},
			e.More,
		)
		require.NotEmpty(t, got.Notes)
		require.Equal(t, "exists hello.txt \"exists already\"\n", got.Notes[0])
		require.Equal(t, "1", h.Read(t, "file599"))
		require.Equal(t, "hello, world\n", h.Read(t, "hello.txt"))
	})
}

func TestFileWithSetuidIsRefused(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	for _, mode := range []string{"4755", "2755", "7751"} {
		r := remotetest.NewRequest(t, "PUT x")
		r.Send = remotetest.Sending("FILE f "+mode+" 3 - x", "DATA abc", "SUM none")
		_, err := c.Call(t.Context(), r)
		c.RequireCode(err, "PUT", codec.Unsupported)
		require.NoFileExists(t, filepath.Join(h.Dir, "x"))
	}
}

func TestLandedFileHasItsModeAndTime(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	r := remotetest.NewRequest(t, "PUT x")
	r.Send = remotetest.Sending("FILE f 1751 3 2001-02-03T04:05:06.000000700Z x", "DATA abc", "SUM none")
	_, err := c.Call(t.Context(), r)
	require.NoError(t, err)
	fi, err := os.Stat(filepath.Join(h.Dir, "x"))
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, fs.FileMode(0o751), fi.Mode(), "without sticky")
	}
	require.Equal(t, time.Date(2001, 2, 3, 4, 5, 6, 700, time.UTC), fi.ModTime().UTC())
}

// The first file lands, and no file is a mixture of two.
func TestClientsThatPutOneNameAtOnceNeverMix(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		const clients = 8
		texts := map[string]bool{}
		var all []*remotetest.Client
		for range clients {
			all = append(all, h.Client(t))
		}
		for i := range clients {
			texts[strings.Repeat(fmt.Sprint(i), 300_000)] = true
		}
		for round := range 20 {
			var wg sync.WaitGroup
			var mu sync.Mutex
			landed := 0
			for i, c := range all {
				wg.Go(func() {
					err := c.Put(t.Context(), "PUT -f same", "same", []byte(strings.Repeat(fmt.Sprint(i), 300_000)))
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						landed++
					} else if !errors.Is(err, &codec.Error{Code: codec.Busy}) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			require.NotZero(t, landed, "round %d", round)
			require.True(t, texts[h.Read(t, "same")], "round %d: a mixture", round)
			h.RequireNoParts(t)
		}
	})
}
