package trust_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

// readers returns functions that read each file of the folder.
func readers(f *trust.Folder) map[string]func() error {
	return map[string]func() error{
		"peers":     func() error { _, err := f.Peers(); return err },
		"hosts":     func() error { _, err := f.Hosts(); return err },
		"invite":    func() error { _, err := f.Invitation(); return err },
		"listening": func() error { _, err := f.Listening(); return err },
	}
}

// writers returns functions that change each file of the folder.
func writers(f *trust.Folder) map[string]func() error {
	return map[string]func() error{
		"peers": func() error { _, err := f.AddPeer(trust.Peer{ID: oneID}); return err },
		"hosts": func() error {
			_, err := f.AddHost(trust.Host{
				ID: oneID, Addr: "192.0.2.7:8820",
			})
			return err
		},
		"invite":       func() error { _, err := f.Invite(trust.AllRights, 0); return err },
		"listening":    func() error { return f.SetListening([]string{"192.0.2.7:8820"}) },
		"identity.pem": func() error { _, err := f.Identity(); return err },
	}
}

func TestFolderAndFilesAreTheUsersAlone(t *testing.T) {
	onUnix(t)
	f, dir := folder(t)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	for name, change := range writers(f) {
		require.NoError(t, change())
		info, err := os.Lstat(f.Path(name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
	}
	requireOnly(t, dir, "peers", "hosts", "invite", "listening", "identity.pem")
}

func TestFolderThatOthersMayWriteToIsRefused(t *testing.T) {
	onUnix(t)
	for mode, fine := range map[os.FileMode]bool{
		0o700: true, 0o755: true, 0o500: true, 0o770: false, 0o702: false, 0o777: false,
	} {
		dir := filepath.Join(t.TempDir(), "a folder")
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.NoError(t, os.Chmod(dir, mode))
		_, err := trust.Open(dir)
		if fine {
			require.NoError(t, err)
			continue
		}
		requireHint(t, err, dir, `chmod 700 "`+dir+`"`)
		require.ErrorContains(t, err, "others may write to this folder")
	}
}

func TestFolderThatIsAFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, err := trust.Open(path)
	require.ErrorIs(t, err, codec.Errorf(codec.NotDirectory, ""))
}

func TestFilesThatOthersMayUseAreRefused(t *testing.T) {
	onUnix(t)
	f, _ := folder(t)
	for name, change := range writers(f) {
		require.NoError(t, change())
		for _, mode := range []os.FileMode{0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o666, 0o777} {
			require.NoError(t, os.Chmod(f.Path(name), mode))
			err := change()
			require.ErrorContains(t, err, "others may read or write it (mode 0")
			requireHint(t, err, f.Path(name), "chmod 600 "+f.Path(name))
			if read := readers(f)[name]; read != nil {
				requireHint(t, read(), f.Path(name), "chmod 600 "+f.Path(name))
			}
		}
		for _, mode := range []os.FileMode{0o600, 0o400, 0o700} {
			require.NoError(t, os.Chmod(f.Path(name), mode))
			require.NoError(t, change())
		}
	}
}

func TestSpecialFilesAreRefused(t *testing.T) {
	f, _ := folder(t)
	write(t, f, "aim", "")
	for what, put := range map[string]func(path string) error{
		"folder":        func(path string) error { return os.Mkdir(path, 0o700) },
		"link":          func(path string) error { return os.Symlink("aim", path) },
		"dangling link": func(path string) error { return os.Symlink("nowhere", path) },
		"fifo":          fifo,
	} {
		for name, change := range writers(f) {
			require.NoError(t, os.RemoveAll(f.Path(name)))
			require.NoError(t, put(f.Path(name)))
			err := change()
			require.ErrorIs(t, err, codec.Errorf(codec.NotRegular, ""), "%s as a %s", name, what)
			requireHint(t, err, f.Path(name), "put a file in its place")
			if read := readers(f)[name]; read != nil {
				require.ErrorIs(t, read(), codec.Errorf(codec.NotRegular, ""))
			}
			info, err := os.Lstat(f.Path(name))
			require.NoError(t, err)
			require.False(t, info.Mode().IsRegular(), "it was replaced")
		}
	}
	requireFile(t, f, "aim", "")
}

func TestLinkInPlaceOfTheLockIsCalledOne(t *testing.T) {
	onUnix(t)
	f, _ := folder(t)
	write(t, f, "aim", "")
	refused := 0
	for name, change := range writers(f) {
		require.NoError(t, change())
		require.NoError(t, os.RemoveAll(f.Path("lock")))
		require.NoError(t, os.Symlink("aim", f.Path("lock")))
		err := change()
		if err != nil { // not every file is changed under the lock
			refused++
			require.ErrorContains(t, err, "it is a symbolic link, which is not followed", name)
		}
		require.NoError(t, os.RemoveAll(f.Path("lock")))
	}
	require.Positive(t, refused)
}

func TestFileSizes(t *testing.T) {
	f, _ := folder(t)
	comment := "# " + strings.Repeat("x", trust.MaxFile-3) + "\n"
	for name, read := range readers(f) {
		for extra, fine := range map[string]bool{"": true, "#": false, strings.Repeat("#\n", 1<<20): false} {
			write(t, f, name, comment+extra)
			err := read()
			if fine && name == "invite" {
				require.ErrorIs(t, err, trust.ErrClosed)
			} else if fine {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, codec.Errorf(codec.TooBig, ""))
				require.ErrorContains(t, err, f.Path(name))
			}
		}
	}
	write(t, f, "peers", comment)
	_, err := f.AddPeer(trust.Peer{ID: oneID})
	require.ErrorIs(t, err, codec.Errorf(codec.TooBig, ""), "written, it would never be read again")
	requireFile(t, f, "peers", comment)
}

