package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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

func TestFileCrossesWithModeAndTime(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	when := time.Date(2001, 2, 3, 4, 5, 6, 700, time.UTC)
	for i, size := range []int{0, 1, 15, 32<<10 - 1, 32 << 10, 256<<10 - 1, 256 << 10, 256<<10 + 1, 1<<20 + 5} {
		name := fmt.Sprintf("file %d", i)
		text := strings.Repeat("0123456789abcde", size/15+1)[:size]
		path := filepath.Join(from, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chmod(path, 0o740))
		require.NoError(t, os.Chtimes(path, when, when))
		rec := into(t, to, false)
		require.NoError(t, crossFile(t, &rec.Receiver, path, name))
		require.Empty(t, rec.failed)
		require.Equal(t, map[string]int64{name: int64(size)}, rec.landed)
		requireText(t, filepath.Join(to, name), text)
		fi, err := os.Stat(filepath.Join(to, name))
		require.NoError(t, err)
		require.Equal(t, when, fi.ModTime().UTC())
		if runtime.GOOS != "windows" {
			require.Equal(t, fs.FileMode(0o740), fi.Mode())
		}
	}
}

func TestFileOfUnknownSizeCrosses(t *testing.T) {
	dir := t.TempDir()
	rec := into(t, dir, false)
	text := strings.Repeat("x", 700_000)
	require.NoError(t, cross(t, &rec.Receiver, func(s *transfer.Sender) error {
		return s.File(
			context.Background(),
			codec.Entry{Kind: codec.Regular, Mode: codec.Unknown, Size: codec.Unknown, Name: "x"},
			strings.NewReader(text),
		)
	}))
	require.Empty(t, rec.failed)
	requireText(t, filepath.Join(dir, "x"), text)
}

func TestExistingFileIsReplacedOnlyByForceAndKeepsItsMode(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, os.Chmod(path, 0o640))
	rec := into(t, dir, false)
	require.NoError(t, rec.file(t, "f 0755 3 - x", "new", "none"))
	require.ErrorIs(t, rec.failed["x"], fs.ErrExist)
	requireText(t, path, "old")
	rec = into(t, dir, true)
	require.NoError(t, rec.file(t, "f 0755 3 - x", "new", "none"))
	require.Empty(t, rec.failed)
	requireText(t, path, "new")
	fi, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, fs.FileMode(0o640), fi.Mode())
	}
	requireOnly(t, dir, "x")
}

