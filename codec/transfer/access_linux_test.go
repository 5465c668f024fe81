package transfer_test

import (
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

const (
	accessACL  = "system.posix_acl_access"
	defaultACL = "system.posix_acl_default"
)

// aclOf returns an ACL in which the user 4321 has the permissions user.
func aclOf(owner, user, group, mask, others uint16) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range [][2]uint16{{0x01, owner}, {0x02, user}, {0x04, group}, {0x10, mask}, {0x20, others}} {
		id := ^uint32(0)
		if e[0] == 0x02 {
			id = 4321
		}
		b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, e[0]), e[1])
		b = binary.LittleEndian.AppendUint32(b, id)
	}
	return b
}

func setAttribute(t testing.TB, path, name string, value []byte) {
	if err := unix.Setxattr(path, name, value, 0); err != nil {
		lacks(t, name, ": ", err)
	}
}

// attribute returns an extended attribute, or "" if there is none.
func attribute(t testing.TB, path, name string) string {
	b := make([]byte, 4096)
	n, err := unix.Getxattr(path, name, b)
	if err == unix.ENODATA {
		return ""
	}
	require.NoError(t, err)
	return string(b[:n])
}

func modeOf(t testing.TB, path string) fs.FileMode {
	fi, err := os.Lstat(path)
	require.NoError(t, err)
	return fi.Mode()
}

// withUmask makes rec use this umask.
func withUmask(rec *received, umask landing.Umask) *received {
	choose := rec.Choose
	rec.Choose = func(e codec.Entry) (landing.Target, error) {
		to, err := choose(e)
		to.Umask = umask
		return to, err
	}
	return rec
}

func TestNewFilesAndFoldersGetNothingOfTheUmask(t *testing.T) {
	for name, by := range map[string]struct {
		umask                          landing.Umask
		writable, unknown, folder, all fs.FileMode
	}{
		"the usual one": {landing.Umask{}, 0o644, 0o644, 0o755, 0o755},
		"none":          {landing.UmaskOf(0), 0o666, 0o666, 0o777, 0o777},
		"private":       {landing.UmaskOf(0o077), 0o600, 0o600, 0o700, 0o700},
		"group":         {landing.UmaskOf(0o007), 0o660, 0o660, 0o770, 0o770},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rec := withUmask(into(t, dir, false), by.umask)
			require.NoError(t, rec.file(t, "f 0666 3 - writable", "abc", "none"))
			require.NoError(t, rec.file(t, "f - 3 - unknown", "abc", "none"))
			tree := withUmask(treeInto(t, dir, false), by.umask)
			require.NoError(t, tree.file(t, "f 0666 3 - small", "abc", "none"))
			require.NoError(t, tree.take(codec.FILE, "d - - - top"))
			require.NoError(t, tree.take(codec.FILE, "d 0777 - - top/folder"))
			require.NoError(t, tree.file(t, "f 0666 3 - top/folder/writable", "abc", "none"))
			require.NoError(t, tree.file(t, "f - 3 - top/folder/unknown", "abc", "none"))
			tree.Flush()
			require.Empty(t, rec.failed)
			require.Empty(t, tree.failed)
			for path, want := range map[string]fs.FileMode{
				"writable": by.writable, "unknown": by.unknown, "small": by.writable, "top": by.all | fs.ModeDir,
				"top/folder": by.folder | fs.ModeDir, "top/folder/writable": by.writable,
				"top/folder/unknown": by.unknown,
			} {
				require.Equal(t, want, modeOf(t, filepath.Join(dir, path)), path)
			}
		})
	}
}

