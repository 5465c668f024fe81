package trust_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

const ann = 54321 // the uid of another user

// onlyRoot skips tests that need files of another user.
func onlyRoot(t testing.TB) {
	onUnix(t)
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("only root can give files away")
	}
	t.Skip("only root can give files away")
}

// requireOwner checks that an error names the owner of path and has a hint.
func requireOwner(t testing.TB, err error, path string) {
	t.Helper()
	require.ErrorIs(t, err, codec.Errorf(codec.NotAllowed, ""))
	require.ErrorContains(t, err, "it belongs to the user with uid 54321, and this runs as uid 0")
	requireHint(t, err, path, "run it as the user with uid 54321, or set HOME")
}

func TestFolderOfAnotherUserIsRefused(t *testing.T) {
	onlyRoot(t)
	_, dir := folder(t)
	require.NoError(t, os.Chown(dir, ann, 0))
	_, err := trust.Open(dir)
	requireOwner(t, err, dir)
	require.NoError(t, os.Chown(dir, 0, ann)) // another group without the right to write does not matter
	_, err = trust.Open(dir)
	require.NoError(t, err)
}

func TestFilesOfAnotherUserAreIgnored(t *testing.T) {
	onlyRoot(t)
	f, _ := folder(t)
	for name, change := range writers(f) {
		require.NoError(t, change())
		require.NoError(t, os.Chown(f.Path(name), ann, 0))
		requireOwner(t, change(), f.Path(name))
		if read := readers(f)[name]; read != nil {
			requireOwner(t, read(), f.Path(name))
		}
		require.NoError(t, os.Chown(f.Path(name), 0, 0))
		require.NoError(t, change())
	}
}
