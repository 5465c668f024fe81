package trust_test

import (
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/codec/trust"
)

// fifo makes a folder, since Windows has no FIFOs: it is not a regular file either.
func fifo(path string) error { return os.Mkdir(path, 0o700) }

// grant gives a file or folder an access control list: the entries, and one with all
// rights for this user.
func grant(t testing.TB, path, entries string) {
	t.Helper()
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	require.NoError(t, err)
	sd, err := windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;" + user.User.Sid.String() + ")" + entries)
	require.NoError(t, err)
	dacl, _, err := sd.DACL()
	require.NoError(t, err)
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	require.NoError(t, windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, what, nil, nil, dacl, nil))
}

// requireOursAlone checks that the access control list of path has no entry for others.
func requireOursAlone(t testing.TB, path string) {
	t.Helper()
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	require.NoError(t, err)
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	require.NoError(t, err)
	dacl, _, err := sd.DACL()
	require.NoError(t, err)
	require.NotZero(t, dacl.AceCount)
	for i := range uint32(dacl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		require.NoError(t, windows.GetAce(dacl, i, &ace))
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		require.True(t, sid.Equals(user.User.Sid) || sid.IsWellKnown(windows.WinLocalSystemSid) ||
			sid.IsWellKnown(windows.WinBuiltinAdministratorsSid), "%s: %s", path, sd)
	}
}

// requireProtected checks that path inherits no access rights. Wine does not keep that.
func requireProtected(t testing.TB, path string) {
	t.Helper()
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	require.NoError(t, err)
	control, _, err := sd.Control()
	require.NoError(t, err)
	require.NotZero(t, control&windows.SE_DACL_PROTECTED, path)
}

func TestFolderAndFilesGiveNobodyElseAccess(t *testing.T) {
	f, dir := folder(t)
	requireOursAlone(t, dir)
	for name, change := range writers(f) {
		require.NoError(t, change())
		requireOursAlone(t, f.Path(name))
	}
}

func TestFolderAndFilesInheritNothing(t *testing.T) {
	f, dir := folder(t)
	requireProtected(t, dir)
	for name, change := range writers(f) {
		require.NoError(t, change())
		requireProtected(t, f.Path(name))
	}
	write(t, f, "peers", "")
	_, err := trust.Open(dir)
	require.NoError(t, err)
	requireProtected(t, f.Path("peers"))
}

func TestFolderThatOthersMayChangeIsRefused(t *testing.T) {
	for entry, fine := range map[string]bool{
		"": true, "(A;;FA;;;SY)(A;;FA;;;BA)": true, "(A;;FR;;;WD)": true,
		"(A;;FA;;;WD)": false, "(A;OICI;FW;;;WD)": false,
	} {
		dir := filepath.Join(t.TempDir(), "a folder")
		require.NoError(t, os.Mkdir(dir, 0o700))
		grant(t, dir, entry)
		_, err := trust.Open(dir)
		if fine {
			require.NoError(t, err, entry)
			requireOursAlone(t, dir)
			continue
		}
		requireHint(t, err, dir, `icacls "`+dir+`" /reset`)
		require.ErrorContains(t, err, "others may write to this folder: ", entry)
	}
}

func TestFilesThatOthersMayReadAreRefused(t *testing.T) {
	f, _ := folder(t)
	for name, change := range writers(f) {
		require.NoError(t, change())
		for _, entry := range []string{"(A;;FR;;;WD)", "(A;;FW;;;WD)", "(A;;FA;;;WD)"} {
			grant(t, f.Path(name), entry)
			err := change()
			require.ErrorContains(t, err, "others may read or write it: ", entry)
			requireHint(t, err, f.Path(name), "icacls "+codec.Name(f.Path(name))+" /reset")
			if read := readers(f)[name]; read != nil {
				requireHint(t, read(), f.Path(name), "icacls ")
			}
		}
		grant(t, f.Path(name), "(A;;FA;;;SY)(A;;FA;;;BA)")
		require.NoError(t, change())
	}
}

func TestFileOfOthersIsClosedToThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("kept"), 0o600))
	grant(t, path, "(A;;FR;;;WD)")
	_, err := trust.OpenPrivate(path, os.O_RDONLY)
	require.ErrorIs(t, err, os.ErrPermission)
	f, err := trust.OpenAndMakePrivate(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE)
	require.NoError(t, err)
	_, err = f.WriteString(", and more")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	requireOursAlone(t, path)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "kept, and more", string(text))
}

// A file that is made in a folder of everybody is private from the beginning.
func TestNewFileIsPrivateInAnyFolder(t *testing.T) {
	dir := t.TempDir()
	grant(t, dir, "(A;OICI;FA;;;WD)")
	for name, flag := range map[string]int{
		"new": os.O_WRONLY | os.O_CREATE | os.O_EXCL, "append": os.O_RDWR | os.O_APPEND | os.O_CREATE,
	} {
		path := filepath.Join(dir, name)
		for _, text := range []string{"one", "two"} {
			f, err := trust.OpenPrivate(path, flag)
			if text == "two" && name == "new" {
				require.ErrorIs(t, err, os.ErrExist)
				break
			}
			require.NoError(t, err)
			_, err = f.WriteString(text)
			require.NoError(t, err)
			require.NoError(t, f.Sync())
			require.NoError(t, f.Close())
			requireOursAlone(t, path)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "append"))
	require.NoError(t, err)
	require.Equal(t, "onetwo", string(text))
}

// formerFolder makes the folder where earlier versions had it: in %AppData%, which can
// follow the user to other computers.
func formerFolder(t testing.TB) (f *trust.Folder, roaming, local string) {
	roaming, local = filepath.Join(t.TempDir(), "Roaming"), filepath.Join(t.TempDir(), "Local")
	t.Setenv("AppData", roaming)
	t.Setenv("LocalAppData", local)
	require.NoError(t, os.MkdirAll(local, 0o700))
	f, err := trust.Open(filepath.Join(roaming, "techsh"))
	require.NoError(t, err)
	return f, roaming, local
}

func TestFolderIsMovedOutOfTheRoamingProfileOnce(t *testing.T) {
	old, roaming, local := formerFolder(t)
	identity, err := old.Identity()
	require.NoError(t, err)
	write(t, old, "history", "dir\n")
	f, err := trust.OpenOwn()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(local, "techsh", "history"), f.Path("history"))
	requireFile(t, f, "history", "dir\n")
	again, err := f.Identity()
	require.NoError(t, err)
	require.Equal(t, identity.ID, again.ID)
	require.NoDirExists(t, filepath.Join(roaming, "techsh"))

	_, err = trust.Open(filepath.Join(roaming, "techsh")) // of another computer
	require.NoError(t, err)
	dir, err := trust.OwnDir()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(local, "techsh"), dir)
	require.DirExists(t, filepath.Join(roaming, "techsh"))
}

func TestFolderInUseIsMovedAtALaterStart(t *testing.T) {
	old, roaming, local := formerFolder(t)
	write(t, old, "audit.jsonl", "")
	log, err := os.Open(old.Path("audit.jsonl")) // by a techshd that still runs
	require.NoError(t, err)
	for _, parent := range []string{roaming, local} {
		dir, err := trust.OwnDir()
		require.NoError(t, err)
		require.Equal(t, filepath.Join(parent, "techsh"), dir)
		_ = log.Close()
	}
}

func TestFolderIsMovedToAnotherDiskByCopying(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	old, err := trust.Open(from)
	require.NoError(t, err)
	write(t, old, "peers", "# a line\n")
	require.NoError(t, os.Mkdir(to+".new", 0o700)) // left by a process that was killed
	require.NoError(t, trust.MoveByCopy(from, to))
	f, err := trust.Open(to)
	require.NoError(t, err)
	requireFile(t, f, "peers", "# a line\n")
	requireOursAlone(t, to)
	require.NoDirExists(t, from)
	require.NoDirExists(t, to+".new")
}
