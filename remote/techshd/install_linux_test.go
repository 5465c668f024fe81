package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// fakeSystemctl keeps what it is told in the files enabled and active in its home folder.
const fakeSystemctl = `#!/bin/sh
case "$2" in
is-enabled) test -e "$HOME/enabled";;
is-active) test -e "$HOME/active";;
enable) echo "$3 $4" >"$HOME/enabled";;
disable) rm "$HOME/enabled";;
start) test ! -e "$HOME/broken" || { echo "no bus" >&2; exit 1; }; touch "$HOME/active";;
stop) rm "$HOME/active";;
*) exit 9;;
esac
`

// An owner types commands at the terminal of a computer with a fake systemctl.
type owner struct {
	t    *testing.T
	home string
}

func newOwner(t *testing.T) *owner {
	o := &owner{t, t.TempDir()}
	require.NoError(t, os.MkdirAll(filepath.Join(o.home, ".config/systemd/user"), 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(o.home, "bin"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(o.home, ".config/systemd/user/other.service"), []byte("x"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(o.home, "bin/systemctl"), []byte(fakeSystemctl), 0o755))
	return o
}

// runs runs techshd in a terminal. If it asks, it is answered. It returns what the
// terminal shows, with ~ as the home folder, and the exit status.
func (o *owner) runs(answer string, args ...string) (text string, status int) {
	o.t.Helper()
	path, err := exec.LookPath("techshd")
	require.NoError(o.t, err)
	cmd := exec.CommandContext(o.t.Context(), path, args...)
	cmd.Dir = o.home
	cmd.Env = append(os.Environ(), "HOME="+o.home, "XDG_CONFIG_HOME=", "TERM=dumb",
		"PATH="+filepath.Join(o.home, "bin")+":"+os.Getenv("PATH"))
	keys, err := pty.Start(cmd)
	require.NoError(o.t, err)
	defer keys.Close()
	var seen bytes.Buffer
	asked := false
	for b := make([]byte, 4096); ; {
		n, err := keys.Read(b)
		seen.Write(b[:n])
		if !asked && bytes.Contains(seen.Bytes(), []byte("do this?   [y]es, [N]o ")) {
			asked = true
			_, err := io.WriteString(keys, answer)
			require.NoError(o.t, err)
		}
		if err != nil { // techshd has ended
			break
		}
	}
	err = cmd.Wait()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		status = e.ExitCode()
	} else {
		require.NoError(o.t, err)
	}
	text = strings.NewReplacer(o.home, "~", "\r", "").Replace(seen.String())
	require.Equal(o.t, answer != "", asked, text)
	return text, status
}

// files returns the files and folders below the home folder, with the contents of files.
// techshd's own folder is left out if it is empty.
func (o *owner) files() map[string]string {
	found := map[string]string{}
	require.NoError(o.t, filepath.WalkDir(o.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "techsh" {
			return err
		}
		var content []byte
		if !d.IsDir() {
			content, err = os.ReadFile(path)
		}
		found[strings.TrimPrefix(path, o.home)] = strings.ReplaceAll(string(content), o.home, "~")
		return err
	}))
	return found
}

func TestInstallAndUninstallAtATerminal(t *testing.T) {
	t.Parallel()
	o := newOwner(t)
	before := o.files()

	for _, no := range []string{"n\n", "\n", "\x04", "yesterday\n"} {
		text, status := o.runs(no, "install")
		require.Equal(t, 1, status)
		require.Contains(t, text, "techshd: install: declined, so nothing was done\n")
		require.Equal(t, before, o.files())
	}
	text, status := o.runs("\x03", "install") // Ctrl-C
	require.Equal(t, 1, status)
	require.Contains(t, text, "techshd: install: nothing was done: ")
	require.Equal(t, before, o.files())

	text, status = o.runs("y\n", "install", "--read-only")
	require.Equal(t, 0, status, text)
	require.Contains(t, text, "done      write ~/.config/techsh/techshd.service\n")
	require.Contains(t, text, "done      run systemctl --user start techshd.service\n")
	installed := o.files()
	require.Contains(t, installed["/.config/techsh/techshd.service"], " --read-only\n")
	require.Equal(t, "~/.config/techsh/techshd.service ~/.config/techsh/techshd-screen.service\n", installed["/enabled"])

	text, status = o.runs("", "install", "--read-only")
	require.Equal(t, 0, status)
	require.Contains(t, text, "techshd is installed already\n")
	require.Equal(t, installed, o.files())

	text, status = o.runs("y\n", "uninstall")
	require.Equal(t, 0, status, text)
	require.Contains(t, text, "stays    ~/.config/techsh, with the identity, the peers and the audit log\n")
	require.Equal(t, before, o.files())
	text, status = o.runs("", "uninstall")
	require.Equal(t, 0, status)
	require.Contains(t, text, "techshd is not installed\n")
}

func TestHalfFailedInstallSaysWhatIsDone(t *testing.T) {
	t.Parallel()
	o := newOwner(t)
	broken := filepath.Join(o.home, "broken")
	require.NoError(t, os.WriteFile(broken, nil, 0o644))
	text, status := o.runs("y\n", "install")
	require.Equal(t, 1, status)
	require.Contains(t, text, `
done      write ~/.config/techsh/techshd.service
done      write ~/.config/techsh/techshd-screen.service
done      run systemctl --user enable ~/.config/techsh/techshd.service ~/.config/techsh/techshd-screen.service
failed    run systemctl --user start techshd.service
techshd: install: systemctl --user start techshd.service: exit status 1: no bus
  what is done stays: the same command goes on from there, techshd uninstall takes it back
`)
	require.NoError(t, os.Remove(broken))
	text, status = o.runs("y\n", "install")
	require.Equal(t, 0, status)
	require.Contains(t, text, " 1  run systemctl --user start techshd.service\n")
	require.NotContains(t, text, " 2  ")
}
