package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/remote/files"
	"techsh/remote/remotetest"
)

// cwd returns the folder in which a session is.
func cwd(c *remotetest.Client) string {
	at, _ := c.OK("PWD").Pairs.Get("cwd")
	return at
}

func TestDriveAloneIsItsRoot(t *testing.T) {
	h := remotetest.New(t, false)
	drive := filepath.VolumeName(h.Dir)
	c := h.Client(t)
	for _, words := range []string{drive, strings.ToLower(drive), drive + `\`, drive + "/", "/" + drive, `\`} {
		c.OK("CD " + codec.Quote(codec.Lit(h.Dir)))
		c.OK("CD " + words)
		require.Equal(t, drive+`\`, cwd(c), words)
	}
	c.OK("CD " + codec.Quote(codec.Lit(`\`+strings.TrimPrefix(h.Dir, drive+`\`))))
	require.Equal(t, h.Dir, cwd(c))
	root := c.OK("DIR " + drive)
	require.Equal(t, c.OK(`DIR \`).Names(t), root.Names(t))
	first := c.OK("FIND --depth 1 " + drive).Names(t)
	require.Equal(t, drive, first[0])
	require.Equal(t, drive+`\`, first[1][:3], "what is found can be typed")
}

func TestPathThatDependsOnTheFolderOfADriveIsRefused(t *testing.T) {
	h := remotetest.New(t, false)
	h.Furnish(t)
	c := h.Client(t)
	drive := filepath.VolumeName(h.Dir)
	for _, line := range []string{"CD %hello.txt", "CAT %hello.txt", "DIR %*.txt", "EXEC %hello.txt", "DEL %hello.txt"} {
		_, e := c.Fails(strings.ReplaceAll(line, "%", drive), codec.BadName)
		require.Contains(t, e.Error(), "must not contain ':'", line)
		require.Contains(t, e.Hint, drive+`\`, line)
	}
	require.FileExists(t, filepath.Join(h.Dir, "hello.txt"))
}

func TestDrivesAreListed(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	drive := filepath.VolumeName(h.Dir) + `\`
	all := c.OK("DIR /").Names(t)
	require.Contains(t, all, drive)
	for _, root := range all {
		require.Regexp(t, `^[A-Z]:\\$`, root)
	}
	for _, line := range []string{"DIR / .", "DIR -a /"} {
		require.Subset(t, c.OK(line).Names(t), all, line)
	}
	c.Fails("DIR -R /", codec.BadRequest)
	c.OK("CD /") // elsewhere it is what it is on Windows
	require.Equal(t, drive, cwd(c))
	c.Fails("DEL -r /", codec.NotAllowed)
	require.NotContains(t, jailed(t).OK("DIR /").Names(t), drive, "a jail has no drives")

	mounts := map[string]bool{}
	for line := range strings.Lines(c.OK("DF").Data) {
		v, err := codec.ParseVolume(strings.TrimSuffix(line, "\n"))
		require.NoError(t, err)
		mounts[v.Mount] = v.Size > 0
	}
	require.True(t, mounts[drive], "%v", mounts)
}

// jailed returns a client in a root with the folder sub.
func jailed(t testing.TB) *remotetest.Client {
	h := remotetest.New(t, false)
	h.Write(t, "sub/x", "")
	h.Server.Root = h.Dir
	return h.Client(t)
}

func TestDrivesAreCompleted(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "mine.txt", "")
	c := h.Client(t)
	drive := filepath.VolumeName(h.Dir) + `\`
	for prefix, want := range map[string]string{
		drive[:2]: drive, strings.ToLower(drive[:2]): drive, "/" + drive[:2]: "/" + drive, `""`: drive, "/": "/" + drive,
	} {
		for _, option := range []string{"", "--folders "} {
			got := c.OK("DIR -c " + option + prefix)
			require.Contains(t, got.Names(t), want, prefix)
			common, _ := got.Pairs.Get("common")
			require.True(t, strings.HasPrefix(want, common), "%s: %s", prefix, common)
		}
	}
	require.Contains(t, c.OK(`DIR -c ""`).Names(t), "mine.txt")
	require.Equal(t, []string{"mine.txt"}, c.OK("DIR -c m").Names(t))
	under := c.OK("DIR -c " + codec.Quote(codec.Lit(drive))).Names(t)
	require.NotEmpty(t, under)
	require.Contains(t, under[0], drive)
	require.Equal(t, []string{`sub\`}, jailed(t).OK(`DIR -c ""`).Names(t))
}

// What is typed after a completion with / in front leads to the same place.
func TestPathsOfSftpAreUnderstood(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "x.txt", "here")
	path := "/" + filepath.ToSlash(filepath.Join(h.Dir, "x.txt"))
	require.Equal(t, "here", h.Client(t).OK("CAT "+codec.Quote(codec.Lit(path))).Data)
}

// A read that waits for another computer ends.
func TestWaitingForADriveIsInterrupted(t *testing.T) {
	var r, w windows.Handle
	require.NoError(t, windows.CreatePipe(&r, &w, nil, 0))
	defer windows.CloseHandle(r)
	defer windows.CloseHandle(w)
	read := func() error {
		var n uint32
		return windows.ReadFile(r, make([]byte, 1), &n, nil)
	}
	err := files.Interruptible(t.Context(), 300*time.Millisecond, read)
	require.True(t, errors.Is(err, windows.ERROR_OPERATION_ABORTED), "%v", err)
	var n uint32
	require.NoError(t, windows.WriteFile(w, []byte("x"), &n, nil))
	require.NoError(t, files.Interruptible(t.Context(), time.Hour, read))
	require.ErrorIs(t, files.Interruptible(t.Context(), time.Hour, func() error { return os.ErrExist }), os.ErrExist)
}