func TestMissingFilesAreEmpty(t *testing.T) {
	f, _ := folder(t)
	for name, read := range readers(f) {
		if err := read(); name == "invite" {
			require.ErrorIs(t, err, trust.ErrClosed)
		} else {
			require.NoError(t, err)
		}
	}
}

func TestUnreadableFileIsNoMissingOne(t *testing.T) {
	f, dir := folder(t)
	// if the folder is a file, no name in it can be looked up, not even by root
	require.NoError(t, os.Remove(dir))
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	_, err := f.Peer(oneID)
	require.ErrorIs(t, err, codec.Errorf(codec.NotDirectory, ""))
	for name, read := range readers(f) {
		require.ErrorIs(t, read(), codec.Errorf(codec.NotDirectory, ""), name)
	}
}

func TestFilesOfAKilledProcessAreIgnored(t *testing.T) {
	f, dir := folder(t)
	for name, change := range writers(f) {
		write(t, f, name+".new", "half a fi")
		require.NoError(t, change())
	}
	requireOnly(t, dir, "peers", "hosts", "invite", "listening", "identity.pem")
}

func TestFailedWriteLeavesTheOldFile(t *testing.T) {
	f, dir := folder(t)
	_, err := f.AddPeer(trust.Peer{ID: oneID, Name: "ann"})
	require.NoError(t, err)
	before, err := os.ReadFile(f.Path("peers"))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(f.Path("peers.new/full"), 0o700)) // so that the temporary file cannot be made
	_, err = f.AddPeer(trust.Peer{ID: randomID(), Name: "bob"})
	require.ErrorContains(t, err, f.Path("peers"))
	requireFile(t, f, "peers", string(before))
	requireOnly(t, dir, "peers", "peers.new")
}

func TestFailedMoveLeavesNothing(t *testing.T) {
	f, dir := folder(t)
	_, err := f.AddPeer(trust.Peer{ID: oneID, Name: "ann"})
	require.NoError(t, err)
	before, err := os.ReadFile(f.Path("peers"))
	require.NoError(t, err)
	err = f.Write("peers", []byte("new"), func(from, to string) error {
		requireFile(t, f, filepath.Base(from), "new")
		require.Equal(t, f.Path("peers"), to)
		return codec.Errorf(codec.NoSpace, "")
	})
	require.ErrorIs(t, err, codec.Errorf(codec.NoSpace, ""))
	requireFile(t, f, "peers", string(before))
	requireOnly(t, dir, "peers")
}

