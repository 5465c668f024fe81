//go:build unix

package landing_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/codec/landing"
)

// aPart makes the part file that an earlier landing of x leaves.
func aPart(t *testing.T, dir string) (path string) {
	leave(t, dir, noise(1000), 500)
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, list, 1)
	return filepath.Join(dir, list[0].Name())
}

// A part file counts only if it is a regular file of this user with one name.
func TestPartsThatDoNotCount(t *testing.T) {
	for name, by := range map[string]struct {
		make func(path string) error
		next codec.Code // the error of a landing that starts again
	}{
		"a pipe": {
			func(path string) error { return firstOf(os.Remove(path), unix.Mkfifo(path, 0o600)) },
			codec.NotRegular,
		},
		"a link": {
			func(path string) error {
				return firstOf(os.Rename(path, path+"x"), os.Symlink(path+"x", path))
			},
			codec.NotRegular,
		},
		"a link inside": {func(path string) error {
			return firstOf(os.Rename(path, path+"x"), os.Symlink(filepath.Base(path)+"x", path))
		}, codec.NotRegular},
		"a folder": {
			func(path string) error { return firstOf(os.Remove(path), os.Mkdir(path, 0o700)) },
			codec.NotRegular,
		},
		"a second name": {func(path string) error { return os.Link(path, path+"x") }, ""},
		"empty":         {func(path string) error { return os.Truncate(path, 0) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, by.make(aPart(t, dir)))
			require.Zero(t, part(t, dir))
			l, err := landing.Begin(target(t, dir, "x"))
			if by.next != "" {
				requireCode(t, err, by.next)
				require.Contains(t, codec.Explain("", err).Hint, "delete it")
				return
			}
			require.NoError(t, err)
			l.Abandon()
		})
	}
}

func firstOf(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestPartOfAnotherOwnerDoesNotCount(t *testing.T) {
	if os.Geteuid() != 0 {
		lacks(t, "only root can give files away")
	}
	dir := t.TempDir()
	path := aPart(t, dir)
	require.NotZero(t, part(t, dir))
	require.NoError(t, os.Chown(path, 65534, 65534))
	require.Zero(t, part(t, dir))
}

// A landing that is killed near its end leaves a part file that already has its final
// mode.
func TestPartThatMayNotBeWrittenCountsAndIsReplaced(t *testing.T) {
	if !asNobody(t) {
		return
	}
	for _, mode := range []os.FileMode{0, 0o400, 0o200} {
		dir := t.TempDir()
		path := aPart(t, dir)
		require.NoError(t, os.Chmod(path, mode))
		require.EqualValues(t, 500, part(t, dir).Size)
		require.NoError(t, os.Chmod(path, mode))
		l, err := landing.Begin(target(t, dir, "x"))
		require.NoError(t, err)
		l.Abandon()
		requireOnly(t, dir)
	}
}

// asNobody runs the test again in a process of an unprivileged user if this user is root.
// It reports whether this process is unprivileged.
func asNobody(t *testing.T) (nobody bool) {
	if os.Geteuid() != 0 {
		return true
	}
	if os.Getenv("CI") != "true" && testing.Short() {
		t.Skip("needs another process")
	}
	dir, err := os.MkdirTemp("", "techsh-nobody")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o777))
	path, err := os.Executable()
	require.NoError(t, err)
	self, err := os.ReadFile(path)
	require.NoError(t, err)
	program := filepath.Join(dir, "test")
	require.NoError(t, os.WriteFile(program, self, 0o755))
	cmd := exec.Command(program, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name(), "%s", out)
	return false
}
