package programs

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// findEscaped returns the descendants of the program pid that are in other process
// groups. It misses a descendant if a process between that descendant and the program has
// ended.
func findEscaped(pid int) (all escapedChildren) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	children := map[int][]int{}
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			if parent, _, ok := kinship(n); ok {
				children[parent] = append(children[parent], n)
			}
		}
	}
	for parents := []int{pid}; len(parents) > 0; parents = parents[1:] {
		parent := parents[0]
		for _, child := range children[parent] {
			p, err := os.FindProcess(child)
			if err != nil {
				continue
			}
			// The pid may belong to another process by now.
			if now, group, ok := kinship(child); ok && now == parent && group != pid {
				all = append(all, p)
			} else {
				_ = p.Release()
			}
			parents = append(parents, child)
		}
		delete(children, parent)
	}
	return all
}

// kinship returns the parent and the process group of a process, see
// proc_pid_stat(5).
func kinship(pid int) (parent, group int, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, false
	}
	text := string(stat)
	var state string
	n, _ := fmt.Sscan(text[strings.LastIndexByte(text, ')')+1:], &state, &parent, &group)
	return parent, group, n == 3
}
