//go:build unix

package remote_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/codec/trust"
)

func hexOf[T string | []byte](text T) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func TestGetGoesOnWhereTheClientIs(t *testing.T) {
	text := strings.Repeat("0123456789", 100_000)
	h := newHelped(t, false)
	h.write(t, "file", text)
	c := h.client(t)
	sum := c.ok("GET file").sums[0]
	have := func(n int, sum string) string { return fmt.Sprintf("GET --have %d,%s file", n, sum) }
	for _, n := range []int{1, 10, 300_000, len(text) - 1, len(text)} {
		got := c.ok(have(n, hexOf(text[:n])))
		require.True(t, strings.HasSuffix(got.files[0], fmt.Sprintf(" file from=%d", n)), got.files[0])
		require.Equal(t, text[n:], got.data)
		require.Equal(t, []string{sum}, got.sums, "over the whole file")
		require.Equal(t, codec.Pairs{{Key: "files", Value: "1"}, {Key: "bytes", Value: fmt.Sprint(len(text) - n)}}, got.pairs)
	}
	for _, by := range []struct{ line, why string }{
		{have(10, hexOf("0123456780")), ` "why=its beginning has changed"`},
		{have(300_000, hexOf(text[1:300_001])), ` "why=its beginning has changed"`},
		{have(len(text)+1, hexOf(text+"0")), ` "why=it has only 1000000 bytes now"`},
		{have(1<<62, hexOf(text)), ` "why=it has only 1000000 bytes now"`},
		{have(0, hexOf("")), ""},
	} {
		got := c.ok(by.line)
		require.True(t, strings.HasSuffix(got.files[0], " file"+by.why), got.files[0])
		require.Equal(t, text, got.data)
		require.Equal(t, []string{sum}, got.sums)
	}
	got := c.ok("GET --sum sha256 --have 10," + hexOf(text[:10]) + " file")
	require.Equal(t, []string{sum + " sha256=" + hexOf(text)}, got.sums)
	c.fails("GET --have 1,"+hexOf("x")+" nova", codec.NotFound)
	c.fails("GET --have 1,"+hexOf("x")+" .", codec.IsDirectory)
}

func TestHashOfWhatTheClientHasIsCancelled(t *testing.T) {
	h := newHelped(t, false)
	h.big(t)
	r := h.raw(t)
	r.say(t, "GET", "--have", fmt.Sprint(1<<39)+","+hexOf("x"), "big")
	r.say(t, "STOP")
	require.Equal(t, said{codec.ERR, "cancelled cancelled\n"}, r.next(t))
}

// broken begins a PUT of text that is broken off after at least n bytes, by
// what how does.
func (c *client) broken(line, name, text string, n int, how func(cancel func())) error {
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	r := request(c.t, line)
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		err := errors.Join(up.Write(codec.FILE, fmt.Appendf(nil, "f 0600 %d - %s\n", len(text), name)), up.Write(codec.DATA, []byte(text[:n])), up.Flush())
		how(cancel)
		<-ctx.Done()
		return err
	}
	_, err := c.Do(ctx, r)
	return err
}

// resume goes on with a PUT at from.
func (c *client) resume(line, name, text string, from int) (codec.Pairs, error) {
	r := request(c.t, line)
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		path := filepath.Join(c.t.TempDir(), "f")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		s := transfer.Sender{To: up.Conn}
		e := codec.Entry{Kind: codec.Regular, Mode: 0o600, Size: int64(len(text)), Name: name}
		return s.Resume(ctx, e, f, transfer.Prefix{Size: int64(from), SHA256: hexOf(text[:from])})
	}
	return c.Do(c.t.Context(), r)
}

// had waits for a part of name and returns how much of text it has.
func (c *client) had(line, text string) int {
	c.t.Helper()
	pairs := c.ok(line).pairs
	n, ok := pairs.Int("have")
	require.True(c.t, ok)
	sum, _ := pairs.Get("sha256")
	if n > 0 {
		require.Equal(c.t, hexOf(text[:n]), sum)
	} else {
		require.Empty(c.t, sum)
	}
	return int(n)
}

