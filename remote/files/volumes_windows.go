package files

import (
	"context"
	"os"

	"golang.org/x/sys/windows"

	"techsh/codec"
)

// volumes returns the drives that contain a disk.
func volumes(ctx context.Context) ([]codec.Volume, error) {
	drives, err := windows.GetLogicalDrives()
	var all []codec.Volume
	for i := range 26 {
		if drives>>i&1 == 0 {
			continue
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if v, err := volume(string(rune('A'+i)) + `:\`); err == nil {
			all = append(all, v)
		}
	}
	return all, err
}

func volume(mount string) (codec.Volume, error) {
	v := codec.Volume{Mount: mount}
	name, err := windows.UTF16PtrFromString(mount)
	if err != nil {
		return v, err
	}
	var size, free, unused uint64 // size and free are those of the user, who may have a quota
	if err := windows.GetDiskFreeSpaceEx(name, &free, &size, &unused); err != nil {
		return v, err
	}
	v.Size, v.Free, v.More = int64(size), int64(free), used(max(0, int64(size)-int64(unused)))
	var kind [windows.MAX_PATH + 1]uint16
	err = windows.GetVolumeInformation(name, nil, 0, nil, nil, nil, &kind[0], uint32(len(kind)))
	v.Type = windows.UTF16ToString(kind[:])
	return v, err
}

// volumeOf returns the file system of the folder whose path is real.
func volumeOf(_ *os.Root, real string) (codec.Volume, error) {
	name, err := windows.UTF16PtrFromString(real)
	if err != nil {
		return codec.Volume{}, err
	}
	var mount [windows.MAX_LONG_PATH]uint16
	if err := windows.GetVolumePathName(name, &mount[0], uint32(len(mount))); err != nil {
		return codec.Volume{}, err
	}
	return volume(windows.UTF16ToString(mount[:]))
}
