//go:build unix

package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
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

// shellCommand has a line run by sh, or by another shell of shells(5).
func shellCommand(name, line string) (*exec.Cmd, error) {
	path := "/bin/sh"
	if name != "" && name != "sh" {
		list, err := os.ReadFile("/etc/shells")
		if err != nil {
			return nil, err
		}
		if path, err = shellOf(string(list), name); err != nil {
			return nil, err
		}
	}
	if strings.HasPrefix(line, "-") || strings.HasPrefix(line, "+") {
		line = " " + line // it is no option; and not every shell knows --
	}
	return exec.Command(path, "-c", line), nil
}

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

// A group is a program with all that it starts: a process group, in a session
// of its own. In a terminal a shell makes more of them, of which the one in the
// foreground is meant too.
type group struct {
	pid      int
	terminal *terminal
}

func newGroup(cmd *exec.Cmd) *group {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // without our terminal: a hidden prompt fails there, and would stop the program here
	return &group{}
}

func newSession(cmd *exec.Cmd, t *terminal) *group {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return &group{terminal: t}
}

func (g *group) started(cmd *exec.Cmd) { g.pid = cmd.Process.Pid }

// terminate asks to end. In a terminal that is done by hanging up: an
// interactive shell ignores TERM.
func (g *group) terminate() {
	if g.terminal != nil {
		g.signal(unix.SIGHUP)
		g.signal(unix.SIGCONT)
		return
	}
	g.signal(unix.SIGTERM)
}

func (g *group) kill() { g.signal(unix.SIGKILL) }

func (g *group) signal(sig unix.Signal) {
	if n := g.terminal.foreground(); n > 1 && n != g.pid {
		_ = unix.Kill(-n, sig)
	}
	_ = unix.Kill(-g.pid, sig)
}

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

// signalOf returns the signal of that name or number.
func signalOf(name string) (os.Signal, error) {
	if n, ok := codec.ParseNumber(name); ok && n > 0 && n < 65 {
		return syscall.Signal(n), nil
	}
	upper := strings.ToUpper(name)
	if sig := unix.SignalNum("SIG" + strings.TrimPrefix(upper, "SIG")); sig != 0 {
		return sig, nil
	}
	return nil, codec.Errorf(codec.BadRequest, "no such signal")
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}

// users returns who is logged in, and for how long each terminal was left alone.
func users(ctx context.Context) ([]codec.User, error) {
	list, err := loggedIn(ctx)
	for i, u := range list {
		var st unix.Stat_t
		if !filepath.IsLocal(u.Terminal) || unix.Stat("/dev/"+u.Terminal, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR {
			continue
		}
		if idle := int64(time.Since(time.Unix(st.Atim.Unix())) / time.Second); idle >= 0 {
			list[i].More = append(u.More, codec.PairOf("idle", idle))
		}
	}
	return list, err
}

// detach lets cmd outlive us, out of reach of our terminal.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// ended says whether a program of ours has ended, and lets the system forget it.
func ended(p *os.Process) bool {
	pid, err := unix.Wait4(p.Pid, nil, unix.WNOHANG, nil)
	return pid == p.Pid || errors.Is(err, unix.ECHILD)
}

// consoleEncoding is "" where programs write what their locale says.
func consoleEncoding() string { return "" }
