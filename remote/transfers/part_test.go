package transfers_test

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
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/codec/trust"
	"techsh/remote/remotetest"
)

func hexOf[T string | []byte](text T) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func TestGetGoesOnWhereTheClientIs(t *testing.T) {
	text := strings.Repeat("0123456789", 100_000)
	h := remotetest.New(t, false)
	h.Write(t, "file", text)
	c := h.Client(t)
	sum := c.OK("GET file").Sums[0]
	have := func(n int, sum string) string { return fmt.Sprintf("GET --have %d,%s file", n, sum) }
	for _, n := range []int{1, 10, 300_000, len(text) - 1, len(text)} {
		got := c.OK(have(n, hexOf(text[:n])))
		require.True(t, strings.HasSuffix(got.Files[0], fmt.Sprintf(" file from=%d", n)), got.Files[0])
		require.Equal(t, text[n:], got.Data)
		require.Equal(t, []string{sum}, got.Sums, "over the whole file")
		require.Equal(
			t,
			codec.Pairs{{Key: "files", Value: "1"}, {Key: "bytes", Value: fmt.Sprint(len(text) - n)}},
			got.Pairs,
		)
	}
	for _, by := range []struct{ line, why string }{
		{have(10, hexOf("0123456780")), ` "why=its beginning has changed"`},
		{have(300_000, hexOf(text[1:300_001])), ` "why=its beginning has changed"`},
		{have(len(text)+1, hexOf(text+"0")), ` "why=it has only 1000000 bytes now"`},
		{have(1<<62, hexOf(text)), ` "why=it has only 1000000 bytes now"`},
		{have(0, hexOf("")), ""},
	} {
		got := c.OK(by.line)
		require.True(t, strings.HasSuffix(got.Files[0], " file"+by.why), got.Files[0])
		require.Equal(t, text, got.Data)
		require.Equal(t, []string{sum}, got.Sums)
	}
	got := c.OK("GET --sum sha256 --have 10," + hexOf(text[:10]) + " file")
	require.Equal(t, []string{sum + " sha256=" + hexOf(text)}, got.Sums)
	c.Fails("GET --have 1,"+hexOf("x")+" nova", codec.NotFound)
	c.Fails("GET --have 1,"+hexOf("x")+" .", codec.IsDirectory)
}

func TestHashOfAPrefixIsCancelled(t *testing.T) {
	h := remotetest.New(t, false)
	remotetest.WriteBig(h, t)
	r := h.Raw(t)
	r.Say(t, "GET", "--have", fmt.Sprint(1<<39)+","+hexOf("x"), "big")
	r.Say(t, "STOP")
	require.Equal(t, remotetest.Said{Verb: codec.ERR, Body: "cancelled cancelled\n"}, r.Next(t))
}

// putBroken begins a PUT of text, and interrupts it by how after at least n bytes.
func putBroken(c *remotetest.Client, line, name, text string, n int, how func(cancel func())) error {
	ctx, cancel := context.WithCancel(c.T.Context())
	defer cancel()
	r := remotetest.NewRequest(c.T, line)
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		err := errors.Join(
			up.Write(codec.FILE, fmt.Appendf(nil, "f 0600 %d - %s\n", len(text), name)),
			up.Write(codec.DATA, []byte(text[:n])),
			up.Flush(),
		)
		how(cancel)
		<-ctx.Done()
		return err
	}
	_, err := c.Do(ctx, r)
	return err
}

// putResumed continues a PUT of text at from.
func putResumed(c *remotetest.Client, line, name, text string, from int) (codec.Pairs, error) {
	r := remotetest.NewRequest(c.T, line)
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		path := filepath.Join(c.T.TempDir(), "f")
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
		return s.Resume(ctx, e, f, landing.Prefix{Size: int64(from), SHA256: hexOf(text[:from])})
	}
	return c.Do(c.T.Context(), r)
}

// partSize waits for the answer to a PART, and returns how many bytes of text the part
// has.
func partSize(c *remotetest.Client, line, text string) int {
	c.T.Helper()
	pairs := c.OK(line).Pairs
	n, ok := pairs.Int("have")
	require.True(c.T, ok)
	sum, _ := pairs.Get("sha256")
	if n > 0 {
		require.Equal(c.T, hexOf(text[:n]), sum)
	} else {
		require.Empty(c.T, sum)
	}
	return int(n)
}

