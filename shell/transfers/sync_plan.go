package transfers

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/shell/console"
)

// What a sync does with an entry.
const (
	actionCopy    = "copy"
	actionReplace = "replace"
	actionDelete  = "delete"
)

// A syncPlan counts what a sync has to do.
type syncPlan struct {
	copied, replaced, deleted tally
	deletedFolders            int64

	lines *planLines // nil if the plan is not printed
}

// delete counts the deletion of an entry.
func (p *syncPlan) delete(name string, e codec.Entry) {
	if e.Kind == codec.Folder {
		p.deletedFolders++
	} else {
		p.deleted.add(e.Size)
	}
	p.lines.add(actionDelete, name, e)
}

// add counts the transfer of an entry. action is actionCopy or actionReplace.
func (p *syncPlan) add(action, name string, e codec.Entry) {
	switch {
	case action == actionReplace:
		p.replaced.add(e.Size)
	case e.Kind != codec.Folder:
		p.copied.add(e.Size)
	}
	p.lines.add(action, name, e)
}

// deletes reports whether something is deleted.
func (p *syncPlan) deletes() bool { return p.deleted.files+p.deletedFolders > 0 }

// total returns a text such as "copy 3 files, 8 B; delete 2 files in 1 folder, 7 B; 1
// equal". equal is the number of equal files.
func (p *syncPlan) total(equal int64) string {
	var parts []string
	if p.copied.files > 0 {
		parts = append(parts, actionCopy+" "+p.copied.text(0))
	}
	if p.replaced.files > 0 {
		parts = append(parts, actionReplace+" "+p.replaced.text(0))
	}
	if p.deletes() {
		parts = append(parts, actionDelete+" "+p.deleteTotal())
	}
	if len(parts) == 0 {
		parts = []string{"nothing to do"}
	}
	if equal > 0 {
		parts = append(parts, fmt.Sprintf("%d equal", equal))
	}
	return strings.Join(parts, "; ")
}

// deleteTotal returns a text such as "2 files in 1 folder, 7 B".
func (p *syncPlan) deleteTotal() string { return p.deleted.text(p.deletedFolders) }

// text returns a text such as "12 files in 2 folders, 5.1 MiB".
func (t tally) text(folders int64) string {
	return console.FilesInFolders(t.files, folders) + ", " + console.FormatSize(t.bytes)
}

// planLines are the printed lines of a plan, sorted by name. When the lines take too much
// memory, the rest is printed unsorted, without being kept.
type planLines struct {
	out      io.Writer
	full     func() // called once, if the rest of the lines will not be sorted
	unsorted bool
	lines    []planLine
	size     int
}

// maxPlanLines is the largest number of bytes of lines that are kept for sorting.
const maxPlanLines = 4 << 20

// A planLine is a line of a plan. Sorting by key puts the contents of a folder after the
// folder.
type planLine struct{ key, text string }

func (l *planLines) add(action, name string, e codec.Entry) {
	if l == nil {
		return
	}
	key := strings.TrimSuffix(name, "/") + "/"
	if e.Kind == codec.Folder {
		name = key
	}
	line := planLine{key, fmt.Sprintf("%-7s %9s  %s", action, console.FormatEntrySize(e), codec.Name(name))}
	if l.unsorted {
		fmt.Fprintln(l.out, line.text)
		return
	}
	l.lines = append(l.lines, line)
	const size = 48
	if l.size += size + len(line.key) + len(line.text); l.size > maxPlanLines {
		l.full()
		l.print()
		l.unsorted = true
	}
}

// print prints the lines so far.
func (l *planLines) print() {
	slices.SortStableFunc(l.lines, func(a, b planLine) int { return cmp.Compare(a.key, b.key) })
	for _, line := range l.lines {
		fmt.Fprintln(l.out, line.text)
	}
	l.lines = nil
}