func TestPutThatWasBrokenOffGoesOn(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 100_000)
	for name, how := range map[string]func(c *client) func(cancel func()){
		"stopped": func(*client) func(func()) { return func(cancel func()) { cancel() } },
		"lost":    func(c *client) func(func()) { return func(func()) { c.net.Close() } },
		"closed":  func(c *client) func(func()) { return func(func()) { go c.Close() } },
	} {
		t.Run(name, func(t *testing.T) {
			overEach(t, func(t *testing.T, h *helped) {
				c := h.client(t)
				require.Zero(t, c.had("PART file 1600000", text))
				require.Error(t, c.broken("PUT", "file", text, 800_000, func(cancel func()) {
					h.requireSomeOfAPart(t)
					how(c)(cancel)
				}))
				c.Close()
				c = h.client(t)
				eventually(t, "the part is still in use", func() bool {
					_, err := c.call(t.Context(), request(t, "PART file 1600000"))
					return !errors.Is(err, &codec.Error{Code: codec.Busy})
				})
				n := c.had("PART file 1600000", text)
				require.Positive(t, n)
				require.LessOrEqual(t, n, 800_000)
				require.Equal(t, n, c.had("PART . 1600000 file", text))
				require.Equal(t, n, c.had("PART file 1600001", text), "it may have grown")
				require.Zero(t, c.had("PART file2 1600000", text))
				require.NoFileExists(t, filepath.Join(h.dir, "file"))
				n = c.had("PART file 1600000", text)
				pairs, err := c.resume("PUT", "file", text, n)
				require.NoError(t, err)
				require.Equal(t, codec.Pairs{{Key: "files", Value: "1"}, {Key: "bytes", Value: fmt.Sprint(len(text) - n)}}, pairs)
				require.Equal(t, text, h.read(t, "file"))
				h.requireNoParts(t)
				require.Zero(t, c.had("PART file 1600000", text))
			})
		})
	}
}

// A file that has grown since goes on, as long as it begins as it did, and one
// that is another begins anew. Neither leaves the part behind.
func TestPutOfAFileOfAnotherSizeThanBefore(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 100_000)
	h := newHelped(t, true)
	c := h.client(t)
	brokenOff := func() int {
		require.Error(t, c.broken("PUT", "file", text, 800_000, func(cancel func()) {
			h.requireSomeOfAPart(t)
			cancel()
		}))
		return c.had("PART file 1600000", text)
	}
	for name, by := range map[string]struct {
		now    string
		goesOn bool
	}{
		"it has grown":                     {text + "more", true},
		"it has shrunk behind what came":   {text[:len(text)-1], true},
		"it is shorter than what has come": {text[:10], false},
		"it is another":                    {"x" + text, false},
	} {
		t.Run(name, func(t *testing.T) {
			n := brokenOff()
			pairs := c.ok(fmt.Sprintf("PART file %d", len(by.now))).pairs
			require.Equal(t, codec.Pairs{codec.PairOf("have", n), {Key: "sha256", Value: hexOf(text[:n])}}, pairs)
			if by.goesOn {
				_, err := c.resume("PUT", "file", by.now, n)
				require.NoError(t, err)
			} else {
				c.putting("PUT", "file", by.now)
			}
			require.Equal(t, by.now, h.read(t, "file"))
			h.requireNoParts(t)
			require.NoError(t, os.Remove(filepath.Join(h.dir, "file")))
		})
	}
}

// What is put from a pipe cannot go on.
func TestPutOfUnknownSizeLeavesNoPart(t *testing.T) {
	h := newHelped(t, true)
	c := h.client(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := request(t, "PUT")
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		err := errors.Join(up.Write(codec.FILE, []byte("f 0600 - - file\n")), up.Write(codec.DATA, []byte("abc")), up.Flush())
		h.requireSomeOfAPart(t)
		cancel()
		<-ctx.Done()
		return err
	}
	_, err := c.Do(ctx, r)
	requireCancelled(t, err)
	eventually(t, "the part stays", func() bool { return len(parts(t, h.dir)) == 0 })
}

