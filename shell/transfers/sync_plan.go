package transfers

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/shell/console"
)

// What a sync does with an entry.
const (
	actionCopy    = "copy"
	actionReplace = "replace"
	actionDelete  = "delete"
)

// A syncPlan is what a sync has to do.
type syncPlan struct {
	copied, replaced, deleted tally
	deletedFolders            int64
	deletions                 []deletion

	keepLines bool
	lines     []planLine
}

// A deletion is the deletion of an entry and everything in it.
type deletion struct {
	path   string         // a local name or a remote path
	states []fileid.State // of the entries to delete; an entry with another state stays
}

// A planLine is a printed line of the plan. Sorting by key puts the contents of a
// folder after the folder.
type planLine struct{ key, text string }

// beginDeletion begins the deletion of path; addDeleted then adds the deleted entries.
func (p *syncPlan) beginDeletion(path string) {
	p.deletions = append(p.deletions, deletion{path: path})
}

// addDeleted adds an entry to the last deletion.
func (p *syncPlan) addDeleted(name string, e codec.Entry, state fileid.State) {
	last := &p.deletions[len(p.deletions)-1]
	last.states = append(last.states, state)
	if e.Kind == codec.Folder {
		p.deletedFolders++
	} else {
		p.deleted.add(e.Size)
	}
	p.addLine(actionDelete, name, e)
}

// add adds the transfer of an entry to the plan. action is actionCopy or actionReplace.
func (p *syncPlan) add(action, name string, e codec.Entry) {
	switch {
	case action == actionReplace:
		p.replaced.add(e.Size)
	case e.Kind != codec.Folder:
		p.copied.add(e.Size)
	}
	p.addLine(action, name, e)
}

func (p *syncPlan) addLine(action, name string, e codec.Entry) {
	if !p.keepLines {
		return
	}
	key := strings.TrimSuffix(name, "/") + "/"
	if e.Kind == codec.Folder {
		name = key
	}
	text := fmt.Sprintf("%-7s %9s  %s", action, console.FormatEntrySize(e), codec.Name(name))
	p.lines = append(p.lines, planLine{key, text})
}

// print prints the plan sorted by name, and the total. equal is the number of equal
// files.
func (p *syncPlan) print(w io.Writer, equal int64) {
	slices.SortStableFunc(p.lines, func(a, b planLine) int { return cmp.Compare(a.key, b.key) })
	for _, line := range p.lines {
		fmt.Fprintln(w, line.text)
	}
	fmt.Fprintln(w, p.total(equal))
}

// total returns a text such as "copy 3 files, 8 B; delete 2 files in 1 folder, 7 B; 1
// equal".
func (p *syncPlan) total(equal int64) string {
	var parts []string
	if p.copied.files > 0 {
		parts = append(parts, actionCopy+" "+p.copied.text(0))
	}
	if p.replaced.files > 0 {
		parts = append(parts, actionReplace+" "+p.replaced.text(0))
	}
	if p.deleted.files+p.deletedFolders > 0 {
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
