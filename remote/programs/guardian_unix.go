//go:build unix

package programs

import (
	"context"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	guardianOption = "--guard-programs-of" // its argument is a pid, for people who look at the list of processes
	goneDelay      = 20 * time.Millisecond // the time between two checks of whether programs have ended
)

// Guardian returns a function for GuardBy. The function returns a command that runs the
// calling program once more. name must be the name of that program. The main function of
// the program must call Guard if IsGuardian returns true.
func Guardian(name string) func(context.Context) *exec.Cmd {
	return func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, ownProgram())
		cmd.Args = []string{name, guardianOption, strconv.Itoa(os.Getpid())}
		cmd.Dir, cmd.Env = "/", []string{}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no Ctrl-C, and no end of a terminal
		return cmd
	}
}

// IsGuardian reports whether a process with these arguments is a guardian.
func IsGuardian(argv []string) bool { return len(argv) == 3 && argv[1] == guardianOption }

// Guard makes this process a guardian. It waits for the end of pipe, its standard input,
// which ends with the process that has started the guardian. Guard then ends the programs
// in table, its descriptor 3. The caller must ignore the signals that end a server.
func Guard(pipe, table io.Reader) {
	setProcessName("program-guard")
	_, _ = io.Copy(io.Discard, pipe)
	records, _ := io.ReadAll(table)
	var leaders []int
	for record := range slices.Chunk(records, recordSize) {
		if len(record) < recordSize {
			break
		}
		value := binary.NativeEndian.Uint64(record)
		pid := int(value)
		if value&startingBit != 0 {
			pid = findStarted(value &^ startingBit)
		}
		if pid > 1 {
			leaders = append(leaders, pid)
		}
	}
	endPrograms(leaders)
}

// endPrograms ends programs that are not children of this process, with everything that
// they have started.
func endPrograms(leaders []int) {
	escaped := findEscaped(leaders...)
	var groups []*group
	for _, pid := range leaders {
		groups = append(groups, &group{pid: pid})
	}
	for _, g := range groups {
		g.terminate()
	}
	escaped.terminate()
	for end := time.Now().Add(termDelay); time.Now().Before(end); time.Sleep(goneDelay) {
		// The IDs of processes and groups that have ended may soon belong to others.
		groups = slices.DeleteFunc(groups, func(g *group) bool { return unix.Kill(-g.pid, 0) != nil })
		escaped = slices.DeleteFunc(escaped, func(p *os.Process) bool { return p.Signal(syscall.Signal(0)) != nil })
		if len(groups)+len(escaped) == 0 {
			return
		}
	}
	for _, g := range groups {
		g.kill()
	}
	escaped.kill()
}

// pipeID returns a number by which findStarted recognises a pipe. For nil it returns 0.
func pipeID(pipe *os.File) uint64 {
	if pipe == nil {
		return 0
	}
	fi, err := pipe.Stat()
	if err != nil {
		return 0
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return st.Ino
}

func newTable() (t *table, err error) {
	t = &table{}
	if t.file, err = newMemoryFile(); err != nil {
		return nil, err
	}
	if _, err = t.file.WriteAt(make([]byte, tableSize), 0); err == nil { // the space must be there
		t.memory, err = unix.Mmap(int(t.file.Fd()), 0, tableSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *table) close() {
	t.file.Close()
	_ = unix.Munmap(t.memory)
}

// ownProgram returns the path of this program.
func ownProgram() string {
	const link = "/proc/self/exe" // leads to the file of this program even if another file has its name now
	if _, err := os.Lstat(link); err == nil {
		return link
	}
	path, _ := os.Executable() // if this fails, the error of the later start is good enough
	return path
}
