package files

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/remote/disk"
)

// networkTimeout is how long DF waits for the answer of a drive of another computer.
const networkTimeout = 2 * time.Second

// volumes calls the function found for each drive that contains a disk. For a drive of
// another computer that does not answer, it calls found with an error.
func volumes(ctx context.Context, found func(codec.Volume, error) error) error {
	roots, err := disk.Drives()
	for _, root := range roots {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		v, err := ask(ctx, root)
		if err != nil && !isRemote(root) { // there is no disk in it
			continue
		}
		if err := found(v, err); err != nil {
			return err
		}
	}
	return err
}

// ask describes a drive. If it is one of another computer, ask does not wait for long.
func ask(ctx context.Context, root string) (v codec.Volume, err error) {
	if !isRemote(root) {
		return volume(root)
	}
	err = interruptible(ctx, networkTimeout, func() (err error) {
		v, err = volume(root)
		return err
	})
	if errors.Is(err, windows.ERROR_OPERATION_ABORTED) {
		err = codec.Errorf(codec.Timeout, "the computer that shares it does not answer")
	}
	return v, err
}

// isRemote reports whether a drive is a folder of another computer. It asks only this
// computer.
func isRemote(root string) bool {
	name, err := windows.UTF16PtrFromString(root)
	return err == nil && windows.GetDriveType(name) == windows.DRIVE_REMOTE
}

// interruptible calls the function do. After the timeout, or when ctx ends, it cancels
// the system call in which do waits. That system call then fails with
// ERROR_OPERATION_ABORTED.
func interruptible(ctx context.Context, timeout time.Duration, do func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	self := windows.CurrentProcess()
	var thread windows.Handle
	err := windows.DuplicateHandle(
		self, windows.CurrentThread(), self, &thread, 0, false, windows.DUPLICATE_SAME_ACCESS,
	)
	if err != nil {
		return os.NewSyscallError("DuplicateHandle", err)
	}
	defer windows.CloseHandle(thread)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-done:
			return
		case <-ctx.Done():
		}
		cancelIO := windows.NewLazySystemDLL("kernel32.dll").NewProc("CancelSynchronousIo")
		for { // the function do may wait again, for something else
			_, _, _ = cancelIO.Call(uintptr(thread))
			select {
			case <-done:
				return
			case <-time.After(cancelInterval):
			}
		}
	})
	err = do()
	close(done)
	wg.Wait()
	return err
}

const cancelInterval = 100 * time.Millisecond

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