func TestPutThatWasBrokenOffGoesOn(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 100_000)
	for name, how := range map[string]func(c *remotetest.Client) func(cancel func()){
		"stopped": func(*remotetest.Client) func(func()) { return func(cancel func()) { cancel() } },
		"lost":    func(c *remotetest.Client) func(func()) { return func(func()) { c.Net.Close() } },
		"closed":  func(c *remotetest.Client) func(func()) { return func(func()) { go c.Close() } },
	} {
		t.Run(name, func(t *testing.T) {
			remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
				c := h.Client(t)
				require.Zero(t, partSize(c, "PART file 1600000", text))
				require.Error(t, putBroken(c, "PUT", "file", text, 800_000, func(cancel func()) {
					requireSomeOfAPart(h, t)
					how(c)(cancel)
				}))
				c.Close()
				c = h.Client(t)
				remotetest.Eventually(t, "the part is still in use", func() bool {
					_, err := c.Call(t.Context(), remotetest.NewRequest(t, "PART file 1600000"))
					return !errors.Is(err, &codec.Error{Code: codec.Busy})
				})
				n := partSize(c, "PART file 1600000", text)
				require.Positive(t, n)
				require.LessOrEqual(t, n, 800_000)
				require.Equal(t, n, partSize(c, "PART . 1600000 file", text))
				require.Equal(t, n, partSize(c, "PART file 1600001", text), "it may have grown")
				require.Zero(t, partSize(c, "PART file2 1600000", text))
				require.NoFileExists(t, filepath.Join(h.Dir, "file"))
				n = partSize(c, "PART file 1600000", text)
				pairs, err := putResumed(c, "PUT", "file", text, n)
				require.NoError(t, err)
				require.Equal(
					t,
					codec.Pairs{{Key: "files", Value: "1"}, {Key: "bytes", Value: fmt.Sprint(len(text) - n)}},
					pairs,
				)
				require.Equal(t, text, h.Read(t, "file"))
				h.RequireNoParts(t)
				require.Zero(t, partSize(c, "PART file 1600000", text))
			})
		})
	}
}

// A file that has grown since is continued if its beginning is the same. Another file is
// sent from its beginning. No part is left in either case.
func TestPutOfAFileOfAnotherSizeThanBefore(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 100_000)
	h := remotetest.New(t, true)
	c := h.Client(t)
	brokenOff := func() int {
		require.Error(t, putBroken(c, "PUT", "file", text, 800_000, func(cancel func()) {
			requireSomeOfAPart(h, t)
			cancel()
		}))
		return partSize(c, "PART file 1600000", text)
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
			pairs := c.OK(fmt.Sprintf("PART file %d", len(by.now))).Pairs
			require.Equal(t, codec.Pairs{codec.PairOf("have", n), {Key: "sha256", Value: hexOf(text[:n])}}, pairs)
			if by.goesOn {
				_, err := putResumed(c, "PUT", "file", by.now, n)
				require.NoError(t, err)
			} else {
				c.MustPut("PUT", "file", by.now)
			}
			require.Equal(t, by.now, h.Read(t, "file"))
			h.RequireNoParts(t)
			require.NoError(t, os.Remove(filepath.Join(h.Dir, "file")))
		})
	}
}

// A PUT from a pipe cannot be continued.
func TestPutOfUnknownSizeLeavesNoPart(t *testing.T) {
	h := remotetest.New(t, true)
	c := h.Client(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := remotetest.NewRequest(t, "PUT")
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		err := errors.Join(
			up.Write(codec.FILE, []byte("f 0600 - - file\n")),
			up.Write(codec.DATA, []byte("abc")),
			up.Flush(),
		)
		requireSomeOfAPart(h, t)
		cancel()
		<-ctx.Done()
		return err
	}
	_, err := c.Do(ctx, r)
	remotetest.RequireCancelled(t, err)
	remotetest.Eventually(t, "the part stays", func() bool { return len(remotetest.Parts(t, h.Dir)) == 0 })
}

