package transfers

import (
	"context"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
)

// A tally counts files and bytes.
type tally struct{ files, bytes int64 }

// add counts a file; its size is negative if unknown.
func (t *tally) add(size int64) { t.files, t.bytes = t.files+1, t.bytes+max(0, size) }

// addAll adds the counts of other.
func (t *tally) addAll(other tally) { t.files, t.bytes = t.files+other.files, t.bytes+other.bytes }

// A getList lists the entries of a tree that a call of GET fetches. Names are relative
// to the tree, and the names of folders end with "/".
type getList struct {
	names []string
	set   *transfer.NameSet // the names without final "/", and all folders above them
	total tally             // the files in names
}

func newGetList() *getList { return &getList{set: transfer.NewNameSet()} }

func (l *getList) add(name string, size int64) {
	l.names = append(l.names, name)
	name, isFolder := strings.CutSuffix(name, "/")
	if !isFolder {
		l.total.add(size)
	}
	l.set.Add(name)
	l.set.AddParents(name)
}

// send sends the list to the remote.
func (l *getList) send(_ context.Context, up *link.Upstream) error {
	var lines []byte
	for i, name := range l.names {
		lines = append(codec.AppendQuote(lines, name, true), '\n')
		if len(lines) > codec.MaxWords/2 || i == len(l.names)-1 {
			if err := up.Write(codec.DATA, lines); err != nil {
				return err
			}
			lines = lines[:0]
		}
	}
	return nil
}

// has reports whether an entry is on the list. name is a path that begins with the name
// of the tree. Without this check, a hostile remote could replace local files that the
// user wants to keep.
func (l *getList) has(name string) bool {
	_, name, below := strings.Cut(name, "/")
	return !below || l.set.Has(name)
}
