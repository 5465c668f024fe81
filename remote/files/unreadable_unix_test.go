//go:build unix

// Only modes, which Windows has not, take the permission to read from the owner of a file.

package files_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// asNobody makes the rest of a test run as an unprivileged user. If this process is
// privileged, it runs the test in another process and reports that it is over in this
// one.
func asNobody(t *testing.T) (over bool) {
	if os.Geteuid() != 0 {
		return false
	}
	self, err := os.Executable()
	require.NoError(t, err)
	text, err := os.ReadFile(self)
	require.NoError(t, err)
	dir, err := os.MkdirTemp("", "techsh-nobody-") // not in the folder of the test, to which other users have no access
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	require.NoError(t, os.Chmod(dir, 0o777))
	program := filepath.Join(dir, "test")
	require.NoError(t, os.WriteFile(program, text, 0o755))
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+dir, "HOME="+dir, "GOCOVERDIR="+dir)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "PASS")
	return true
}

// plantForbidden makes a tree with a folder and a file that cannot be read.
func plantForbidden(h *remotetest.Remote, t *testing.T) {
	remotetest.Plant(t, h.Dir, map[string]string{"t/a": "1", "t/closed/x": "1", "t/open/b": "22", "t/secret": "1"})
	require.NoError(t, os.Chmod(filepath.Join(h.Dir, "t/closed"), 0))
	require.NoError(t, os.Chmod(filepath.Join(h.Dir, "t/secret"), 0))
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(h.Dir, "t/closed"), 0o700) })
}

func TestUnreadableFilesAreNotedAndOthersContinue(t *testing.T) {
	if asNobody(t) {
		return
	}
	h := remotetest.New(t, false)
	plantForbidden(h, t)
	c := h.Client(t)
	const closed, secret = "not-allowed t/closed \"permission denied\"\n",
		"not-allowed t/secret \"permission denied\"\n"
	got, e := c.Fails("FIND t", codec.Partial)
	require.ElementsMatch(t, []string{"t", "t/a", "t/closed", "t/open", "t/open/b", "t/secret"}, got.Names(t))
	require.Equal(t, []string{closed}, got.Notes)
	require.Equal(t, codec.Pairs{{Key: "failed", Value: "1"}, {Key: "done", Value: "6"}}, e.More)
	got, e = c.Fails("DU t", codec.Partial)
	require.Equal(t, []string{closed}, got.Notes)
	require.Equal(t, "4 3 3 t\n", withoutPair(got.Data, "allocated"))
	bytes, _ := e.More.Int("bytes")
	require.EqualValues(t, 4, bytes)
	got, _ = c.Fails("DIR -R t", codec.Partial)
	require.Equal(t, []string{closed}, got.Notes)
	require.Contains(t, got.Names(t), "b")
	got, _ = c.Fails("HASH t/*", codec.Partial)
	require.Contains(t, got.Notes, secret)
	require.Equal(t, 1, strings.Count(got.Data, "\n"))
	got, e = c.Fails("GET -r t", codec.Partial)
	require.ElementsMatch(t, []string{closed, secret}, got.Notes)
	require.Len(t, got.Files, 4, "t, open, and the two that may be read")
	require.Equal(
		t,
		codec.Pairs{
			{Key: "failed", Value: "2"},
			{Key: "done", Value: "4"},
			{Key: "files", Value: "2"},
			{Key: "folders", Value: "2"},
			{Key: "links", Value: "0"},
			{Key: "bytes", Value: "3"},
		},
		e.More,
	)
	got, _ = c.Fails("COPY -r t copy", codec.Partial)
	require.ElementsMatch(t, []string{closed, secret}, got.Notes)
	require.Equal(t, "22", h.Read(t, "copy/open/b"))
	for line, name := range map[string]string{
		"FIND t/closed": "t/closed", "DU t/closed": "t/closed", "DIR -R t/closed": "t/closed",
		"GET -r t/closed": "t/closed", "HASH t/secret": "t/secret", "GET -r t/secret": "t/secret",
		"COPY -r t/closed copied": "t/closed",
	} {
		_, e := c.Fails(line, codec.NotAllowed)
		require.Equal(t, name, e.Name, line)
	}
	err := c.Put(t.Context(), "PUT t/closed/y", "y", []byte("y"))
	require.ErrorIs(t, err, fs.ErrPermission)
	_, err = c.Call(t.Context(), remotetest.NewRequest(t, "PART t/closed/y 5"))
	require.ErrorIs(t, err, fs.ErrPermission)
}
