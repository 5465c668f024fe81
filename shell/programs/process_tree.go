package programs

import (
	"time"

	"techsh/codec"
)

const (
	maxTreeLevel  = 1000 // of nested calls of add, since the remote decides how deep a tree is
	maxBranchSize = 200  // bytes: a longer branch leaves no room for a name on any terminal

	// startSlack is how much later than its child a parent may seem to have started:
	// some systems round the times.
	startSlack = 2 * time.Second
)

// A processTree places processes below those that have started them. The remote
// may list parents that make no sense, such as circles.
type processTree struct {
	all      []codec.Process
	match    func(codec.Process) bool
	children map[int][]int // indexes in all, by the pid of the parent
	seen     []bool        // by the index in all
	level    int           // of the process that is being placed
	lines    []processLine
}

// treeLines returns the processes that match, each above those that it has
// started, which need not match. Those of one parent keep their order.
func treeLines(all []codec.Process, match func(codec.Process) bool) []processLine {
	t := processTree{all: all, match: match, children: map[int][]int{}, seen: make([]bool, len(all))}
	byPID := map[int]codec.Process{}
	for _, p := range all {
		byPID[p.PID] = p
	}
	var roots []int
	for i, p := range all {
		parent, ok := byPID[p.PPID]
		// The pid of a parent that has ended can be that of a newer process.
		if ok && !parent.Started.After(p.Started.Add(startSlack)) {
			t.children[p.PPID] = append(t.children[p.PPID], i)
		} else {
			roots = append(roots, i)
		}
	}
	for _, i := range roots {
		t.add(i, "", "", false)
	}
	for i := range all { // those in circles, and those that are too deep
		t.add(i, "", "", false)
	}
	return t.lines
}

// add adds the process at index i with its branch, and below it, with indent, those
// that it has started. Shown says that one of its ancestors is shown. Processes that
// are too deep are left to be roots of their own.
func (t *processTree) add(i int, branch, indent string, shown bool) {
	if t.seen[i] || t.level == maxTreeLevel {
		return
	}
	t.seen[i] = true
	t.level++
	defer func() { t.level-- }()
	p := t.all[i]
	if shown = shown || t.match(p); shown {
		t.lines = append(t.lines, processLine{p, branch})
	}
	children := t.children[p.PID]
	for n, child := range children {
		switch last := n == len(children)-1; {
		case !shown:
			t.add(child, "", "", false)
		case len(indent) > maxBranchSize:
			t.add(child, indent, indent, true)
		case last:
			t.add(child, indent+"└─ ", indent+"   ", true)
		default:
			t.add(child, indent+"├─ ", indent+"│  ", true)
		}
	}
}
