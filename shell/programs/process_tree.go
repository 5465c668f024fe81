package programs

import (
	"cmp"
	"time"

	"techsh/codec"
)

const (
	maxTreeLevel  = 1000 // limits the recursion of add: the remote determines how deep the tree is
	maxBranchSize = 200  // in bytes; a longer prefix would leave no room for the name

	// startSlack is the tolerance for a parent that seems to have started after its
	// child, because some systems round times.
	startSlack = 2 * time.Second
)

// A processTree arranges processes below their parents. The parents that the remote
// reports may be inconsistent, for example circular.
type processTree struct {
	list     *processList
	match    func(codec.Process) bool
	children map[int][]int // by pid of the parent; the values are indexes of processes
	seen     []bool        // whether add has handled a process, by the index of the process
	level    int           // the current depth of recursion
	lines    []processLine
	err      error // set if the lines take too much memory
}

// treeLines returns the matching processes as a tree: each is followed by all its
// descendants, even those that do not match. Siblings keep their order.
func treeLines(list *processList, match func(codec.Process) bool) ([]processLine, error) {
	const size = 200 // in bytes: the memory that a process takes in the maps and lists
	if err := list.take(len(list.all) * size); err != nil {
		return nil, err
	}
	t := processTree{list: list, match: match, children: map[int][]int{}, seen: make([]bool, len(list.all))}
	byPID := map[int]*codec.Process{}
	for i := range list.all {
		byPID[list.all[i].PID] = &list.all[i]
	}
	var roots []int
	for i, p := range list.all {
		parent, ok := byPID[p.PPID]
		// The pid of a parent that has ended may have been reused by a newer process.
		if ok && !parent.Started.After(p.Started.Add(startSlack)) {
			t.children[p.PPID] = append(t.children[p.PPID], i)
		} else {
			roots = append(roots, i)
		}
	}
	for _, i := range roots {
		t.add(i, "", "", false)
	}
	for i := range list.all { // add the processes that form a cycle, and the processes that were too deep
		t.add(i, "", "", false)
	}
	return t.lines, t.err
}

// add adds process i with branch as its prefix, and then its children, whose prefixes
// begin with indent. shown reports whether an ancestor is shown. Processes that are too
// deep are skipped, and become roots later.
func (t *processTree) add(i int, branch, indent string, shown bool) {
	if t.seen[i] || t.level == maxTreeLevel || t.err != nil {
		return
	}
	t.seen[i] = true
	t.level++
	defer func() { t.level-- }()
	p := &t.list.all[i]
	if shown = shown || t.match(*p); shown {
		t.lines = append(t.lines, processLine{p, branch})
		t.err = cmp.Or(t.err, t.list.take(len(branch)))
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
