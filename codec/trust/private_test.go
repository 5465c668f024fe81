package trust_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

// openers returns the functions that open a private file.
func openers() map[string]func(path string) (*os.File, error) {
	return map[string]func(path string) (*os.File, error){
		"read": func(path string) (*os.File, error) { return trust.OpenPrivate(path, os.O_RDONLY) },
		"append": func(path string) (*os.File, error) {
			return trust.OpenPrivate(path, os.O_RDWR|os.O_APPEND|os.O_CREATE)
		},
		"close to others": func(path string) (*os.File, error) {
			return trust.OpenAndMakePrivate(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE)
		},
	}
}

func TestPrivateFileIsNeverOpenedThroughALink(t *testing.T) {
	for name, open := range openers() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			aim, path := filepath.Join(dir, "aim"), filepath.Join(dir, "file")
			require.NoError(t, os.Symlink(aim, path))
			for range 2 { // first a dangling link, then one to a file
				_, err := open(path)
				require.ErrorIs(t, err, codec.Errorf(codec.NotRegular, ""))
				require.ErrorContains(t, err, path)
				if _, err := os.Lstat(aim); err == nil {
					return
				}
				require.NoError(t, os.WriteFile(aim, nil, 0o600))
			}
		})
	}
}

func TestNewPrivateFileReplacesNoLink(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, os.Symlink(filepath.Join(dir, "aim"), path))
	_, err := trust.OpenPrivate(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	require.ErrorIs(t, err, os.ErrExist)
	require.NoFileExists(t, filepath.Join(dir, "aim"))
}

// The name may lead to another file when it is opened than when it was checked.
func TestPrivateFileThatIsSwappedIsNeverALink(t *testing.T) {
	dir := t.TempDir()
	path, file, link := filepath.Join(dir, "file"), filepath.Join(dir, "own"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "aim"), []byte("secret"), 0o600))
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Symlink("aim", link))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			_, _, _ = os.Rename(path, file), os.Rename(link, path), os.Rename(path, link)
			_ = os.Rename(file, path)
		}
	}()
	for range 2000 {
		f, err := trust.OpenPrivate(path, os.O_RDONLY)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(f)
		require.NoError(t, err)
		require.Empty(t, string(text))
		require.NoError(t, f.Close())
	}
	close(stop)
	<-done
}

func TestPrivateFileIsRegular(t *testing.T) {
	for name, open := range openers() {
		path := filepath.Join(t.TempDir(), "file")
		require.NoError(t, fifo(path))
		_, err := open(path) // this must not block
		require.ErrorIs(t, err, codec.Errorf(codec.NotRegular, ""), name)
	}
}

func TestPrivateFileOfOthersIsRefusedOrClosedToThem(t *testing.T) {
	onUnix(t)
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("kept"), 0o600))
	require.NoError(t, os.Chmod(path, 0o640))
	_, err := trust.OpenPrivate(path, os.O_RDONLY)
	require.ErrorIs(t, err, os.ErrPermission)
	requireHint(t, codec.Explain(path, err), path, "chmod 600 "+path)
	f, err := trust.OpenAndMakePrivate(path, os.O_RDONLY)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	require.EqualValues(t, len("kept"), info.Size())
}