// A file that appears at the target during the transfer is not replaced without force.
func TestFileThatAppearsMeanwhileIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	rec := into(t, dir, false)
	require.NoError(t, rec.take(codec.FILE, "f 0644 3 - x"))
	require.NoError(t, rec.take(codec.DATA, "new"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x"), []byte("theirs"), 0o600))
	require.NoError(t, rec.take(codec.SUM, "none"))
	require.ErrorIs(t, rec.failed["x"], fs.ErrExist)
	requireText(t, filepath.Join(dir, "x"), "theirs")
	requireOnly(t, dir, "x")
}

func TestFolderOrLinkThatAppearsMeanwhileIsNotReplacedEvenByForce(t *testing.T) {
	dir := t.TempDir()
	for name, make := range map[string]func(string) error{
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"link":   func(path string) error { return os.Symlink("elsewhere", path) },
	} {
		rec := into(t, dir, true)
		require.NoError(t, rec.take(codec.FILE, "f 0644 3 - "+name))
		require.NoError(t, rec.take(codec.DATA, "new"))
		require.NoError(t, make(filepath.Join(dir, name)))
		require.NoError(t, rec.take(codec.SUM, "none"))
		require.Error(t, rec.failed[name])
	}
	requireOnly(t, dir, "folder", "link")
}

// The sender reports the reason; the receiver only drops the file.
func TestFileThatTheSenderCannotSendWholeIsDropped(t *testing.T) {
	dir := t.TempDir()
	rec := into(t, dir, false)
	require.NoError(t, rec.file(t, "f 0644 3 - x", "abc", "error=not-allowed"))
	require.NoError(t, rec.file(t, "f 0644 9 - y", "abc", "error=changed"))
	requireCode(t, rec.unsent["x"], codec.NotAllowed)
	requireCode(t, rec.unsent["y"], codec.Changed)
	require.Empty(t, rec.failed)
	require.Empty(t, rec.landed)
	requireOnly(t, dir)
	require.NoError(t, rec.file(t, "f 0644 3 - z", "abc", crc("abc")))
	requireOnly(t, dir, "z")
}

func TestBadStreams(t *testing.T) {
	for name, by := range map[string]struct {
		entry, data, sum string
		code             codec.Code
	}{
		"fewer bytes":     {"f 0644 4 - x", "abc", "none", codec.Mismatch},
		"no bytes":        {"f 0644 4 - x", "", "none", codec.Mismatch},
		"more bytes":      {"f 0644 2 - x", "abc", "none", codec.Mismatch},
		"more than none":  {"f 0644 0 - x", "a", "none", codec.Mismatch},
		"a sum that lies": {"f 0644 3 - x", "abc", crc("abd"), codec.Mismatch},
		"sum of the other case": {
			"f 0644 3 - x", "abc", strings.Replace(strings.ToUpper(crc("abc")), "CRC32C", "crc32c", 1),
			codec.BadRequest,
		},
		"no sum":      {"f 0644 3 - x", "abc", "", codec.BadRequest},
		"another sum": {"f 0644 3 - x", "abc", "sha256=00", codec.BadRequest},
		"two nones":   {"f 0644 3 - x", "abc", "none none", codec.BadRequest},
		"a folder":    {"d 0755 - - x", "", "", codec.Unsupported},
		"a link":      {"l 0777 - - x target", "", "", codec.Unsupported},
		"a device":    {"b 0660 - - x", "", "", codec.Unsupported},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rec := into(t, dir, false)
			if by.code == codec.Unsupported { // these cases send no SUM
				require.NoError(t, rec.take(codec.FILE, by.entry))
			} else {
				require.NoError(t, rec.file(t, by.entry, by.data, by.sum))
			}
			requireCode(t, rec.failed["x"], by.code)
			require.Empty(t, rec.landed)
			requireOnly(t, dir)
			// the stream continues
			require.NoError(t, rec.file(t, "f 0644 3 - y", "abc", crc("abc")))
			require.Len(t, rec.failed, 1)
			requireText(t, filepath.Join(dir, "y"), "abc")
		})
	}
}

// A client that has requested a SHA-256 does not accept a file without one.
func TestSumsThatAreDemanded(t *testing.T) {
	for name, by := range map[string]struct {
		summed, sha256 bool
		more, sum      string
		code           codec.Code // "" means success
	}{
		"by hand, none":            {sum: "none"},
		"none":                     {summed: true, sum: "none", code: codec.Mismatch},
		"none, and sha256 in FILE": {summed: true, more: " sum=sha256", sum: "none", code: codec.Mismatch},
		"crc32c":                   {summed: true, sum: crc("abc")},
		"sha256": {
			summed: true, sha256: true, more: " sum=sha256",
			sum: crc("abc") + " sha256=" + hashOf([]byte("abc")),
		},
		"no sha256": {summed: true, sha256: true, sum: crc("abc"), code: codec.Mismatch},
		"no sha256, but for FILE": {
			summed: true, sha256: true, more: " sum=sha256", sum: crc("abc"), code: codec.Mismatch,
		},
		"none instead of sha256": {sha256: true, sum: "none", code: codec.Mismatch},
		"sha256 that FILE has not told": {
			sha256: true, sum: crc("abc") + " sha256=" + hashOf([]byte("abc")), code: codec.BadRequest,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rec := into(t, dir, false)
			rec.Summed, rec.SHA256 = by.summed, by.sha256
			require.NoError(t, rec.file(t, "f 0644 3 - x"+by.more, "abc", by.sum))
			if by.code == "" {
				require.Empty(t, rec.failed)
				requireText(t, filepath.Join(dir, "x"), "abc")
				return
			}
			requireCode(t, rec.failed["x"], by.code)
			requireOnly(t, dir)
		})
	}
}

