//go:build unix

package remote

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"techsh/codec"
)

const (
	nonblock  = unix.O_NONBLOCK
	foldNames = false // names that differ in case are two
	asFolder  = "/."  // behind a path: nothing else is opened
)

func hidden(name string) bool { return name[0] == '.' }

// checkPath has nothing to refuse here.
func checkPath(string) error { return nil }

// checkProgram has nothing to refuse here.
func checkProgram(string) error { return nil }

func crossesDevices(err error) bool { return errors.Is(err, unix.EXDEV) }

func shellCommand(line string) *exec.Cmd { return exec.Command("/bin/sh", "-c", "--", line) }

// owner returns the ids of a file's user and group.
func owner(fi fs.FileInfo) (uid, gid string, ok bool) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return "", "", false
	}
	return strconv.FormatUint(uint64(st.Uid), 10), strconv.FormatUint(uint64(st.Gid), 10), true
}

// scan hands on what is in a folder, as it is read: names in blocks, and
// each one's status relative to the folder. What vanishes meanwhile is
// passed over.
func scan(_ *os.Root, dir *os.File, add func(codec.Entry) error) error {
	raw, err := dir.SyscallConn()
	if err != nil {
		return err
	}
	for {
		names, rerr := dir.Readdirnames(1024)
		var aerr error
		err := raw.Control(func(fd uintptr) {
			for _, name := range names {
				var st unix.Stat_t
				if unix.Fstatat(int(fd), name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
					continue
				}
				if aerr = add(entryOf(int(fd), name, &st)); aerr != nil {
					return
				}
			}
		})
		switch {
		case err != nil:
			return err
		case aerr != nil:
			return aerr
		case len(names) == 0:
			if errors.Is(rerr, io.EOF) {
				return nil
			}
			return rerr
		}
	}
}

func entryOf(dir int, name string, st *unix.Stat_t) codec.Entry {
	e := codec.Entry{
		Kind: kindOf(uint32(st.Mode)), Mode: int(st.Mode & 0o777), Size: codec.Unknown,
		Time: time.Unix(st.Mtim.Unix()), Name: name,
	}
	switch e.Kind {
	case codec.Regular:
		e.Size = st.Size
	case codec.Link:
		var b [4096]byte
		if n, err := unix.Readlinkat(dir, name, b[:]); err == nil {
			e.Target = string(b[:n])
		}
	}
	return e
}

func kindOf(mode uint32) codec.Kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return codec.Folder
	case unix.S_IFLNK:
		return codec.Link
	case unix.S_IFIFO:
		return codec.Pipe
	case unix.S_IFSOCK:
		return codec.Socket
	case unix.S_IFBLK:
		return codec.Block
	case unix.S_IFCHR:
		return codec.Char
	}
	return codec.Regular
}

// statfs tells of the file system that an open folder is on.
func statfs(dir *os.Root) (st unix.Statfs_t, err error) {
	f, err := dir.Open(".")
	if err != nil {
		return st, err
	}
	defer f.Close()
	raw, err := f.SyscallConn()
	if err != nil {
		return st, err
	}
	cerr := raw.Control(func(fd uintptr) { err = unix.Fstatfs(int(fd), &st) })
	return st, errors.Join(cerr, err)
}

// A group is a program with all that it starts: a process group.
type group struct{ pid int }

func newGroup(cmd *exec.Cmd) *group {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return &group{}
}

func (g *group) started(cmd *exec.Cmd) { g.pid = cmd.Process.Pid }

func (g *group) terminate() { _ = unix.Kill(-g.pid, unix.SIGTERM) }

func (g *group) kill() { _ = unix.Kill(-g.pid, unix.SIGKILL) }

func (g *group) close() {}

// exitPairs says how a program has ended.
func exitPairs(state *os.ProcessState) codec.Pairs {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		name := strings.TrimPrefix(unix.SignalName(ws.Signal()), "SIG")
		if name == "" {
			name = strconv.Itoa(int(ws.Signal()))
		}
		return codec.Pairs{{Key: "signal", Value: name}, codec.PairOf("number", int(ws.Signal()))}
	}
	return codec.Pairs{codec.PairOf("exit", state.ExitCode())}
}