// The group bits of the mode are the mask of the ACL. Without it they would be rights of
// the group.
func TestReplacedFileKeepsItsACLAndAttributes(t *testing.T) {
	dir := t.TempDir()
	list := aclOf(6, 6, 0, 6, 0)
	names := []string{"alone", "small", "top/x"}
	for _, name := range names {
		path := filepath.Join(dir, name)
		plant(t, dir, map[string]string{name: "old"})
		require.NoError(t, os.Chmod(path, 0o600))
		setAttribute(t, path, accessACL, list)
		setAttribute(t, path, "user.note", []byte("from Ann"))
		setAttribute(t, path, "user.empty", nil)
		require.EqualValues(t, 0o660, modeOf(t, path))
	}
	rec := into(t, dir, true)
	require.NoError(t, rec.file(t, "f 0777 3 - alone", "new", "none"))
	tree := treeInto(t, dir, true)
	require.NoError(t, tree.file(t, "f 0777 3 - small", "new", "none"))
	require.NoError(t, tree.take(codec.FILE, "d 0777 - - top"))
	require.NoError(t, tree.file(t, "f 0777 3 - top/x", "new", "none"))
	tree.Flush()
	require.Empty(t, rec.failed)
	require.Empty(t, tree.failed)
	for _, name := range names {
		path := filepath.Join(dir, name)
		requireText(t, path, "new")
		require.EqualValues(t, 0o660, modeOf(t, path), name)
		require.Equal(t, string(list), attribute(t, path, accessACL), name)
		require.Equal(t, "from Ann", attribute(t, path, "user.note"), name)
	}
}

// What is new gets the default ACL of its folder as if the system had made it, and what
// replaces a file gets nothing from it.
func TestDefaultACLIsInherited(t *testing.T) {
	for name, list := range map[string][]byte{
		"with a mask": aclOf(7, 6, 5, 7, 0), "narrow": aclOf(6, 4, 0, 4, 0), "wide": aclOf(7, 7, 7, 7, 7),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			plant(t, dir, map[string]string{"old": "old", "top/": ""})
			setAttribute(t, dir, defaultACL, list)
			setAttribute(t, filepath.Join(dir, "top"), defaultACL, list)
			require.NoError(t, os.Chmod(filepath.Join(dir, "old"), 0o640))
			for _, mode := range []fs.FileMode{0o600, 0o644, 0o664, 0o777} {
				made := filepath.Join(t.TempDir(), "made")
				require.NoError(t, os.Mkdir(made, 0o700))
				setAttribute(t, made, defaultACL, list)
				f, err := os.OpenFile(filepath.Join(made, "file"), os.O_CREATE, mode)
				require.NoError(t, err)
				require.NoError(t, f.Close())
				require.NoError(t, os.Mkdir(filepath.Join(made, "folder"), mode|0o700))

				rec, tree := into(t, dir, false), treeInto(t, dir, false)
				e := codec.Entry{Kind: codec.Regular, Mode: int(mode), Size: 3, Name: "alone"}
				require.NoError(t, rec.file(t, e.String(), "abc", "none"))
				folder := codec.Entry{Kind: codec.Folder, Mode: int(mode | 0o700), Size: codec.Unknown}
				for _, folder.Name = range []string{"top", "top/folder"} {
					require.NoError(t, tree.take(codec.FILE, folder.String()))
				}
				e.Name = "top/folder/x"
				require.NoError(t, tree.file(t, e.String(), "abc", "none"))
				tree.Flush()
				require.Empty(t, rec.failed)
				require.Empty(t, tree.failed)
				for ours, theirs := range map[string]string{
					"alone": "file", "top/folder/x": "file", "top/folder": "folder",
				} {
					ours, theirs = filepath.Join(dir, ours), filepath.Join(made, theirs)
					require.Equal(t, modeOf(t, theirs), modeOf(t, ours), "%s %o", ours, mode)
					for _, name := range []string{accessACL, defaultACL} {
						if theirs != filepath.Join(made, "file") || name == accessACL {
							require.Equal(t, attribute(t, theirs, name), attribute(t, ours, name), "%s %o", ours, mode)
						}
					}
				}
				require.NoError(t, os.Remove(filepath.Join(dir, "alone")))
				require.NoError(t, os.RemoveAll(filepath.Join(dir, "top/folder")))
			}
			rec := into(t, dir, true)
			require.NoError(t, rec.file(t, "f 0777 3 - old", "new", "none"))
			require.Empty(t, rec.failed)
			require.EqualValues(t, 0o640, modeOf(t, filepath.Join(dir, "old")))
			require.Empty(t, attribute(t, filepath.Join(dir, "old"), accessACL))
		})
	}
}

