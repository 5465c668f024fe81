package programs

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// findEscaped returns the processes that are not in the process groups of the programs
// but are descendants of the programs or run in their sessions. It misses a descendant
// with a session of its own if a process between that descendant and the program has
// ended.
func findEscaped(programs ...int) (all escapedChildren) {
	found, children, queue := map[int]kinship{}, map[int][]int{}, slices.Clone(programs)
	for _, pid := range processIDs() {
		k, ok := kinshipOf(pid)
		if !ok {
			continue
		}
		found[pid] = k
		children[k.parent] = append(children[k.parent], pid)
		if slices.Contains(programs, k.session) {
			queue = append(queue, pid)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		pid := queue[0]
		queue = append(queue, children[pid]...)
		delete(children, pid)
		k, ok := found[pid]
		delete(found, pid)
		if !ok || slices.Contains(programs, k.group) {
			continue
		}
		p, err := os.FindProcess(pid)
		if err != nil {
			continue
		}
		// The pid may belong to another process by now.
		if now, ok := kinshipOf(pid); ok && now.group == k.group && now.session == k.session {
			all = append(all, p)
		} else {
			_ = p.Release()
		}
	}
	return all
}

// findStarted returns the pid of the program whose standard output is the given pipe, or
// 0 if there is none. pipe is a result of pipeID.
func findStarted(pipe uint64) int {
	want := fmt.Sprintf("pipe:[%d]", pipe)
	for _, pid := range processIDs() {
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/1", pid))
		if err == nil && link == want {
			k, _ := kinshipOf(pid)
			return k.session
		}
	}
	return 0
}

func processIDs() (pids []int) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// A kinship says what a process belongs to.
type kinship struct{ parent, group, session int }

// kinshipOf returns the kinship of a process, see proc_pid_stat(5).
func kinshipOf(pid int) (k kinship, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return k, false
	}
	text := string(stat)
	var state string
	n, _ := fmt.Sscan(text[strings.LastIndexByte(text, ')')+1:], &state, &k.parent, &k.group, &k.session)
	return k, n == 4
}

// setProcessName sets the short name of this process.
func setProcessName(name string) { _ = os.WriteFile("/proc/self/comm", []byte(name), 0) }
