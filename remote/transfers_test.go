//go:build unix

package remote_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestGetSendsFiles(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		h.write(t, "empty", "")
		h.write(t, "big", strings.Repeat("0123456789abcdef", 100_000))
		require.NoError(t, os.Chmod(filepath.Join(h.dir, "hello.txt"), 0o4751))
		when := time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC)
		require.NoError(t, os.Chtimes(filepath.Join(h.dir, "hello.txt"), when, when))
		c := h.client(t)
		got := c.ok("GET hello.txt")
		require.Equal(t, []string{"f 0751 13 2001-02-03T04:05:06.000000007Z hello.txt"}, got.files)
		require.Equal(t, "hello, world\n", got.data)
		require.Equal(t, codec.Pairs{{Key: "files", Value: "1"}, {Key: "bytes", Value: "13"}}, got.pairs)
		files, err := c.get(`GET empty sub/inner.txt big "a link"`)
		require.NoError(t, err)
		require.Equal(t, map[string]string{
			"empty": "", "inner.txt": "inner\n", "big": strings.Repeat("0123456789abcdef", 100_000), "a link": "hello, world\n",
		}, files, "under their last component, links followed")
		files, err = c.get("GET *.txt")
		require.NoError(t, err)
		require.Len(t, files, 1)
		for path, code := range map[string]codec.Code{
			"nova": codec.NotFound, "sub": codec.IsDirectory, "/dev/null": codec.NotRegular, "*.nova": codec.NotFound, "hello.txt/x": codec.NotDirectory, ".": codec.IsDirectory, "/": codec.IsDirectory,
		} {
			got, _ := c.fails("GET "+path, code)
			require.Empty(t, got.files)
		}
		got, e := c.fails("GET nova hello.txt sub", codec.Partial)
		require.Len(t, got.notes, 2)
		require.Len(t, got.files, 1)
		require.Equal(t, codec.Pairs{{Key: "failed", Value: "2"}, {Key: "done", Value: "1"}, {Key: "files", Value: "1"}, {Key: "bytes", Value: "13"}}, e.More)
	})
}

func TestGetRefusesTwoFilesOfOneNameBeforeTheFirstByte(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "one/same", "1")
	h.write(t, "two/same", "2")
	c := h.client(t)
	for _, line := range []string{"GET one/same two/same", "GET */same", "GET one/same one/same"} {
		got, _ := c.fails(line, codec.BadRequest)
		require.Empty(t, got.files)
	}
}

func TestGetOfAShrinkingFileIsNeverASuccess(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, h *helped) {
		path := filepath.Join(h.dir, "big")
		c := h.client(t)
		for range 10 {
			h.write(t, "big", strings.Repeat("x", 16<<20))
			var sums []string
			r := request(t, "GET big")
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
			c.requireCode(err, "GET", codec.Changed)
			require.Equal(t, []string{"error=changed\n"}, sums)
			c.ok("PING")
		}
	})
}

// Who asks for a file by its name is not given another's content; one that
// nobody else can have any more is.
func TestGetOfAFileThatLosesItsName(t *testing.T) {
	for name, test := range map[string]struct {
		does func(path string) error
		code codec.Code
	}{
		"it is replaced": {func(path string) error {
			return errors.Join(os.WriteFile(path+".new", []byte("new"), 0o600), os.Rename(path+".new", path))
		}, codec.Changed},
		"it is deleted": {os.Remove, ""},
		"it is renamed": {func(path string) error { return os.Rename(path, path+".old") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHelped(t, false)
			h.write(t, "big", strings.Repeat("x", 16<<20))
			c := h.client(t)
			r, n, done := request(t, "GET big"), 0, false
			r.Recv = func(f codec.Frame) error {
				if f.Verb == codec.DATA {
					n += len(f.Body)
				}
				if done || f.Verb != codec.DATA {
					return nil
				}
				done = true
				return test.does(filepath.Join(h.dir, "big"))
			}
			_, err := c.Do(t.Context(), r)
			if test.code != "" {
				c.requireCode(err, "GET", test.code)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, 16<<20, n)
		})
	}
}

func TestGetOfAGrowingFileHasTheLengthAtOpen(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "log", strings.Repeat("x", 8<<20))
	f, err := os.OpenFile(filepath.Join(h.dir, "log"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	n := 0
	r := request(t, "GET log")
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
	pairs, err := h.client(t).Do(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, 8<<20, n)
	require.Equal(t, codec.Pairs{{Key: "files", Value: "1"}, {Key: "bytes", Value: fmt.Sprint(8 << 20)}}, pairs)
}

func TestPutLands(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		c := h.client(t)
		c.putting("PUT", "plain", "1")
		c.putting("PUT renamed", "other", "2")
		c.putting("PUT sub", "into", "3")
		c.putting("PUT sub/", "into2", "4")
		c.putting("PUT .", "here", "5")
		c.putting("PUT -f hello.txt", "x", "6")
		c.putting("PUT star*", "x", "7")
		c.putting("PUT", "empty", "")
		c.ok("CD sub")
		c.putting("PUT", "deep", "8")
		c.putting("PUT ../up", "x", "9")
		for name, text := range map[string]string{
			"plain": "1", "renamed": "2", "sub/into": "3", "sub/into2": "4", "here": "5", "hello.txt": "6", "star*": "7", "empty": "", "sub/deep": "8", "up": "9",
		} {
			require.Equal(t, text, h.read(t, name), name)
		}
		h.requireNoParts(t)
	})
}