// In a folder with setgid, all that is made below has its group.
func TestFoldersOfATreeInheritSetgidAndTheGroup(t *testing.T) {
	if os.Geteuid() != 0 {
		lacks(t, "only root can give files to any group")
	}
	from, dir := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/sub/deep/x": "x", "top/y": "y"})
	require.NoError(t, os.Chown(dir, -1, 4321))
	require.NoError(t, os.Chmod(dir, 0o775|fs.ModeSetgid))
	rec := treeInto(t, dir, false)
	_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	for name, want := range map[string]fs.FileMode{
		"top": fs.ModeDir | fs.ModeSetgid | 0o755, "top/sub": fs.ModeDir | fs.ModeSetgid | 0o755,
		"top/sub/deep": fs.ModeDir | fs.ModeSetgid | 0o755, "top/sub/deep/x": 0o644, "top/y": 0o644,
	} {
		require.Equal(t, want, modeOf(t, filepath.Join(dir, name)), name)
		var st unix.Stat_t
		require.NoError(t, unix.Stat(filepath.Join(dir, name), &st))
		require.EqualValues(t, 4321, st.Gid, name)
	}
}

// Who replaces the file of another group cannot keep this group. Its rights must not go to
// the own group.
func TestGroupThatCannotBeKeptTakesItsRightsWithIt(t *testing.T) {
	const folder = "TECHSH_TEST_GROUP"
	dir := os.Getenv(folder)
	if dir == "" {
		if os.Geteuid() != 0 {
			lacks(t, "only root can give files to any group")
		}
		var err error
		dir, err = os.MkdirTemp("", "techsh-group")
		require.NoError(t, err)
		t.Cleanup(func() { os.RemoveAll(dir) })
		require.NoError(t, os.Chmod(dir, 0o777))
		for name, list := range map[string][]byte{"plain": nil, "acl": aclOf(6, 6, 6, 6, 0)} {
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
			require.NoError(t, os.Chmod(path, 0o664))
			if list != nil {
				setAttribute(t, path, accessACL, list)
			}
		}
		t.Setenv(folder, dir)
		require.False(t, asNobody(t))
		require.EqualValues(t, 0o644, modeOf(t, filepath.Join(dir, "plain")))
		require.Equal(t, string(aclOf(6, 6, 0, 6, 0)), attribute(t, filepath.Join(dir, "acl"), accessACL))
		return
	}
	rec := into(t, dir, true)
	require.NoError(t, rec.file(t, "f 0777 3 - plain", "new", "none"))
	require.NoError(t, rec.file(t, "f 0777 3 - acl", "new", "none"))
	require.Empty(t, rec.failed)
}

// The group bits of what has an ACL are its mask. A copy without the ACL must not give
// them to the group.
func TestMaskOfAnACLIsNoRightOfTheGroupOfACopy(t *testing.T) {
	from, dir := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/x": "x"})
	setAttribute(t, filepath.Join(from, "top/x"), accessACL, aclOf(6, 6, 0, 6, 4))
	setAttribute(t, filepath.Join(from, "top"), accessACL, aclOf(7, 7, 1, 7, 0))
	rec := withUmask(treeInto(t, dir, false), landing.UmaskOf(0))
	_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	alone := withUmask(into(t, dir, false), landing.UmaskOf(0))
	require.NoError(t, crossFile(t, &alone.Receiver, filepath.Join(from, "top/x"), "alone"))
	f := opened(t, filepath.Join(from, "top/x"))
	fi, err := f.Stat()
	require.NoError(t, err)
	to := landing.Target{Dir: open(t, dir), Name: "copy", Umask: landing.UmaskOf(0)}
	require.NoError(t, landing.Copy(t.Context(), to, f, fi))
	require.Empty(t, rec.failed)
	require.Empty(t, alone.failed)
	for name, want := range map[string]fs.FileMode{
		"top": fs.ModeDir | 0o710, "top/x": 0o604, "alone": 0o604, "copy": 0o604,
	} {
		require.Equal(t, want, modeOf(t, filepath.Join(dir, name)), name)
	}
}
