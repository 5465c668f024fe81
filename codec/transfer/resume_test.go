package transfer_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// noise returns n random bytes, the same ones in each call.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
}

func target(t testing.TB, dir, name string) landing.Target {
	return landing.Target{Dir: open(t, dir), Name: name, Key: "key"}
}

// leave sends the first n bytes of content as the file x and then interrupts the
// transfer.
func leave(t testing.TB, dir string, content []byte, n int) {
	rec := into(t, dir, false)
	e := codec.Entry{Kind: codec.Regular, Mode: 0o640, Size: int64(len(content)), Name: "x"}
	require.NoError(t, rec.take(codec.FILE, e.String()))
	require.NoError(t, rec.take(codec.DATA, string(content[:n])))
	rec.Leave()
}

// part returns the prefix of x that an interrupted transfer has left in dir.
func part(t testing.TB, dir string) landing.Prefix {
	to := target(t, dir, "x")
	defer to.Dir.Close()
	p, err := landing.Part(t.Context(), to)
	require.NoError(t, err)
	return p
}

// goOn resumes x after the prefix from; the Receiver expects have.
func goOn(
	t testing.TB, dir string, content []byte, from, there landing.Prefix,
	hooks ...func(*transfer.Sender),
) (*received, error) {
	source := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(source, content, 0o640))
	f, err := os.Open(source)
	require.NoError(t, err)
	defer f.Close()
	fi, err := f.Stat()
	require.NoError(t, err)
	rec := into(t, dir, false)
	choose := rec.Choose
	rec.Choose = func(e codec.Entry) (landing.Target, error) {
		to, err := choose(e)
		to.From = there
		return to, err
	}
	return rec, cross(t, &rec.Receiver, func(s *transfer.Sender) error {
		for _, hook := range hooks {
			hook(s)
		}
		return s.Resume(t.Context(), landing.EntryOf("x", fi), f, from)
	})
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestBrokenTransferGoesOnWhereItWas(t *testing.T) {
	content := noise(3<<20 + 77)
	for _, n := range []int{1, 4096, 256 << 10, 1<<20 + 3, len(content) - 1, len(content)} {
		for _, sha := range []bool{false, true} {
			// the prefix was read by this process, or only stated by the peer
			for _, said := range []bool{false, true} {
				t.Run(fmt.Sprint(n, sha, said), func(t *testing.T) {
					dir := t.TempDir()
					leave(t, dir, content, n)
					have := part(t, dir)
					require.Equal(
						t, landing.Prefix{Size: int64(n), SHA256: hashOf(content[:n])},
						landing.Prefix{Size: have.Size, SHA256: have.SHA256},
					)
					from := landing.Prefix{Size: have.Size, SHA256: have.SHA256}
					if said {
						have = from
					}
					var first codec.Entry
					crossed := int64(0)
					rec, err := goOn(t, dir, content, from, have, func(s *transfer.Sender) {
						s.SHA256 = sha
						s.Begin = func(e codec.Entry) { first = e }
						s.Progress = func(n int64) { crossed += n }
					})
					require.NoError(t, err)
					require.Empty(t, rec.failed)
					at, ok := first.More.Int("from")
					require.True(t, ok)
					require.EqualValues(t, n, at)
					require.EqualValues(t, len(content)-n, crossed)
					require.Equal(t, crossed, rec.Bytes)
					require.Equal(t, map[string]int64{"x": int64(len(content))}, rec.landed)
					want := crc(string(content))
					if sha {
						want += " sha256=" + hashOf(content)
					}
					require.Equal(t, want, rec.Sum, "the sums are over the whole file")
					requireText(t, filepath.Join(dir, "x"), string(content))
					requireOnly(t, dir, "x")
				})
			}
		}
	}
}

