package remote

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"golang.org/x/sys/unix"

	"techsh/codec"
)

// enlarge makes a pipe hold more, so that a program seldom waits for us.
func enlarge(pipe *os.File) {
	if raw, err := pipe.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}

// quietX11 keeps the X library from writing to our standard error.
func quietX11() { xgb.Logger.SetOutput(io.Discard) }

func noDisplayHint() string {
	switch {
	case os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return "DISPLAY is not set: start techshd in the desktop session of the person at the screen"
	case os.Getenv("DISPLAY") == "":
		return "DISPLAY is not set and Wayland alone shows no displays: start techshd where Xwayland runs"
	}
	return "the X server " + os.Getenv("DISPLAY") + " does not answer: start techshd in the desktop session of the person at the screen"
}

// systemVersion returns PRETTY_NAME of os-release(5).
func systemVersion() string {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
			if v, ok := strings.CutPrefix(lines.Text(), "PRETTY_NAME="); ok {
				if s, err := strconv.Unquote(v); err == nil {
					return s
				}
				return strings.Trim(v, "'")
			}
		}
	}
	return ""
}

func uptime() time.Duration {
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) != nil {
		return 0
	}
	return time.Duration(si.Uptime) * time.Second
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}

// A mount is a line of /proc/self/mountinfo, see proc_pid_mountinfo(5).
type mount struct{ device, at, kind string }

func mounts() (list []mount, err error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	names := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range strings.Lines(string(text)) {
		before, after, ok := strings.Cut(line, " - ")
		where, what := strings.Fields(before), strings.Fields(after)
		if ok && len(where) > 4 && len(what) > 0 {
			list = append(list, mount{device: where[2], at: names.Replace(where[4]), kind: what[0]})
		}
	}
	return list, nil
}

// volumes returns the file systems that have room for files, each once.
func volumes(ctx context.Context) ([]codec.Volume, error) {
	list, err := mounts()
	if err != nil {
		return nil, err
	}
	last, seen := map[string]mount{}, map[string]bool{} // of several in one place the last is seen
	for _, m := range list {
		last[m.at] = m
	}
	var all []codec.Volume
	for _, m := range list {
		if seen[m.device] || last[m.at] != m || m.kind == "autofs" { // which would mount what is there
			continue
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var st unix.Statfs_t
		if unix.Statfs(m.at, &st) == nil && st.Blocks > 0 { // else it is not ours, or made up by the kernel
			seen[m.device] = true
			all = append(all, volume(m, &st))
		}
	}
	return all, nil
}

func volume(m mount, st *unix.Statfs_t) codec.Volume {
	return codec.Volume{Mount: m.at, Type: m.kind, Size: int64(st.Blocks) * int64(st.Frsize), Free: int64(st.Bavail) * int64(st.Frsize)}
}

// volumeOf returns the file system of an open folder, which is at real.
func volumeOf(dir *os.Root, real string) (codec.Volume, error) {
	st, err := statfs(dir)
	if err != nil {
		return codec.Volume{}, err
	}
	list, err := mounts()
	var of mount
	for _, m := range list {
		if len(m.at) >= len(of.at) && within(real, m.at) {
			of = m
		}
	}
	return volume(of, &st), err
}
