//go:build unix

package programs

import (
	"bufio"
	"context"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	guardianOption = "--guard-programs-of" // its argument is a pid, for people who look at the list of processes
	readDelay      = 10 * time.Millisecond // after a read, so that a guardian does not wake up for each line
	goneDelay      = 20 * time.Millisecond // between looks at whether programs have ended
)

// Guardian returns a function for GuardBy. It runs the program that calls it once more,
// which must be called name and whose main must call Guard if IsGuardian says so.
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

// Guard makes this process a guardian. It reads from standard input what programs another
// process runs. When that process ends, Guard ends the programs that are left, and
// returns. The signals that end a server must be ignored.
//
// The lines are: "started PID", which leads a process group; "ended PID"; and before the
// first of these "starting PIPE", by which the program is found if the line with its pid
// does not come.
func Guard(in io.Reader) {
	setProcessName("program-guard")
	leaders, starting := map[int]struct{}{}, ""
	for lines := bufio.NewReader(in); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		what, about, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		pid, _ := strconv.Atoi(about)
		switch {
		case what == "starting":
			starting = about
		case what == "ended":
			delete(leaders, pid)
		case what == "started" && pid > 1:
			leaders[pid], starting = struct{}{}, ""
		}
		if lines.Buffered() == 0 {
			time.Sleep(readDelay)
		}
	}
	if starting != "" {
		if pid := findStarted(starting); pid > 1 {
			leaders[pid] = struct{}{}
		}
	}
	endPrograms(slices.Collect(maps.Keys(leaders)))
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
		// The ids of what has ended may soon belong to others.
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

// pipeID returns a text by which findStarted recognises a pipe. For nil it returns "".
func pipeID(pipe *os.File) string {
	if pipe == nil {
		return ""
	}
	fi, err := pipe.Stat()
	if err != nil {
		return ""
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return strconv.FormatUint(st.Ino, 10)
}

// ownProgram returns the path of this program.
func ownProgram() string {
	const link = "/proc/self/exe" // leads to the file even if another one has taken its name
	if _, err := os.Lstat(link); err == nil {
		return link
	}
	path, _ := os.Executable() // the error of the start is good enough
	return path
}
