package programs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"techsh/codec"
)

// checkProgram refuses batch files, because cmd.exe would parse their arguments by its
// own rules.
func checkProgram(path string) error {
	if isBatch(path) {
		return &codec.Error{Code: codec.NotAllowed, Text: "batch files are not run directly", Hint: "use sh"}
	}
	return nil
}

// shellCommand returns the command that runs a line in cmd.exe or in PowerShell. cmd.exe
// gets the line unchanged, because it does not parse arguments. PowerShell gets the line
// as one argument.
func shellCommand(name, line string) (*exec.Cmd, error) {
	switch strings.TrimSuffix(strings.ToLower(name), ".exe") {
	case "", "cmd":
		cmd := exec.Command(systemProgram("cmd.exe"))
		cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: commandLine(line)}
		return cmd, nil
	case "powershell":
		path := systemProgram(`WindowsPowerShell\v1.0\powershell.exe`)
		return exec.Command(path, "-NoLogo", "-NoProfile", "-Command", line), nil
	}
	return nil, noShell(name, []string{"cmd", "powershell"})
}

// systemProgram returns the path of a program of Windows itself.
func systemProgram(name string) string {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		system = `C:\Windows\System32`
	}
	return filepath.Join(system, name)
}

// A group is a program and everything that it starts. It is a job object. When the job
// object is closed, Windows kills all of these processes.
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

// newSession is like newGroup, for a program in a terminal. The terminal is the console
// of the program and handles Ctrl-C.
func newSession(*exec.Cmd, *terminal) *group {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return &group{}
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
		},
	}
	_, _ = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	return &group{job}
}

func (g *group) started(cmd *exec.Cmd) {
	const access = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE
	h, err := windows.OpenProcess(access, false, uint32(cmd.Process.Pid))
	if err != nil {
		return
	}
	defer windows.CloseHandle(h)
	_ = windows.AssignProcessToJobObject(g.job, h)
}

// terminate does nothing, because on Windows a program without a console of its own
// cannot be asked to end.
func (g *group) terminate() {}

func (g *group) kill() { _ = windows.TerminateJobObject(g.job, 1) }

func (g *group) close() { _ = windows.CloseHandle(g.job) }

// exitPairs returns the exit status of a program.
func exitPairs(state *os.ProcessState) codec.Pairs {
	return codec.Pairs{codec.PairOf("exit", state.ExitCode())}
}

// enlarge does nothing, because pipes of Windows have a fixed size.
func enlarge(*os.File) {}

// parseSignal accepts TERM and KILL, which are the same on Windows.
func parseSignal(name string) (os.Signal, error) {
	switch strings.TrimPrefix(strings.ToUpper(name), "SIG") {
	case "TERM", "15", "KILL", "9":
		return os.Kill, nil
	}
	return nil, codec.Errorf(codec.Unsupported, "Windows has only TERM and KILL, which are the same")
}

// detach gives cmd a console of its own, if it needs one, so that the program is visible.
func detach(cmd *exec.Cmd) {
	createWith(cmd, windows.CREATE_NEW_PROCESS_GROUP|windows.CREATE_NEW_CONSOLE)
}

// hasEnded reports whether a child of the server has ended.
func hasEnded(p *os.Process) (over bool) {
	err := p.WithHandle(func(h uintptr) {
		event, err := windows.WaitForSingleObject(windows.Handle(h), 0)
		over = err != nil || event != uint32(windows.WAIT_TIMEOUT)
	})
	return over || err != nil
}

// newOpener returns the command that opens a document like a double click on the desktop.
// The path, which cannot contain quotes, is the rest of the command line.
func newOpener(path string) *exec.Cmd {
	cmd := exec.Command(systemProgram("rundll32.exe"))
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: "rundll32.exe url.dll,FileProtocolHandler " + path}
	return cmd
}

// checkDesktop returns nil, because programs can always open windows.
func checkDesktop([]string) error { return nil }

// ConsoleEncoding returns the IANA name of the encoding in which programs without a
// terminal write: the code page of consoles, or "" if it is unknown. It is read from the
// registry, because GetOEMCP returns the code page of this program, which its manifest sets
// to UTF-8.
func ConsoleEncoding() string {
	const pages = `SYSTEM\CurrentControlSet\Control\Nls\CodePage`
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, pages, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer key.Close()
	text, _, err := key.GetStringValue("OEMCP")
	page, perr := strconv.Atoi(text)
	if err != nil || perr != nil {
		return ""
	}
	return codec.CodePage(page)
}