func TestPutContinuesOnlyThePartThatExists(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 100_000)
	h := remotetest.New(t, true)
	c := h.Client(t)
	brokenOff := func() int {
		require.Error(t, putBroken(c, "PUT", "file", text, 800_000, func(cancel func()) {
			requireSomeOfAPart(h, t)
			cancel()
		}))
		return partSize(c, "PART file 1600000", text)
	}
	for name, meanwhile := range map[string]func(part string, n int) (from int){
		"fewer bytes":  func(_ string, n int) int { return n - 1 },
		"more bytes":   func(_ string, n int) int { return n + 1 },
		"it has grown": func(part string, n int) int { return n + len(appended(t, part)) - 1 },
		"other bytes":  func(part string, n int) int { altered(t, part); return n },
		"it is gone":   func(part string, n int) int { require.NoError(t, os.Remove(part)); return n },
		"nobody asked": func(_ string, n int) int { c = h.Client(t); return n },
		"a link to it": func(part string, n int) int { require.NoError(t, os.Link(part, part+"x")); return n },
		"it is a symlink": func(part string, n int) int {
			require.NoError(t, os.Rename(part, part+"x"))
			if remotetest.CanLink(t) { // otherwise it is gone
				remotetest.Link(t, part+"x", part)
			}
			return n
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := brokenOff()
			require.Positive(t, n)
			part := remotetest.Parts(t, h.Dir)[0]
			_, err := putResumed(c, "PUT", "file", text, meanwhile(part, n))
			require.Error(t, err)
			require.NotErrorIs(t, err, link.ErrLost)
			require.NoFileExists(t, filepath.Join(h.Dir, "file"))
			_ = os.Remove(part + "x")
			if fi, err := os.Lstat(part); err == nil && fi.Mode()&os.ModeSymlink != 0 {
				require.NoError(t, os.Remove(part))
			}
			// a PUT from the beginning is always possible
			c.MustPut("PUT", "file", text)
			require.Equal(t, text, h.Read(t, "file"))
			h.RequireNoParts(t)
			require.NoError(t, os.Remove(filepath.Join(h.Dir, "file")))
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

// requireSomeOfAPart waits until some bytes of a part file were written.
func requireSomeOfAPart(h *remotetest.Remote, t testing.TB) {
	t.Helper()
	remotetest.Eventually(t, "nothing comes", func() bool {
		for _, path := range remotetest.Parts(t, h.Dir) {
			if fi, err := os.Stat(path); err == nil && fi.Size() > 0 {
				return true
			}
		}
		return false
	})
}

// A stream with a mistake leaves no part to continue.
func TestPutThatFailsLeavesNoPart(t *testing.T) {
	h := remotetest.New(t, true)
	c := h.Client(t)
	for _, frames := range [][]string{
		{"FILE f 0644 5 - x", "DATA abc"}, // END comes
		{"FILE f 0644 5 - x", "DATA abc", "SUM none"},
		{"FILE f 0644 5 - x", "DATA abcde", "SUM crc32c=00000000"},
		{"FILE f 0644 5 - x", "DATA abc", "SUM error=changed"},
		{"FILE f 0644 5 - x", "DATA abc", "FILE f 0644 5 - y"},
	} {
		r := remotetest.NewRequest(t, "PUT")
		r.Send = remotetest.Sending(frames...)
		_, err := c.Call(t.Context(), r)
		require.Error(t, err)
		h.RequireNoParts(t)
		require.Zero(t, partSize(c, "PART x 5", ""))
	}
}

func TestPartBelongsToItsPeer(t *testing.T) {
	text := strings.Repeat("secret", 100_000)
	n := remotetest.NewNetwork(t)
	ann, _ := n.As(t, n.Peer)
	bob, _ := n.As(t, n.Invited(t, "bob", trust.AllRights))
	require.Error(t, putBroken(ann, "PUT", "file", text, 300_000, func(cancel func()) {
		requireSomeOfAPart(n.Remote, t)
		cancel()
	}))
	require.Zero(t, partSize(bob, "PART file 600000", ""))
	require.Positive(t, partSize(ann, "PART file 600000", text))
	_, err := putResumed(bob, "PUT", "file", text, partSize(ann, "PART file 600000", text))
	require.ErrorIs(t, err, &codec.Error{Code: codec.Changed})
	bob.MustPut("PUT", "file", "of bob")
	require.Positive(t, partSize(ann, "PART file 600000", text))
	got, err := putResumed(ann, "PUT -f", "file", text, partSize(ann, "PART file 600000", text))
	require.NoError(t, err, got)
	require.Equal(t, text, n.Read(t, "file"))
}

func TestPartInUseIsBusy(t *testing.T) {
	h := remotetest.New(t, true)
	first, second := h.Client(t), h.Client(t)
	err := putBroken(first, "PUT", "file", strings.Repeat("x", 1000), 500, func(cancel func()) {
		remotetest.Eventually(t, "it does not begin", func() bool {
			_, err := second.Call(t.Context(), remotetest.NewRequest(t, "PART file 1000"))
			return errors.Is(err, &codec.Error{Code: codec.Busy})
		})
		cancel()
	})
	remotetest.RequireCancelled(t, err)
	require.Equal(t, 500, partSize(second, "PART file 1000", strings.Repeat("x", 1000)))
}

func TestPartsOfSeveralFilesGoOn(t *testing.T) {
	texts := map[string]string{"a": strings.Repeat("a", 500_000), "b": strings.Repeat("b", 600_000)}
	h := remotetest.New(t, true)
	require.NoError(t, os.Mkdir(filepath.Join(h.Dir, "into"), 0o777))
	c := h.Client(t)
	for name, text := range texts {
		remotetest.RequireCancelled(t, putBroken(c, "PUT -t into", name, text, 300_000, func(cancel func()) {
			requireSomeOfAPart((&remotetest.Remote{Dir: filepath.Join(h.Dir, "into")}), t)
			cancel()
		}))
	}
	have := map[string]int{}
	for name, text := range texts {
		have[name] = partSize(c, fmt.Sprintf("PART into %d %s", len(text), name), text)
	}
	r := remotetest.NewRequest(t, "PUT -t into")
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		for name, text := range texts {
			s := transfer.Sender{To: up.Conn}
			if err := s.File(
				ctx,
				codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: 1, Name: "small" + name},
				strings.NewReader("1"),
			); err != nil {
				return err
			}
			e := codec.Entry{
				Kind: codec.Regular,
				Mode: 0o644,
				Size: int64(len(text)),
				Name: name,
				More: codec.Pairs{codec.PairOf("from", have[name])},
			}
			var whole bytes.Buffer // its SUM is that of the whole file
			to := transfer.Sender{To: codec.NewConn(nopConn{&whole})}
			if err := to.File(ctx, e, strings.NewReader(text)); err != nil {
				return err
			}
			words, err := codec.Split(to.Sum)
			if err != nil {
				return err
			}
			if err := errors.Join(
				up.Write(codec.FILE, append(e.Append(nil), '\n')),
				up.Write(codec.DATA, []byte(text[have[name]:])),
				up.WriteWords(codec.SUM, words...),
			); err != nil {
				return err
			}
		}
		return nil
	}
	got, err := c.Call(t.Context(), r)
	require.NoError(t, err, got.Notes)
	for name, text := range texts {
		require.Equal(t, text, h.Read(t, "into/"+name))
	}
}