func TestNothingIsLeftToGoOnWith(t *testing.T) {
	for name, by := range map[string]func(rec *received){
		"no byte came":    func(rec *received) { rec.Leave() },
		"it was given up": func(rec *received) { require.NoError(t, rec.take(codec.DATA, "abc")); rec.Close() },
		"its sum lied": func(rec *received) {
			require.NoError(t, rec.take(codec.DATA, "abc"))
			require.NoError(t, rec.take(codec.SUM, crc("x")))
			rec.Leave()
		},
		"too much came": func(rec *received) {
			require.NoError(
				t, rec.take(codec.DATA, "abcdefg"),
			)
			rec.Leave()
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rec := into(t, dir, false)
			require.NoError(t, rec.take(codec.FILE, "f 0644 3 - x"))
			by(rec)
			require.Zero(t, part(t, dir))
			requireOnly(t, dir)
		})
	}
}

// The data of a pipe cannot be read a second time.
func TestFileOfUnknownSizeLeavesNoPart(t *testing.T) {
	dir := t.TempDir()
	rec := into(t, dir, false)
	require.NoError(t, rec.take(codec.FILE, "f 0644 - - x"))
	require.NoError(t, rec.take(codec.DATA, "abc"))
	rec.Leave()
	requireOnly(t, dir)
}

// The part file may change between Part and the FILE that continues it. Then the error is
// of code changed, nothing is written, and the next transfer starts again.
func TestPartThatChangesBeforeItIsContinued(t *testing.T) {
	content := noise(100_000)
	for name, change := range map[string]func(t *testing.T, path string) error{
		"is gone":         func(_ *testing.T, path string) error { return os.Remove(path) },
		"is shorter":      func(_ *testing.T, path string) error { return os.Truncate(path, 49_999) },
		"is longer":       func(_ *testing.T, path string) error { return os.Truncate(path, 50_001) },
		"has other bytes": func(_ *testing.T, path string) error { return rewrite(path) },
		"is another file": func(_ *testing.T, path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, make([]byte, 50_000), 0o600))
		},
		"is a link": func(_ *testing.T, path string) error {
			return errors.Join(os.Rename(path, path+"x"), os.Symlink(filepath.Base(path)+"x", path))
		},
		"is a folder": func(_ *testing.T, path string) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		},
		"has a second name": func(_ *testing.T, path string) error { return os.Link(path, path+"x") },
	} {
		for _, said := range []bool{false, true} {
			t.Run(fmt.Sprint(name, said), func(t *testing.T) {
				dir := t.TempDir()
				leave(t, dir, content, 50_000)
				have := part(t, dir)
				if said {
					have = landing.Prefix{Size: have.Size, SHA256: have.SHA256}
				}
				list, err := os.ReadDir(dir)
				require.NoError(t, err)
				require.NoError(t, change(t, filepath.Join(dir, list[0].Name())))
				rec, err := goOn(t, dir, content, have, have)
				require.NoError(t, err, "the sender does not know")
				want := codec.Changed
				if name == "is a link" || name == "is a folder" {
					want = codec.NotRegular
				}
				requireCode(t, rec.failed["x"], want)
				require.NoFileExists(t, filepath.Join(dir, "x"))
				if want == codec.NotRegular {
					return // it blocks the next transfer too
				}
				rec = into(t, dir, false)
				require.NoError(t, crossFile(t, &rec.Receiver, source(t, content), "x"))
				require.Empty(t, rec.failed)
				requireText(t, filepath.Join(dir, "x"), string(content))
			})
		}
	}
}

func source(t testing.TB, content []byte) string {
	path := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(path, content, 0o640))
	return path
}

