package remote

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"techsh/codec"
)

const getModes, setModes = unix.TCGETS, unix.TCSETS // of a terminal

// enlarge makes a pipe hold more, so that a program seldom waits for us.
func enlarge(pipe *os.File) {
	if raw, err := pipe.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
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

// volumes returns the disks, local and far, each once.
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
		if seen[m.device] || last[m.at] != m || !m.isDisk() {
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

// isDisk says whether people would call it a disk: no memory, no image of
// installed programs, no layer over another, unless that is all there is. What
// mounts itself is not looked at.
func (m mount) isDisk() bool {
	switch m.kind {
	case "tmpfs", "devtmpfs", "ramfs", "hugetlbfs", "efivarfs", "nsfs", "cgroup", "cgroup2", "autofs",
		"squashfs", "erofs", "overlay", "aufs", "fuse.lxcfs", "fuse.snapfuse", "fuse.portal", "fuse.gvfsd-fuse":
		return m.at == "/"
	}
	return true
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

// openerOf opens a document with what the person uses for it.
func openerOf(path string) *exec.Cmd { return exec.Command("xdg-open", path) }

// checkDesktop says why nobody sees a program with those variables.
func checkDesktop(env []string) error {
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		if value != "" && (name == "DISPLAY" || name == "WAYLAND_DISPLAY") {
			return nil
		}
	}
	return &codec.Error{
		Code: codec.NoDisplay, Text: "nobody sees it: neither DISPLAY nor WAYLAND_DISPLAY is set",
		Hint: "start techshd in the desktop session of the person at the screen",
	}
}
