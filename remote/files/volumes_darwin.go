package files

import (
	"context"
	"os"

	"golang.org/x/sys/unix"

	"techsh/codec"
)

// volumes calls the function found for the file systems that have room for files and that
// the Finder would show.
func volumes(_ context.Context, found func(codec.Volume, error) error) error {
	n, err := unix.Getfsstat(nil, unix.MNT_NOWAIT)
	if err != nil {
		return err
	}
	list := make([]unix.Statfs_t, n)
	if n, err = unix.Getfsstat(list, unix.MNT_NOWAIT); err != nil {
		return err
	}
	for _, st := range list[:min(n, len(list))] {
		if st.Blocks > 0 && st.Flags&unix.MNT_DONTBROWSE == 0 {
			if err := found(volume(&st), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func volume(st *unix.Statfs_t) codec.Volume {
	return codec.Volume{
		Mount: unix.ByteSliceToString(st.Mntonname[:]), Type: unix.ByteSliceToString(st.Fstypename[:]),
		Size: int64(st.Blocks) * int64(st.Bsize), Free: int64(st.Bavail) * int64(st.Bsize),
		More: used(int64(st.Blocks-st.Bfree) * int64(st.Bsize)),
	}
}

// volumeOf returns the file system of an open folder.
func volumeOf(dir *os.Root, _ string) (codec.Volume, error) {
	st, err := statfs(dir)
	return volume(&st), err
}
