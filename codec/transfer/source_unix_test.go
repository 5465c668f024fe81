//go:build unix

package transfer_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// A tree changes while it is sent. Each change happens between Lstat and open (in Want),
// or between open and read (in Begin).
func TestSourceThatChangesWhileItIsSent(t *testing.T) {
	large := strings.Repeat("large", 200_000)
	for name, by := range map[string]struct {
		listed func(path string) error // called between Lstat and open
		begun  func(path string) error // called between open and read
		code   codec.Code              // "" means success
		want   string
	}{
		"vanishes": {listed: os.Remove, code: codec.NotFound},
		"shrinks before": {
			listed: func(path string) error { return os.Truncate(path, 5) }, want: "large",
		},
		"grows before": {
			listed: func(path string) error { return extend(path, "more") }, want: large + "more",
		},
		"is replaced": {listed: replaceFile, code: codec.Changed},
		"turns into a pipe": {
			listed: func(path string) error {
				return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o600))
			},
			code: codec.NotRegular,
		},
		"turns into a folder": {
			listed: func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
			code:   codec.NotRegular,
		},
		"turns into a link": {
			listed: func(path string) error {
				return errors.Join(os.Remove(path), os.Symlink("secret", path))
			},
			code: codec.Changed,
		},
		"turns into a link out": {
			listed: func(path string) error {
				return errors.Join(os.Remove(path), os.Symlink("/etc/passwd", path))
			},
			code: codec.NotAllowed,
		},
		"shrinks meanwhile": {
			begun: func(path string) error { return os.Truncate(path, 5) }, code: codec.Changed,
		},
		"is emptied meanwhile": {
			begun: func(path string) error { return os.Truncate(path, 0) }, code: codec.Changed,
		},
		"is written meanwhile":  {begun: rewrite, code: codec.Changed},
		"grows meanwhile":       {begun: func(path string) error { return extend(path, "more") }, want: large},
		"vanishes meanwhile":    {begun: os.Remove, want: large},
		"is replaced meanwhile": {begun: replaceFile, want: large},
		"is rotated meanwhile": {
			begun: func(path string) error {
				return errors.Join(os.Rename(path, path+".1"), os.WriteFile(path, []byte("new"), 0o600))
			},
			want: large,
		},
		"is rotated and grows": {
			begun: func(path string) error {
				err := errors.Join(os.Rename(path, path+".1"), os.WriteFile(path, []byte("new"), 0o600))
				return errors.Join(err, extend(path+".1", "more"))
			},
			want: large,
		},
		"is rotated and written": {
			begun: func(path string) error { return errors.Join(rewrite(path), replaceFile(path)) }, code: codec.Changed,
		},
		"is copied and truncated": {
			begun: func(path string) error {
				return errors.Join(os.Link(path, path+".1"), os.Truncate(path, 0), extend(path, "new"))
			},
			code: codec.Changed,
		},
		"becomes a pipe by then": {
			begun: func(path string) error {
				return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o600))
			},
			want: large,
		},
		"gets another mode": {
			begun: func(path string) error { return os.Chmod(path, 0o644) }, want: large,
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := t.TempDir(), t.TempDir()
			plant(
				t, from,
				map[string]string{
					"top/a": "a", "top/secret": "secret", "top/victim": large,
					"top/z": "z",
				},
			)
			victim := filepath.Join(from, "top", "victim")
			past := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
			require.NoError(t, os.Chtimes(victim, past, past))
			o := transfer.Tree{Want: func(path string, _ codec.Entry) bool {
				if path == "top/victim" && by.listed != nil {
					require.NoError(t, by.listed(victim))
				}
				return true
			}}
			rec := treeInto(t, to, false)
			var here, there []string
			rec.Changed = func(name string, c landing.Change) { here = append(here, fmt.Sprint(name, c)) }
			s, err := crossTree(t, rec, from, "top", "top", o, func(s *transfer.Sender) {
				s.Changed = func(name string, c landing.Change) { there = append(there, fmt.Sprint(name, c)) }
				s.Begin = func(e codec.Entry) {
					if e.Name == "top/victim" && by.begun != nil {
						require.NoError(t, by.begun(victim))
					}
				}
			})
			require.NoError(t, err)
			want := map[string]string{"top/": "", "top/a": "a", "top/secret": "secret", "top/z": "z"}
			if by.code == "" {
				require.Empty(t, s.failed)
				want["top/victim"] = by.want
			} else {
				require.Len(t, s.failed, 1)
				requireCode(t, s.failed["top/victim"], by.code)
			}
			require.Empty(t, rec.failed, "the sender tells it")
			notes := map[string][]string{
				"grows meanwhile":        {"top/victim{4 false}"},
				"is replaced meanwhile":  {"top/victim{0 true}"},
				"is rotated meanwhile":   {"top/victim{0 true}"},
				"is rotated and grows":   {"top/victim{4 true}"},
				"becomes a pipe by then": {"top/victim{0 true}"},
			}[name]
			require.Equal(t, notes, here)
			require.Equal(t, notes, there)
			require.Equal(t, s.Files, rec.Files)
			require.Equal(t, want, harvest(t, to))
		})
	}
}