func TestFramesOutOfOrderEndTheStream(t *testing.T) {
	for name, frames := range map[string][][2]string{
		"DATA first":          {{"DATA", "x"}},
		"SUM first":           {{"SUM", "none"}},
		"FILE without SUM":    {{"FILE", "f 0644 3 - x"}, {"DATA", "abc"}, {"FILE", "f 0644 3 - y"}},
		"DATA after SUM":      {{"FILE", "f 0644 3 - x"}, {"DATA", "abc"}, {"SUM", "none"}, {"DATA", "d"}},
		"SUM after SUM":       {{"FILE", "f 0644 3 - x"}, {"DATA", "abc"}, {"SUM", "none"}, {"SUM", "none"}},
		"DATA for a folder":   {{"FILE", "d 0755 - - x"}, {"DATA", "x"}},
		"no entry":            {{"FILE", "nonsense"}},
		"an entry with a gap": {{"FILE", "f 0644 3 -  x"}},
		"words in two lines":  {{"FILE", "f 0644 3 - x\ny"}},
		"no words in SUM":     {{"FILE", "f 0644 3 - x"}, {"SUM", `e"\q"`}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rec := into(t, dir, false)
			var err error
			for _, f := range frames {
				require.NoError(t, err)
				err = rec.take(codec.MakeVerb(f[0]), f[1])
			}
			requireCode(t, err, codec.BadRequest)
			rec.Close()
			list, err := filepath.Glob(filepath.Join(dir, ".techsh-part-*"))
			require.NoError(t, err)
			require.Empty(t, list)
		})
	}
}

func TestNamesThatAreTaken(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("file names are bytes elsewhere")
	}
	for _, name := range []string{
		"x", "with space", "new\nline", "\xff\xfe", "\x1b", `back\slash`, "C:", "CON", "...", "~", "*",
		"-rf", strings.Repeat("x", 255), strings.Repeat("\xff", 255),
	} {
		dir := t.TempDir()
		rec := into(t, dir, false)
		e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: 3, Name: name}
		require.NoError(t, rec.file(t, e.String(), "abc", crc("abc")), "%q", name)
		require.Empty(t, rec.failed, "%q", name)
		requireOnly(t, dir, name)
	}
}

func TestNamesThatAreRefused(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "in")
	require.NoError(t, os.Mkdir(dir, 0o700))
	for _, name := range []string{
		"../x", "a/b", "/x", ".", "..", "a/", "/", "./x", strings.Repeat("x", 256), "nul\x00",
		"../../../../../../tmp/x",
	} {
		rec := into(t, dir, true)
		e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: 3, Name: name}
		require.NoError(t, rec.file(t, e.String(), "abc", crc("abc")), "%q", name)
		requireCode(t, rec.failed[name], codec.BadName)
	}
	requireOnly(t, dir)
	requireOnly(t, base, "in")
	_, err := landing.Begin(landing.Target{Dir: open(t, dir), Name: ""})
	requireCode(t, err, codec.BadName)
}

func open(t testing.TB, dir string) *os.Root {
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	return root
}

// lying is a reader that ends or fails after its text.
type lying struct {
	io.Reader
	err error
}

func (l lying) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if err == io.EOF {
		err = l.err
	}
	return n, err
}

func TestSenderReportsAnIncompleteFile(t *testing.T) {
	for name, by := range map[string]struct {
		size int64
		err  error
		code codec.Code
	}{
		"it ends early":          {400_000, io.EOF, codec.Changed},
		"reading fails":          {400_000, fs.ErrPermission, codec.NotAllowed},
		"reading fails, no size": {codec.Unknown, errors.New("disk on fire"), codec.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rec := into(t, dir, false)
			err := cross(t, &rec.Receiver, func(s *transfer.Sender) error {
				e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: by.size, Name: "x"}
				err := s.File(
					context.Background(), e,
					lying{bytes.NewReader(make([]byte, 300_000)), by.err},
				)
				if s.Files != 0 {
					return errors.New("it counts as sent")
				}
				next := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: 1, Name: "next"}
				return errors.Join(err, s.File(context.Background(), next, strings.NewReader("y")))
			})
			requireCode(t, err, by.code)
			if by.code == codec.Changed {
				require.ErrorContains(t, err, "it became shorter while it was read")
			}
			requireCode(t, rec.unsent["x"], by.code)
			requireOnly(t, dir, "next")
		})
	}
}

