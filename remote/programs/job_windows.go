package programs

import (
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A group is a program and everything that it starts: a job object. While the program
// runs, Windows ends all of them if techshd ends.
type group struct{ job windows.Handle }

func newGroup(cmd *exec.Cmd) *group {
	createWith(cmd, windows.CREATE_NEW_PROCESS_GROUP|windows.CREATE_NO_WINDOW)
	return newSession(cmd, nil)
}

// newSession is like newGroup, for a program in a terminal. The terminal is the console
// of the program and handles Ctrl-C.
func newSession(cmd *exec.Cmd, _ *terminal) *group {
	createWith(cmd, windows.CREATE_SUSPENDED) // until the program is in the job
	return &group{}
}

func createWith(cmd *exec.Cmd, flags uint32) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.CreationFlags |= flags
}

// started puts cmd into the job and lets it run. If that is impossible, it ends cmd.
func (g *group) started(cmd *exec.Cmd) error {
	err := g.adopt(uint32(cmd.Process.Pid))
	if err != nil {
		_ = cmd.Process.Kill()
		_, _ = cmd.Process.Wait()
	}
	return err
}

func (g *group) adopt(pid uint32) (err error) {
	if g.job, err = windows.CreateJobObject(nil, nil); err != nil {
		return os.NewSyscallError("CreateJobObject", err)
	}
	if err := g.limit(windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE); err != nil {
		return err
	}
	const access = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE | windows.PROCESS_SUSPEND_RESUME
	process, err := windows.OpenProcess(access, false, pid)
	if err != nil {
		return os.NewSyscallError("OpenProcess", err)
	}
	defer windows.CloseHandle(process)
	if err := windows.AssignProcessToJobObject(g.job, process); err != nil {
		return os.NewSyscallError("AssignProcessToJobObject", err)
	}
	// ResumeThread would need the thread, whose handle os/exec has closed.
	status, _, _ := windows.NewLazySystemDLL("ntdll.dll").NewProc("NtResumeProcess").Call(uintptr(process))
	if status != 0 {
		return os.NewSyscallError("NtResumeProcess", windows.NTStatus(status).Errno())
	}
	return nil
}

// limit sets the flags of the job.
func (g *group) limit(flags uint32) error {
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: flags},
	}
	_, err := windows.SetInformationJobObject(g.job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	return os.NewSyscallError("SetInformationJobObject", err)
}

// terminate returns false and does not ask any program to end: on Windows a program
// without a console of its own cannot be asked.
func (g *group) terminate() (asked bool) { return false }

func (g *group) kill() { _ = windows.TerminateJobObject(g.job, 1) }

const heldNote = "programs that it started still hold its output, which is read no longer"

// leave does nothing: processes that a program leaves running, such as an installer,
// continue.
func (g *group) leave() {}

// close closes the job. Processes that are still in the job continue.
func (g *group) close() {
	if g.job != 0 {
		_ = g.limit(0)
		_ = windows.CloseHandle(g.job)
	}
}
