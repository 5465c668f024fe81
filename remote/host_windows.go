package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/codec/transfer"
)

const (
	nonblock  = 0
	foldNames = true // names that differ only in case are one
	asFolder  = ""   // opening never waits
)

func hidden(name string) bool { return name[0] == '.' }

// checkPath refuses other machines' shares and raw device paths.
func checkPath(abs string) error {
	if len(filepath.VolumeName(abs)) != len("C:") {
		return codec.Errorf(codec.BadName, "only paths on a drive of this computer are for here")
	}
	return nil
}

// checkProgram refuses batch files: cmd.exe would parse their arguments by
// rules of its own.
func checkProgram(path string) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".bat", ".cmd":
		return &codec.Error{Code: codec.NotAllowed, Text: "batch files are not run directly", Hint: "use sh"}
	}
	return nil
}

func crossesDevices(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

// shellCommand gives the line to cmd.exe as it is: it has no argv to quote for.
func shellCommand(line string) *exec.Cmd {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		system = `C:\Windows\System32`
	}
	cmd := exec.Command(filepath.Join(system, "cmd.exe"))
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /d /s /c "` + line + `"`}
	return cmd
}

func owner(fs.FileInfo) (uid, gid string, ok bool) { return "", "", false }

// scan hands on what is in a folder, open for reading as dir, as it is read.
func scan(root *os.Root, dir *os.File, add func(codec.Entry) error) error {
	for {
		list, err := dir.Readdir(1024)
		for _, fi := range list {
			e := transfer.EntryOf(fi.Name(), fi)
			if e.Kind == codec.Link {
				e.Target, _ = root.Readlink(fi.Name())
			}
			if err := add(e); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// A group is a program with all that it starts: a job object, which kills
// them when it is closed.
type group struct{ job windows.Handle }

func newGroup(cmd *exec.Cmd) *group {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.CreationFlags |= windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return &group{}
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, _ = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	return &group{job}
}

func (g *group) started(cmd *exec.Cmd) {
	h, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid))
	if err != nil {
		return
	}
	defer windows.CloseHandle(h)
	_ = windows.AssignProcessToJobObject(g.job, h)
}

// terminate does nothing: without a console of its own a program cannot be
// asked to end here.
func (g *group) terminate() {}

func (g *group) kill() { _ = windows.TerminateJobObject(g.job, 1) }

func (g *group) close() { _ = windows.CloseHandle(g.job) }

// exitPairs says how a program has ended.
func exitPairs(state *os.ProcessState) codec.Pairs {
	return codec.Pairs{codec.PairOf("exit", state.ExitCode())}
}

// enlarge does nothing: the size of a pipe is fixed here.
func enlarge(*os.File) {}

// quietX11 does nothing: there is no X library.
func quietX11() {}

func noDisplayHint() string {
	return "start techshd in the session of the person at the screen, not as a service"
}

func systemVersion() string {
	v := windows.RtlGetVersion()
	return fmt.Sprintf("Windows %d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
}

func uptime() time.Duration { return windows.DurationSinceBoot().Truncate(time.Second) }

func userName() string {
	u, err := user.Current()
	if err != nil {
		return os.Getenv("USERNAME")
	}
	_, name, ok := strings.Cut(u.Username, `\`)
	if !ok {
		return u.Username
	}
	return name
}

// volumes returns the drives that have a disk in them.
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
	var size, free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, &size, nil); err != nil {
		return v, err
	}
	v.Size, v.Free = int64(size), int64(free)
	var kind [windows.MAX_PATH + 1]uint16
	err = windows.GetVolumeInformation(name, nil, 0, nil, nil, nil, &kind[0], uint32(len(kind)))
	v.Type = windows.UTF16ToString(kind[:])
	return v, err
}

// volumeOf returns the file system of what is at real.
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
