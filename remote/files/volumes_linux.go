package files

import (
	"context"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/remote/disk"
)

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

// volumes calls the function found once for each disk, local or on the network.
func volumes(ctx context.Context, found func(codec.Volume, error) error) error {
	list, err := mounts()
	if err != nil {
		return err
	}
	last, seen := map[string]mount{}, map[string]bool{} // of several mounts on one folder only the last one is visible
	for _, m := range list {
		last[m.at] = m
	}
	for _, m := range list {
		if seen[m.device] || last[m.at] != m || !m.isDisk() {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var st unix.Statfs_t
		if unix.Statfs(m.at, &st) == nil && st.Blocks > 0 { // otherwise it is unreadable or virtual
			seen[m.device] = true
			if err := found(volume(m, &st), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// isDisk reports whether people would call m a disk. Memory, images of installed programs
// and overlays are not disks, except for the root. isDisk does not access the file
// system, because an access could mount a file system that is only mounted on demand.
func (m mount) isDisk() bool {
	switch m.kind {
	case "tmpfs", "devtmpfs", "ramfs", "hugetlbfs", "efivarfs", "nsfs", "cgroup", "cgroup2", "autofs",
		"squashfs", "erofs", "overlay", "aufs", "fuse.lxcfs", "fuse.snapfuse", "fuse.portal", "fuse.gvfsd-fuse":
		return m.at == "/"
	}
	return true
}

func volume(m mount, st *unix.Statfs_t) codec.Volume {
	return codec.Volume{
		Mount: m.at, Type: m.kind,
		Size: int64(st.Blocks) * int64(st.Frsize), Free: int64(st.Bavail) * int64(st.Frsize),
		More: used(int64(st.Blocks-st.Bfree) * int64(st.Frsize)),
	}
}

// volumeOf returns the file system of the open folder dir. real is the path of dir.
func volumeOf(dir *os.Root, real string) (codec.Volume, error) {
	st, err := statfs(dir)
	if err != nil {
		return codec.Volume{}, err
	}
	list, err := mounts()
	var of mount
	for _, m := range list {
		if len(m.at) >= len(of.at) && disk.Within(real, m.at) {
			of = m
		}
	}
	return volume(of, &st), err
}