func TestLockGoesWithTheProcessThatHasIt(t *testing.T) {
	f, dir := folder(t)
	holder := process(t, dir, "hold")
	out, err := holder.StdoutPipe()
	require.NoError(t, err)
	in, err := holder.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	require.NoError(t, holder.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "held\n", said)

	synctest.Test(t, func(t *testing.T) { // the wait runs on a fake clock
		began := time.Now()
		_, err := f.AddPeer(trust.Peer{ID: oneID})
		require.ErrorIs(t, err, codec.Errorf(codec.Busy, ""))
		require.ErrorContains(t, err, "another process has held it for 5s")
		require.InDelta(t, 5*time.Second, time.Since(began), float64(100*time.Millisecond))
		_, err = f.Peer(oneID)
		require.ErrorIs(t, err, trust.ErrUnknown, "readers need no lock")
	})

	require.NoError(t, holder.Process.Kill())
	_ = holder.Wait() // the error only says that it was killed
	_, err = f.AddPeer(trust.Peer{ID: oneID})
	require.NoError(t, err)
}

func TestTwoFoldersOfOneProcessWaitForEachOther(t *testing.T) {
	f, dir := folder(t)
	again, err := trust.Open(dir)
	require.NoError(t, err)
	unlock, err := f.Lock()
	require.NoError(t, err)
	added := make(chan error, 1)
	go func() {
		_, err := again.AddPeer(trust.Peer{ID: oneID})
		added <- err
	}()
	unlock()
	require.NoError(t, <-added)
}

func TestListening(t *testing.T) {
	f, dir := folder(t)
	addrs := []string{"192.0.2.7:8820", "[fe80::1%eth0]:8820", "office.example:1"}
	require.NoError(t, f.SetListening(addrs))
	got, err := f.Listening()
	require.NoError(t, err)
	require.Equal(t, addrs, got)
	require.Error(t, f.SetListening([]string{"192.0.2.7"}))
	got, err = f.Listening()
	require.NoError(t, err)
	require.Equal(t, addrs, got)
	for range 2 {
		require.NoError(t, f.SetListening(nil))
		requireOnly(t, dir)
	}
	got, err = f.Listening()
	require.NoError(t, err)
	require.Empty(t, got)
}

// A process that has read a file once does not believe at once that it is gone or damaged.
func TestFilesThatAnEditorWritesAreReadAgain(t *testing.T) {
	for name, text := range map[string]string{
		"hosts":        goodLines()["hosts"][0] + "\n",
		"listening":    goodLines()["listening"][0] + "\n",
		"invite":       "",
		"identity.pem": "",
	} {
		for what, change := range map[string]func(path string, text []byte) error{
			"truncated": func(path string, _ []byte) error { return os.Truncate(path, 0) },
			"renamed":   func(path string, _ []byte) error { return os.Rename(path, path+"~") },
			"written in part": func(path string, text []byte) error {
				return os.WriteFile(path, text[:len(text)/2], 0o600)
			},
		} {
			t.Run(name+" "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f, _ := folder(t)
					if text == "" {
						require.NoError(t, writers(f)[name]())
					} else {
						write(t, f, name, text)
					}
					data, err := os.ReadFile(f.Path(name))
					require.NoError(t, err)
					read := writers(f)["identity.pem"]
					if name != "identity.pem" {
						read = readers(f)[name]
					}
					require.NoError(t, read())
					require.NoError(t, change(f.Path(name), data))
					time.AfterFunc(400*time.Millisecond, func() { _ = os.WriteFile(f.Path(name), data, 0o600) })
					require.NoError(t, read())
					requireFile(t, f, name, string(data))
				})
			})
		}
	}
}

// Adding a computer does not drop those that an editor is about to write again.
func TestChangeOfAFileThatAnEditorWritesKeepsItsLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := folder(t)
		line := goodLines()["peers"][0] + "\n"
		write(t, f, "peers", "")
		time.AfterFunc(400*time.Millisecond, func() { _ = os.WriteFile(f.Path("peers"), []byte(line), 0o600) })
		_, err := f.AddPeer(trust.Peer{ID: oneID, Name: "ann"})
		require.NoError(t, err)
		peers, err := f.Peers()
		require.NoError(t, err)
		require.Len(t, peers, 2)
	})
}
