package programs

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/remote/verb"
)

// startDetached starts cmd with a console of its own, if it needs one, so that it is
// visible. os/exec would give cmd standard streams. With these, cmd.exe and PowerShell do
// not use their console, and end at once.
func startDetached(cmd *exec.Cmd) error {
	path, err1 := windows.UTF16PtrFromString(cmd.Path)
	line, err2 := windows.UTF16PtrFromString(windows.ComposeCommandLine(cmd.Args))
	dir, err3 := windows.UTF16PtrFromString(cmd.Dir)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	const flags = windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NEW_CONSOLE |
		windows.CREATE_DEFAULT_ERROR_MODE | windows.CREATE_UNICODE_ENVIRONMENT
	var info windows.ProcessInformation
	startup := windows.StartupInfo{Cb: uint32(unsafe.Sizeof(windows.StartupInfo{}))}
	err := windows.CreateProcess(
		path, line, nil, nil, false, flags, environmentBlock(cmd.Environ()), dir, &startup, &info,
	)
	if err != nil {
		return &os.PathError{Op: "CreateProcess", Path: cmd.Path, Err: err}
	}
	defer windows.CloseHandle(info.Process)
	defer windows.CloseHandle(info.Thread)
	cmd.Process, err = os.FindProcess(int(info.ProcessId))
	return err
}

// environmentBlock returns variables in the form that CreateProcess takes.
func environmentBlock(env []string) *uint16 {
	var block []uint16
	for _, variable := range env {
		if text, err := syscall.UTF16FromString(variable); err == nil {
			block = append(block, text...)
		}
	}
	return &append(block, 0, 0)[0]
}

const argumentsTooLong = windows.ERROR_FILENAME_EXCED_RANGE

// isDocument reports whether err means that the file to be started is not a program.
func isDocument(err error) bool {
	return errors.Is(err, windows.ERROR_BAD_EXE_FORMAT) || errors.Is(err, windows.ERROR_EXE_MACHINE_TYPE_MISMATCH)
}

// needsElevation reports whether err says that a program wants the rights of an
// administrator.
func needsElevation(err error) bool { return errors.Is(err, windows.ERROR_ELEVATION_REQUIRED) }

// A shellExecuteInfo is a SHELLEXECUTEINFOW.
type shellExecuteInfo struct {
	size       uint32
	mask       uint32
	window     windows.Handle
	verb       *uint16
	file       *uint16
	parameters *uint16
	directory  *uint16
	show       int32
	instance   windows.Handle
	idList     uintptr
	class      *uint16
	classKey   windows.Handle
	hotKey     uint32
	icon       windows.Handle
	process    windows.Handle
}

// openOnDesktop makes the desktop open cmd.Path, which is a document or a program, as a
// double click does. If the program needs more rights, Windows asks the person at the
// screen, and openOnDesktop waits until the person has answered. It returns the pairs of
// the answer to the call.
func openOnDesktop(r *verb.Request, cmd *exec.Cmd) (codec.Pairs, error) {
	if r.Args.Has("e") {
		return nil, codec.Errorf(codec.Unsupported, "the desktop starts it, and passes on no variables")
	}
	file, err1 := windows.UTF16PtrFromString(cmd.Path)
	dir, err2 := windows.UTF16PtrFromString(cmd.Dir)
	parameters, err3 := windows.UTF16PtrFromString(windows.ComposeCommandLine(cmd.Args[1:]))
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	const closesNoProcess, waits, noMessages = 0x40, 0x100, 0x400 // SEE_MASK_…
	info := shellExecuteInfo{
		mask: closesNoProcess | waits | noMessages,
		file: file, parameters: parameters, directory: dir, show: windows.SW_SHOWNORMAL,
	}
	info.size = uint32(unsafe.Sizeof(info))
	if err := shellExecute(&info); err != nil {
		return nil, err
	}
	return openedBy(cmd, info.process), nil
}

// shellExecute calls ShellExecuteEx, on a thread on which it may use COM.
func shellExecute(info *shellExecuteInfo) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const alreadyDone = syscall.Errno(1) // S_FALSE
	err := windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED|windows.COINIT_DISABLE_OLE1DDE)
	if err == nil || errors.Is(err, alreadyDone) {
		defer windows.CoUninitialize()
	}
	ok, _, err := windows.NewLazySystemDLL("shell32.dll").NewProc("ShellExecuteExW").Call(uintptr(unsafe.Pointer(info)))
	if ok == 0 {
		return err
	}
	return nil
}

// openedBy returns the pairs for the process that opens cmd.Path, and closes the handle
// of the process. There may be no new process, because a program that already runs can
// open a document.
func openedBy(cmd *exec.Cmd, process windows.Handle) codec.Pairs {
	if process == 0 {
		return codec.Pairs{{Key: "opener", Value: "Windows"}}
	}
	defer windows.CloseHandle(process)
	pid, err := windows.GetProcessId(process)
	if err != nil {
		return codec.Pairs{{Key: "opener", Value: "Windows"}}
	}
	if p, err := os.FindProcess(int(pid)); err == nil { // else it has more rights than this process
		cmd.Process = p
	}
	var image [windows.MAX_LONG_PATH]uint16
	size := uint32(len(image))
	opener := "Windows"
	if windows.QueryFullProcessImageName(process, 0, &image[0], &size) == nil {
		opener = filepath.Base(windows.UTF16ToString(image[:size]))
	}
	return codec.Pairs{codec.PairOf("pid", int(pid)), {Key: "opener", Value: opener}}
}