func TestPartOfOldBytesIsCancelled(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	size := fmt.Sprint(1 << 40)
	r := remotetest.NewRequest(t, "PUT file")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		err := errors.Join(
			up.Write(codec.FILE, []byte("f 0600 "+size+" - file\n")),
			up.Write(codec.DATA, []byte("x")),
			up.Flush(),
		)
		requireSomeOfAPart(h, t)
		cancel()
		return err
	}
	_, err := c.Do(ctx, r)
	remotetest.RequireCancelled(t, err)
	require.NoError(t, os.Truncate(remotetest.Parts(t, h.Dir)[0], 1<<39))
	raw := h.Raw(t)
	raw.Say(t, "PART", "file", size)
	raw.Say(t, "STOP")
	require.Equal(t, remotetest.Said{Verb: codec.ERR, Body: "cancelled cancelled\n"}, raw.Next(t))
}

func TestPartRefuses(t *testing.T) {
	h := remotetest.New(t, false)
	h.Furnish(t)
	c := h.Client(t)
	for line, code := range map[string]codec.Code{
		"PART": codec.BadRequest, "PART x": codec.BadRequest, "PART x y": codec.BadRequest,
		"PART x -1": codec.BadRequest, "PART x 1 y z": codec.BadRequest, "PART nova/x 1": codec.NotFound,
		"PART sub 1 ../x": codec.BadName, "PART sub 1 a/b": codec.BadName, `PART sub 1 ""`: codec.BadName,
		"PART hello.txt/x 1": codec.NotDirectory,
	} {
		c.Fails(line, code)
	}
	for _, line := range []string{
		"PART hello.txt 13",
		"PART sub 1",
		"PART sub 1 x",
		"PART new 1 x",
		`PART "a link" 1`,
	} {
		require.Zero(t, partSize(c, line, ""), line)
	}
}

// A transfer can be continued after the server was stopped during it.
func TestPutThatTheServersEndBreaksOffGoesOn(t *testing.T) {
	n := remotetest.NewNetwork(t)
	c, _ := n.As(t, n.Peer)
	half := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- putBroken(c, "PUT", "file", strings.Repeat("x", 1000), 500, func(func()) { close(half) })
	}()
	<-half
	remotetest.Eventually(t, "it does not begin", func() bool { return len(remotetest.Parts(t, n.Dir)) == 1 })
	c.Net.Close()
	n.Stop()
	require.Error(t, <-done)
	require.Len(t, remotetest.Parts(t, n.Dir), 1)
}

type nopConn struct{ *bytes.Buffer }

func (nopConn) Close() error { return nil }