func TestPutRefuses(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		require.NoError(t, os.Symlink("sub", filepath.Join(h.dir, "door")))
		require.NoError(t, os.Mkdir(filepath.Join(h.dir, "sub/taken"), 0o777))
		c := h.client(t)
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
			err := c.put(t.Context(), by.line, by.name, []byte("text"))
			e := c.requireCode(err, by.line+" "+by.name, by.code)
			require.NotEmpty(t, e.Name, by.line)
		}
		require.Equal(t, "hello, world\n", h.read(t, "hello.txt"))
		c.putting("PUT door", "through", "a folder's link is followed")
		require.FileExists(t, filepath.Join(h.dir, "sub/through"))
		h.requireNoParts(t)
	})
}

func TestStreamsThatMakeNoSenseAreAnsweredAndLeaveNothing(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		for _, by := range []struct {
			line   string
			frames []string
			code   codec.Code
		}{
			{"PUT x", nil, codec.BadRequest},
			{"PUT x", []string{"DATA abc"}, codec.BadRequest},
			{"PUT x", []string{"SUM none"}, codec.BadRequest},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc"}, codec.BadRequest}, // END comes
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
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM crc32c=364B3FB7"}, codec.BadRequest}, // right but for the capitals
			{"PUT x", []string{"FILE f 0644 3 - x sum=sha256", "DATA abc", "SUM crc32c=364b3fb7 sha256=BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"}, codec.BadRequest},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM nonsense"}, codec.BadRequest},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM error=changed"}, codec.Changed},
			{"PUT x", []string{"FILE f 0644 3 - x", "DATA abc", "SUM error=nova"}, codec.Internal},
			{"PUT x", []string{"FILE d 0755 - - x"}, codec.Unsupported},
			{"PUT x", []string{"FILE l 0777 - - x /etc/passwd"}, codec.Unsupported},
			{"PUT x", []string{"FILE p 0644 - - x"}, codec.Unsupported},
			{"PUT -t .", []string{"FILE f 0644 1 - a", "DATA 1", "SUM none", "FILE f 0644 1 - ../b", "DATA 2", "SUM none", "FILE f 0644 1 - c", "DATA 3", "SUM none"}, codec.Partial},
		} {
			r := request(t, by.line)
			r.Send = sending(by.frames...)
			_, err := c.call(t.Context(), r)
			c.requireCode(err, fmt.Sprint(by.line, by.frames), by.code)
			if by.code != codec.BadRequest { // there a file may have been whole before
				require.NoFileExists(t, filepath.Join(h.dir, "x"))
			}
			_ = os.Remove(filepath.Join(h.dir, "x"))
			h.requireNoParts(t)
			c.ok("PING")
		}
		require.Equal(t, "1", h.read(t, "a"))
		require.Equal(t, "3", h.read(t, "c"))
		require.NoFileExists(t, filepath.Join(filepath.Dir(h.dir), "b"))
	})
}

// A folder may be empty, and so may be what several files were to be.
func TestPutOfNothingIsFineWhereItMayBeAnyNumber(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		for _, line := range []string{"PUT -t", "PUT -r", "PUT -tr ."} {
			r := request(t, line)
			r.Send = sending()
			got, err := c.call(t.Context(), r)
			require.NoError(t, err, line)
			files, ok := got.pairs.Int("files")
			require.True(t, ok)
			require.Zero(t, files)
		}
	})
}

func TestPutOfSeveralReportsEachThatFailed(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		c := h.client(t)
		var frames []string
		for i := range 600 { // more than notes have room for
			name := fmt.Sprintf("file%d", i)
			if i%2 == 0 {
				name = "hello.txt"
			}
			frames = append(frames, "FILE f 0600 1 - "+name, "DATA 1", "SUM none")
		}
		r := request(t, "PUT -t .")
		r.Send = sending(frames...)
		got, err := c.call(t.Context(), r)
		e := c.requireCode(err, "PUT -t", codec.Partial)
		require.Equal(t, codec.Pairs{{Key: "failed", Value: "300"}, {Key: "done", Value: "300"}, {Key: "files", Value: "300"}, {Key: "bytes", Value: "300"}}, e.More)
		require.NotEmpty(t, got.notes)
		require.Equal(t, "exists hello.txt \"exists already\"\n", got.notes[0])
		require.Equal(t, "1", h.read(t, "file599"))
		require.Equal(t, "hello, world\n", h.read(t, "hello.txt"))
	})
}

func TestFileWithSetuidIsRefused(t *testing.T) {
	h := newHelped(t, false)
	c := h.client(t)
	for _, mode := range []string{"4755", "2755", "7751"} {
		r := request(t, "PUT x")
		r.Send = sending("FILE f "+mode+" 3 - x", "DATA abc", "SUM none")
		_, err := c.call(t.Context(), r)
		c.requireCode(err, "PUT", codec.Unsupported)
		require.NoFileExists(t, filepath.Join(h.dir, "x"))
	}
}

func TestLandedFileHasItsModeAndTime(t *testing.T) {
	h := newHelped(t, false)
	c := h.client(t)
	r := request(t, "PUT x")
	r.Send = sending("FILE f 1751 3 2001-02-03T04:05:06.000000007Z x", "DATA abc", "SUM none")
	_, err := c.call(t.Context(), r)
	require.NoError(t, err)
	fi, err := os.Stat(filepath.Join(h.dir, "x"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o751), fi.Mode(), "without sticky")
	require.Equal(t, time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC), fi.ModTime().UTC())
}

// Whoever is first lands; nobody gets a mixture.
func TestClientsThatPutOneNameAtOnceNeverMix(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		const clients = 8
		texts := map[string]bool{}
		var all []*client
		for range clients {
			all = append(all, h.client(t))
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
					err := c.put(t.Context(), "PUT -f same", "same", []byte(strings.Repeat(fmt.Sprint(i), 300_000)))
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
			require.True(t, texts[h.read(t, "same")], "round %d: a mixture", round)
			h.requireNoParts(t)
		}
	})
}