func TestPutDoesNotGoOnWithWhatIsNotThere(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 100_000)
	h := newHelped(t, true)
	c := h.client(t)
	brokenOff := func() int {
		require.Error(t, c.broken("PUT", "file", text, 800_000, func(cancel func()) {
			h.requireSomeOfAPart(t)
			cancel()
		}))
		return c.had("PART file 1600000", text)
	}
	for name, meanwhile := range map[string]func(part string, n int) (from int){
		"fewer bytes":  func(_ string, n int) int { return n - 1 },
		"more bytes":   func(_ string, n int) int { return n + 1 },
		"it has grown": func(part string, n int) int { return n + len(appended(t, part)) - 1 },
		"other bytes":  func(part string, n int) int { altered(t, part); return n },
		"it is gone":   func(part string, n int) int { require.NoError(t, os.Remove(part)); return n },
		"nobody asked": func(_ string, n int) int { c = h.client(t); return n },
		"a link to it": func(part string, n int) int { require.NoError(t, os.Link(part, part+"x")); return n },
		"it is a symlink": func(part string, n int) int {
			require.NoError(t, os.Rename(part, part+"x"))
			require.NoError(t, os.Symlink(part+"x", part))
			return n
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := brokenOff()
			require.Positive(t, n)
			part := parts(t, h.dir)[0]
			_, err := c.resume("PUT", "file", text, meanwhile(part, n))
			require.Error(t, err)
			require.NotErrorIs(t, err, link.ErrLost)
			require.NoFileExists(t, filepath.Join(h.dir, "file"))
			_ = os.Remove(part + "x")
			if fi, err := os.Lstat(part); err == nil && fi.Mode()&os.ModeSymlink != 0 {
				require.NoError(t, os.Remove(part))
			}
			// from its beginning it can always be put
			c.putting("PUT", "file", text)
			require.Equal(t, text, h.read(t, "file"))
			h.requireNoParts(t)
			require.NoError(t, os.Remove(filepath.Join(h.dir, "file")))
		})
	}
}

func appended(t *testing.T, path string) string {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	_, err = f.WriteString("xx")
	require.NoError(t, err)
	return "xx"
}

func altered(t *testing.T, path string) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	_, err = f.WriteAt([]byte("!"), 7)
	require.NoError(t, err)
}

// requireSomeOfAPart waits until something of a file has come.
func (h *helped) requireSomeOfAPart(t testing.TB) {
	t.Helper()
	eventually(t, "nothing comes", func() bool {
		for _, path := range parts(t, h.dir) {
			if fi, err := os.Stat(path); err == nil && fi.Size() > 0 {
				return true
			}
		}
		return false
	})
}

// What is wrong with a stream is not there to go on with.
func TestPutThatFailsLeavesNoPart(t *testing.T) {
	h := newHelped(t, true)
	c := h.client(t)
	for _, frames := range [][]string{
		{"FILE f 0644 5 - x", "DATA abc"}, // END comes
		{"FILE f 0644 5 - x", "DATA abc", "SUM none"},
		{"FILE f 0644 5 - x", "DATA abcde", "SUM crc32c=00000000"},
		{"FILE f 0644 5 - x", "DATA abc", "SUM error=changed"},
		{"FILE f 0644 5 - x", "DATA abc", "FILE f 0644 5 - y"},
	} {
		r := request(t, "PUT")
		r.Send = sending(frames...)
		_, err := c.call(t.Context(), r)
		require.Error(t, err)
		h.requireNoParts(t)
		require.Zero(t, c.had("PART x 5", ""))
	}
}

func TestPartOfAnotherPeerIsNobodyElses(t *testing.T) {
	text := strings.Repeat("secret", 100_000)
	n := newNetwork(t)
	ann, _ := n.as(t, n.peer)
	bob, _ := n.as(t, n.invited(t, "bob", trust.AllRights))
	require.Error(t, ann.broken("PUT", "file", text, 300_000, func(cancel func()) {
		n.requireSomeOfAPart(t)
		cancel()
	}))
	require.Zero(t, bob.had("PART file 600000", ""))
	require.Positive(t, ann.had("PART file 600000", text))
	_, err := bob.resume("PUT", "file", text, ann.had("PART file 600000", text))
	require.ErrorIs(t, err, &codec.Error{Code: codec.Changed})
	bob.putting("PUT", "file", "of bob")
	require.Positive(t, ann.had("PART file 600000", text))
	got, err := ann.resume("PUT -f", "file", text, ann.had("PART file 600000", text))
	require.NoError(t, err, got)
	require.Equal(t, text, n.read(t, "file"))
}

func TestPartInUseIsBusy(t *testing.T) {
	h := newHelped(t, true)
	first, second := h.client(t), h.client(t)
	err := first.broken("PUT", "file", strings.Repeat("x", 1000), 500, func(cancel func()) {
		eventually(t, "it does not begin", func() bool {
			_, err := second.call(t.Context(), request(t, "PART file 1000"))
			return errors.Is(err, &codec.Error{Code: codec.Busy})
		})
		cancel()
	})
	requireCancelled(t, err)
	require.Equal(t, 500, second.had("PART file 1000", strings.Repeat("x", 1000)))
}

