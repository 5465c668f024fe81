package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
)

// A world is a folder in memory and the servers that serve it.
type world struct {
	settings
	user             string // of sshd, rsync and vsftpd
	userAdded        bool   // and has to be removed
	privilegeDirMade bool   // as userAdded
	delays           []*delayLine
	started          map[int]bool // the process IDs of the servers
	techshd          *server
	plain            *server
	sshd             *server
	master           *server // an sshd for the shared connection
	control          *server // the ssh that holds the shared connection
	rsyncd           *server
	vsftpd           *server
	host             string // the name by which techsh knows techshd
}

// newWorld makes a world, which must be closed even on an error.
func newWorld(ctx context.Context, s settings) (*world, error) {
	w := &world{settings: s, started: map[int]bool{}}
	if err := adoptOrphans(); err != nil {
		return w, err
	}
	if err := os.Chmod(w.dir, 0o755); err != nil {
		return w, err
	}
	for _, folder := range []string{"bin", "home", "empty", "source", "target", "helped", "technician"} {
		if err := os.MkdirAll(w.path(folder), 0o755); err != nil {
			return w, err
		}
	}
	if err := w.addUser(); err != nil {
		return w, err
	}
	if err := os.WriteFile(w.smallFile(), []byte("small\n"), 0o644); err != nil {
		return w, err
	}
	return w, w.serve(ctx)
}

// close ends all processes and removes the folder and the user.
func (w *world) close() error {
	for _, d := range w.delays {
		d.close()
	}
	endAll()
	err := os.RemoveAll(w.dir)
	if w.privilegeDirMade {
		err = errors.Join(err, os.Remove(privilegeDir))
	}
	if w.userAdded {
		err = errors.Join(err, command("userdel", w.user))
	}
	return err
}

// addUser chooses the user: for root a new one, whose shell has no startup files.
func (w *world) addUser() error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	w.user = me.Username
	if os.Getuid() != 0 {
		return nil
	}
	w.user = fmt.Sprintf("techsh-%d", os.Getpid())
	err = command("useradd", "--system", "--no-create-home", "--home-dir", w.path("home"), "--gid", "nogroup",
		"--shell", "/bin/sh", "--password", "*", w.user)
	w.userAdded = err == nil
	return err
}

func command(argv ...string) error {
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", argv[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}

func (w *world) path(elements ...string) string {
	return filepath.Join(append([]string{w.dir}, elements...)...)
}

func (w *world) env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + w.path("home"),
		"XDG_CONFIG_HOME=" + w.path("technician"),
		"LC_ALL=C",
	}
}

// emptyTarget makes an empty folder for the copies that every user may write to.
func (w *world) emptyTarget() error {
	target := w.path("target")
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	if err := os.Mkdir(target, 0o700); err != nil {
		return err
	}
	return os.Chmod(target, 0o777)
}