func TestFileThatChangesIsNeverASuccess(t *testing.T) {
	for name, by := range map[string]struct {
		change func(path string) error
		code   codec.Code // "" means success
	}{
		"it shrinks":    {func(path string) error { return os.Truncate(path, 100) }, codec.Changed},
		"it is emptied": {func(path string) error { return os.Truncate(path, 0) }, codec.Changed},
		"it is written": {func(path string) error { return rewrite(path) }, codec.Changed},
		"it grows":      {func(path string) error { return os.Truncate(path, 2<<20) }, ""},
		"it is replaced": {
			func(path string) error {
				return errors.Join(os.Remove(path), os.WriteFile(path, []byte("x"), 0o600))
			},
			"",
		},
		"it is removed": {os.Remove, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("an open file stays what it is")
			}
			from, to := t.TempDir(), t.TempDir()
			path := filepath.Join(from, "x")
			require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("a"), 1<<20), 0o600))
			old := time.Now().Add(-time.Hour)
			require.NoError(t, os.Chtimes(path, old, old))
			rec := into(t, to, false)
			changed := false
			err := cross(t, &rec.Receiver, func(s *transfer.Sender) error {
				f, err := os.Open(path)
				if err != nil {
					return err
				}
				defer f.Close()
				fi, err := f.Stat()
				if err != nil {
					return err
				}
				s.Progress = func(int64) {
					if !changed {
						changed = true
						err = by.change(path)
					}
				}
				return errors.Join(s.File(context.Background(), landing.EntryOf("x", fi), f), err)
			})
			if by.code != "" {
				requireCode(t, err, by.code)
				requireCode(t, rec.unsent["x"], by.code)
				requireOnly(t, to)
				return
			}
			require.NoError(t, err)
			requireText(t, filepath.Join(to, "x"), strings.Repeat("a", 1<<20))
		})
	}
}

func rewrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte("b"), 0)
	return errors.Join(err, f.Close())
}

func TestCancelledFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	rec := into(t, dir, false)
	ctx, cancel := context.WithCancel(context.Background())
	err := cross(t, &rec.Receiver, func(s *transfer.Sender) error {
		s.Progress = func(int64) { cancel() }
		return s.File(ctx, codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: 1 << 30, Name: "x"}, zeros{})
	})
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, rec.Open())
	rec.Close()
	rec.Close()
	requireOnly(t, dir)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestReceiverThatWritesElsewhereComparesAsWell(t *testing.T) {
	var b bytes.Buffer
	var failed error
	rec := transfer.Receiver{
		Choose: func(codec.Entry) (landing.Target, error) { return landing.Target{Writer: &b}, nil },
		Failed: func(_ string, err error) { failed = err },
	}
	r := received{Receiver: rec}
	require.NoError(t, r.file(t, "f 0644 3 - x", "abc", crc("abc")))
	require.NoError(t, failed)
	require.Equal(t, "abc", b.String())
	require.EqualValues(t, 3, r.Bytes)
	require.NoError(t, r.file(t, "f 0644 3 - x", "abc", crc("abd")))
	requireCode(t, failed, codec.Mismatch)
}

func TestRefusedFileIsReadPast(t *testing.T) {
	failures := 0
	r := received{Receiver: transfer.Receiver{
		Choose: func(codec.Entry) (landing.Target, error) { return landing.Target{}, fs.ErrPermission },
		Failed: func(string, error) { failures++ },
	}}
	require.NoError(t, r.take(codec.FILE, "f 0644 3 - x"))
	for range 10 {
		require.NoError(t, r.take(codec.DATA, "whatever comes"))
	}
	require.NoError(t, r.take(codec.SUM, "none"))
	require.Equal(t, 1, failures, "it is told once")
	require.Zero(t, r.Files)
}