// If the part file is from an earlier state of the sender's file, the sum over the whole
// file differs, and the part file is removed.
func TestPartOfAnotherFileNeverLands(t *testing.T) {
	dir := t.TempDir()
	old, content := noise(100_000), noise(100_000)
	old[7]++
	leave(t, dir, old, 50_000)
	have := part(t, dir)
	// a sender that does not compare
	from := landing.Prefix{Size: have.Size, SHA256: hashOf(content[:have.Size])}
	rec, err := goOn(t, dir, content, from, have)
	require.NoError(t, err)
	requireCode(t, rec.failed["x"], codec.Mismatch)
	requireOnly(t, dir)
	// a sender that compares
	leave(t, dir, old, 50_000)
	have = part(t, dir)
	rec, err = goOn(t, dir, content, landing.Prefix{Size: have.Size, SHA256: have.SHA256}, have)
	requireCode(t, err, codec.Changed)
	require.Empty(t, rec.failed, "nothing was sent")
}

func opened(t testing.TB, path string) *os.File {
	f, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func TestFileThatBeginsElsewhereThanThePartEndsIsChanged(t *testing.T) {
	content := noise(1000)
	for _, from := range []int{1, 499, 501, 1000} {
		dir := t.TempDir()
		leave(t, dir, content, 500)
		have := part(t, dir)
		rec, err := goOn(
			t, dir, content, landing.Prefix{Size: int64(from), SHA256: hashOf(content[:from])}, have,
		)
		require.NoError(t, err)
		requireCode(t, rec.failed["x"], codec.Changed)
		require.EqualValues(t, 500, part(t, dir).Size, "the part stays as it was")
	}
}

// If the sender starts again although there is a part file, the file becomes complete
// too.
func TestFileFromTheStartReplacesThePart(t *testing.T) {
	dir, content := t.TempDir(), noise(1000)
	leave(t, dir, content, 500)
	have := part(t, dir)
	rec := into(t, dir, false)
	choose := rec.Choose
	rec.Choose = func(e codec.Entry) (landing.Target, error) {
		to, err := choose(e)
		to.From = have
		return to, err
	}
	require.NoError(t, crossFile(t, &rec.Receiver, source(t, content), "x"))
	require.Empty(t, rec.failed)
	requireText(t, filepath.Join(dir, "x"), string(content))
	requireOnly(t, dir, "x")
}

func TestFileIsContinuedOnlyInAFolder(t *testing.T) {
	var b bytes.Buffer
	var failed error
	r := received{Receiver: transfer.Receiver{
		Choose: func(codec.Entry) (landing.Target, error) { return landing.Target{Writer: &b}, nil },
		Failed: func(_ string, err error) { failed = err },
	}}
	require.NoError(t, r.file(t, "f 0644 3 - x from=1", "bc", crc("abc")))
	requireCode(t, failed, codec.Changed)
	require.Zero(t, b.Len())
}

// A file that changes while its rest is sent is not completed, and its part file is
// removed.
func TestContinuedSourceThatChangesIsNeverASuccess(t *testing.T) {
	content := noise(1 << 20)
	path := source(t, content)
	f := opened(t, path)
	dir := t.TempDir()
	leave(t, dir, content, 1000)
	have := part(t, dir)
	from, err := landing.PrefixOf(t.Context(), f, have.Size)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, 500_000)) // between the two reads
	rec := into(t, dir, false)
	choose := rec.Choose
	rec.Choose = func(e codec.Entry) (landing.Target, error) {
		to, err := choose(e)
		to.From = have
		return to, err
	}
	err = cross(t, &rec.Receiver, func(s *transfer.Sender) error {
		return s.Resume(
			t.Context(), codec.Entry{Kind: codec.Regular, Mode: 0o600, Size: 1 << 20, Name: "x"}, f,
			from,
		)
	})
	requireCode(t, err, codec.Changed)
	requireCode(t, rec.unsent["x"], codec.Changed)
	requireOnly(t, dir)
	err = cross(t, &rec.Receiver, func(s *transfer.Sender) error {
		return s.Resume(
			t.Context(), codec.Entry{Kind: codec.Regular, Mode: 0o600, Size: 500, Name: "x"}, f, from,
		)
	})
	requireCode(t, err, codec.Changed)
}