func extend(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func replaceFile(path string) error {
	return errors.Join(os.WriteFile(path+".new", []byte("other"), 0o600), os.Rename(path+".new", path))
}

func TestFolderThatChangesBeforeItIsEntered(t *testing.T) {
	for name, by := range map[string]struct {
		change func(path string) error
		code   codec.Code
	}{
		"vanishes": {os.RemoveAll, codec.NotFound},
		"turns into a pipe": {
			func(path string) error { return errors.Join(os.RemoveAll(path), unix.Mkfifo(path, 0o600)) },
			codec.NotDirectory,
		},
		"turns into a file": {
			func(path string) error {
				return errors.Join(os.RemoveAll(path), os.WriteFile(path, nil, 0o600))
			},
			codec.NotDirectory,
		},
		"turns into a link": {
			func(path string) error { return errors.Join(os.RemoveAll(path), os.Symlink("aside", path)) },
			codec.Changed,
		},
		"is replaced": {
			func(path string) error {
				return errors.Join(os.Rename(path, path+".old"), os.Mkdir(path, 0o700))
			},
			codec.Changed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := t.TempDir(), t.TempDir()
			plant(t, from, map[string]string{"top/aside/s": "secret", "top/victim/v": "v"})
			victim := filepath.Join(from, "top", "victim")
			rec := treeInto(t, to, false)
			s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{Want: func(path string, _ codec.Entry) bool {
				if path == "top/victim" {
					require.NoError(t, by.change(victim))
				}
				return !strings.HasPrefix(path, "top/aside")
			}})
			require.NoError(t, err)
			require.Len(t, s.failed, 1)
			requireCode(t, s.failed["top/victim"], by.code)
			require.Empty(t, rec.failed)
			require.Equal(t, map[string]string{"top/": ""}, harvest(t, to))
		})
	}
}

func TestSpecialFilesAreNotSent(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/a": "a"})
	require.NoError(t, unix.Mkfifo(filepath.Join(from, "top", "pipe"), 0o600))
	l, err := net.Listen("unix", filepath.Join(from, "top", "socket"))
	require.NoError(t, err)
	defer l.Close()
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"top/": "", "top/a": "a"}, harvest(t, to))
	require.Len(t, s.failed, 2)
	requireCode(t, s.failed["top/pipe"], codec.NotRegular)
	requireCode(t, s.failed["top/socket"], codec.NotRegular)
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

func TestUnreadableFilesAreReportedAndOthersContinue(t *testing.T) {
	if !asNobody(t) {
		return
	}
	from, to := t.TempDir(), t.TempDir()
	plant(
		t, from,
		map[string]string{
			"top/a": "a", "top/shut/x": "x", "top/blind/x": "x", "top/file": "secret", "top/z": "z",
		},
	)
	for name, mode := range map[string]os.FileMode{"top/shut": 0, "top/blind": 0o444, "top/file": 0} {
		path := filepath.Join(from, name)
		require.NoError(t, os.Chmod(path, mode))
		t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
	}
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	require.Len(t, s.failed, 3)
	for _, name := range []string{"top/shut", "top/blind", "top/file"} {
		require.ErrorIs(t, s.failed[name], fs.ErrPermission, name)
	}
	require.Equal(t, map[string]string{"top/": "", "top/a": "a", "top/z": "z"}, harvest(t, to))
}

func TestFolderThatMayNotBeWrittenIsRefusedWithAllThatIsInIt(t *testing.T) {
	if !asNobody(t) {
		return
	}
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/a": "a", "top/sub/x": "x", "top/sub/y/z": "z"})
	plant(t, to, map[string]string{"top/": ""})
	require.NoError(t, os.Chmod(filepath.Join(to, "top"), 0o555))
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(to, "top"), 0o755) })
	rec := treeInto(t, to, false)
	_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Len(t, rec.failed, 2, "what is in a refused folder is not told one by one")
	require.ErrorIs(t, rec.failed["top/a"], fs.ErrPermission)
	require.ErrorIs(t, rec.failed["top/sub"], fs.ErrPermission)
	require.Equal(t, map[string]string{"top/": ""}, harvest(t, to))
}
