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
	if isBatch(path) {
		return &codec.Error{Code: codec.NotAllowed, Text: "batch files are not run directly", Hint: "use sh"}
	}
	return nil
}

func crossesDevices(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

// shellCommand gives the line to cmd.exe as it is, since that has no argv to
// quote for, or to PowerShell as one argument.
func shellCommand(name, line string) (*exec.Cmd, error) {
	switch strings.TrimSuffix(strings.ToLower(name), ".exe") {
	case "", "cmd":
		cmd := exec.Command(systemProgram("cmd.exe"))
		cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: commandLine(line)}
		return cmd, nil
	case "powershell":
		return exec.Command(systemProgram(`WindowsPowerShell\v1.0\powershell.exe`), "-NoLogo", "-NoProfile", "-Command", line), nil
	}
	return nil, noShell(name, []string{"cmd", "powershell"})
}

// systemProgram is where Windows keeps a program of its own.
func systemProgram(name string) string {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		system = `C:\Windows\System32`
	}
	return filepath.Join(system, name)
}

func owner(fs.FileInfo) (uid, gid string, ok bool) { return "", "", false }

// scan hands on what is in a folder, open for reading as dir, as it is read.
func scan(root *os.Root, dir *os.File, add func(codec.Entry) error) error {
	for {
		list, err := dir.Readdir(1024)
		for _, fi := range list {
			if err := add(transfer.EntryWithTarget(fi.Name(), fi, root.Readlink, fi.Name())); err != nil {
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
	createWith(cmd, windows.CREATE_NEW_PROCESS_GROUP|windows.CREATE_NO_WINDOW)
	return newSession(cmd, nil)
}

func createWith(cmd *exec.Cmd, flags uint32) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.CreationFlags |= flags
}

// newSession is newGroup without a console of the program's own, and with a
// Ctrl-C that is heard: the terminal is its console.
func newSession(*exec.Cmd, *terminal) *group {
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

// signalOf knows the ends that a program can be put to here, which are one.
func signalOf(name string) (os.Signal, error) {
	switch strings.TrimPrefix(strings.ToUpper(name), "SIG") {
	case "TERM", "15", "KILL", "9":
		return os.Kill, nil
	}
	return nil, codec.Errorf(codec.Unsupported, "there are only TERM and KILL here, which are the same")
}

// sessionInfo is WTSINFOW of wtsapi32.h.
type sessionInfo struct {
	state, id                       uint32
	_                               [6]uint32 // traffic
	station                         [32]uint16
	domain                          [17]uint16
	user                            [21]uint16
	_, _, lastInput, logon, current int64 // in 100 ns since 1601
}

const (
	wtsClientName  = 10
	wtsSessionInfo = 24
)

// users returns who is logged in, at the console and by remote desktop.
func users(context.Context) (all []codec.User, err error) {
	err = eachSession(func(s windows.WTS_SESSION_INFO) {
		if u, ok := sessionUser(s.SessionID); ok {
			all = append(all, u)
		}
	})
	return all, err
}

// eachSession calls do for each session that the system has.
func eachSession(do func(windows.WTS_SESSION_INFO)) error {
	var first *windows.WTS_SESSION_INFO
	var n uint32
	if err := windows.WTSEnumerateSessions(0, 0, 1, &first, &n); err != nil {
		return err
	}
	defer windows.WTSFreeMemory(uintptr(unsafe.Pointer(first)))
	for _, s := range unsafe.Slice(first, n) {
		do(s)
	}
	return nil
}

// sessionUser returns who a session is of, if that is somebody.
func sessionUser(session uint32) (u codec.User, ok bool) {
	querySession(session, wtsSessionInfo, func(at unsafe.Pointer, size uint32) {
		if size < uint32(unsafe.Sizeof(sessionInfo{})) {
			return
		}
		info := (*sessionInfo)(at)
		u.Name, u.Terminal = windows.UTF16ToString(info.user[:]), windows.UTF16ToString(info.station[:])
		if domain := windows.UTF16ToString(info.domain[:]); domain != "" {
			u.Name = domain + `\` + u.Name
		}
		ok = info.user[0] != 0
		if info.logon > 0 {
			ft := windows.Filetime{LowDateTime: uint32(info.logon), HighDateTime: uint32(info.logon >> 32)}
			u.Since = time.Unix(0, ft.Nanoseconds())
		}
		if info.lastInput > 0 && info.current >= info.lastInput {
			u.More = append(u.More, codec.PairOf("idle", (info.current-info.lastInput)/10_000_000))
		}
	})
	querySession(session, wtsClientName, func(at unsafe.Pointer, _ uint32) {
		u.Host = windows.UTF16PtrToString((*uint16)(at))
	})
	return u, ok
}

// querySession hands what is known of a session to use, if it is.
func querySession(session, what uint32, use func(at unsafe.Pointer, size uint32)) {
	var at unsafe.Pointer
	var size uint32
	proc := windows.NewLazySystemDLL("wtsapi32.dll").NewProc("WTSQuerySessionInformationW")
	if proc.Find() != nil {
		return
	}
	ok, _, _ := proc.Call(0, uintptr(session), uintptr(what), uintptr(unsafe.Pointer(&at)), uintptr(unsafe.Pointer(&size)))
	if ok == 0 || at == nil {
		return
	}
	defer windows.WTSFreeMemory(uintptr(at))
	use(at, size)
}

// detach gives cmd a console of its own, if it wants one, so that it is seen.
func detach(cmd *exec.Cmd) {
	createWith(cmd, windows.CREATE_NEW_PROCESS_GROUP|windows.CREATE_NEW_CONSOLE)
}

// ended says whether a program of ours has ended.
func ended(p *os.Process) (over bool) {
	err := p.WithHandle(func(h uintptr) {
		event, err := windows.WaitForSingleObject(windows.Handle(h), 0)
		over = err != nil || event != uint32(windows.WAIT_TIMEOUT)
	})
	return over || err != nil
}

// openerOf opens a document with what the person uses for it. The path, which
// can have no quotes in it, is the rest of the line.
func openerOf(path string) *exec.Cmd {
	cmd := exec.Command(systemProgram("rundll32.exe"))
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: "rundll32.exe url.dll,FileProtocolHandler " + path}
	return cmd
}

// checkDesktop has nothing to say: what is started here is seen.
func checkDesktop([]string) error { return nil }

// consoleEncoding names what programs without a terminal write in, as IANA
// does: the code page of consoles.
func consoleEncoding() string {
	page, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetOEMCP").Call()
	return codec.CodePage(int(page))
}