func TestPartsOfSeveralFilesGoOn(t *testing.T) {
	texts := map[string]string{"a": strings.Repeat("a", 500_000), "b": strings.Repeat("b", 600_000)}
	h := newHelped(t, true)
	require.NoError(t, os.Mkdir(filepath.Join(h.dir, "into"), 0o777))
	c := h.client(t)
	for name, text := range texts {
		requireCancelled(t, c.broken("PUT -t into", name, text, 300_000, func(cancel func()) {
			(&helped{dir: filepath.Join(h.dir, "into")}).requireSomeOfAPart(t)
			cancel()
		}))
	}
	have := map[string]int{}
	for name, text := range texts {
		have[name] = c.had(fmt.Sprintf("PART into %d %s", len(text), name), text)
	}
	r := request(t, "PUT -t into")
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		for name, text := range texts {
			s := transfer.Sender{To: up.Conn}
			if err := s.File(ctx, codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: 1, Name: "small" + name}, strings.NewReader("1")); err != nil {
				return err
			}
			e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: int64(len(text)), Name: name, More: codec.Pairs{codec.PairOf("from", have[name])}}
			var whole bytes.Buffer // whose SUM is that of all
			to := transfer.Sender{To: codec.NewConn(nopConn{&whole})}
			if err := to.File(ctx, e, strings.NewReader(text)); err != nil {
				return err
			}
			words, err := codec.Split(to.Sum)
			if err != nil {
				return err
			}
			if err := errors.Join(up.Write(codec.FILE, append(e.Append(nil), '\n')), up.Write(codec.DATA, []byte(text[have[name]:])), up.WriteWords(codec.SUM, words...)); err != nil {
				return err
			}
		}
		return nil
	}
	got, err := c.call(t.Context(), r)
	require.NoError(t, err, got.notes)
	for name, text := range texts {
		require.Equal(t, text, h.read(t, "into/"+name))
	}
}

func TestPartOfOldBytesIsCancelled(t *testing.T) {
	h := newHelped(t, false)
	c := h.client(t)
	size := fmt.Sprint(1 << 40)
	r := request(t, "PUT file")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		err := errors.Join(up.Write(codec.FILE, []byte("f 0600 "+size+" - file\n")), up.Write(codec.DATA, []byte("x")), up.Flush())
		h.requireSomeOfAPart(t)
		cancel()
		return err
	}
	_, err := c.Do(ctx, r)
	requireCancelled(t, err)
	require.NoError(t, os.Truncate(parts(t, h.dir)[0], 1<<39))
	raw := h.raw(t)
	raw.say(t, "PART", "file", size)
	raw.say(t, "STOP")
	require.Equal(t, said{codec.ERR, "cancelled cancelled\n"}, raw.next(t))
}

func TestPartRefuses(t *testing.T) {
	h := newHelped(t, false)
	h.furnish(t)
	c := h.client(t)
	for line, code := range map[string]codec.Code{
		"PART": codec.BadRequest, "PART x": codec.BadRequest, "PART x y": codec.BadRequest, "PART x -1": codec.BadRequest, "PART x 1 y z": codec.BadRequest, "PART nova/x 1": codec.NotFound,
		"PART sub 1 ../x": codec.BadName, "PART sub 1 a/b": codec.BadName, `PART sub 1 ""`: codec.BadName, "PART hello.txt/x 1": codec.NotDirectory,
	} {
		c.fails(line, code)
	}
	for _, line := range []string{"PART hello.txt 13", "PART sub 1", "PART sub 1 x", "PART new 1 x", `PART "a link" 1`} {
		require.Zero(t, c.had(line, ""), line)
	}
}

// A server that goes down lets a transfer be gone on with.
func TestPutThatTheServersEndBreaksOffGoesOn(t *testing.T) {
	n := newNetwork(t)
	c, _ := n.as(t, n.peer)
	half := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- c.broken("PUT", "file", strings.Repeat("x", 1000), 500, func(func()) { close(half) })
	}()
	<-half
	eventually(t, "it does not begin", func() bool { return len(parts(t, n.dir)) == 1 })
	c.net.Close()
	n.stop()
	require.Error(t, <-done)
	require.Len(t, parts(t, n.dir), 1)
}

type nopConn struct{ *bytes.Buffer }

func (nopConn) Close() error { return nil }
