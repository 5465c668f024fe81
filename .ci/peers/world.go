package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
)

// A world is a folder in memory and the servers that give it away.
type world struct {
	settings
	user    string // whom sshd, rsync and vsftpd act as
	made    bool   // the user was made for that
	runDir  bool   // and so was /run/sshd
	delays  []*delayLine
	started map[int]bool // the processes that stay
	techshd *server
	plain   *server
	sshd    *server
	master  *server // an sshd of its own, which has one connection
	control *server // the ssh that holds it
	rsyncd  *server
	vsftpd  *server
	host    string // what techshd is called by techsh
}

// newWorld makes one. It is to be closed even on an error.
func newWorld(ctx context.Context, s settings) (*world, error) {
	w := &world{settings: s, started: map[int]bool{}}
	if err := adopt(); err != nil {
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
	if err := os.WriteFile(w.small(), []byte("small\n"), 0o644); err != nil {
		return w, err
	}
	return w, w.serve(ctx)
}

// close ends all processes and removes what was made.
func (w *world) close() error {
	for _, d := range w.delays {
		d.close()
	}
	endAll()
	err := os.RemoveAll(w.dir)
	if w.runDir {
		err = errors.Join(err, os.Remove(privilegeDir))
	}
	if w.made {
		err = errors.Join(err, command("userdel", w.user))
	}
	return err
}

// addUser finds the user: where we are root a new one, whose shell starts
// without files of its own.
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
	w.made = err == nil
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
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.path("home"), "XDG_CONFIG_HOME=" + w.path("technician"), "LC_ALL=C"}
}

// emptyTarget makes the folder for what is copied, which anybody may use.
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

// A source is what a row is about; make makes it at path when it is wanted.
type source struct {
	path string
	make func(path string) error
}

func (s *source) ready() error {
	if s == nil {
		return nil
	}
	if _, err := os.Stat(s.path); err == nil {
		return nil
	}
	return s.make(s.path)
}

func (w *world) small() string { return w.path("source", "small") }

// file is one of that size, which nothing can compress.
func (w *world) file(bytes int64) *source {
	return &source{w.path("source", fmt.Sprintf("file-%d", bytes)), func(path string) error {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		block := noise(1<<20, bytes)
		for left := bytes; left > 0; left -= int64(len(block)) {
			binary.BigEndian.PutUint64(block, uint64(left)) // no two alike
			if _, err := f.Write(block[:min(left, int64(len(block)))]); err != nil {
				return err
			}
		}
		return nil
	}}
}

// tree is so many files of 4 KiB, a hundred in a folder.
func (w *world) tree(files int) *source {
	const each, size = 100, 4 << 10
	return &source{w.path("source", fmt.Sprintf("tree-%d", files)), func(path string) error {
		for i := range files {
			folder := filepath.Join(path, fmt.Sprintf("folder-%03d", i/each))
			if i%each == 0 {
				if err := os.MkdirAll(folder, 0o755); err != nil {
					return err
				}
			}
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("file-%05d.dat", i)), noise(size, int64(i)), 0o644); err != nil {
				return err
			}
		}
		return nil
	}}
}

// folder is one with so many empty files.
func (w *world) folder(entries int) *source {
	return &source{w.path("source", fmt.Sprintf("entries-%d", entries)), func(path string) error {
		if err := os.Mkdir(path, 0o755); err != nil {
			return err
		}
		for i := range entries {
			fd, err := syscall.Creat(filepath.Join(path, fmt.Sprintf("report-%06d.txt", i)), 0o644)
			if err != nil {
				return err
			}
			if err := syscall.Close(fd); err != nil {
				return err
			}
		}
		return nil
	}}
}

func noise(n int, seed int64) []byte {
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	b := make([]byte, n)
	for i := 0; i+8 <= n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:], r.Uint64())
	}
	return b
}
