package transfers

import (
	"context"
	"strings"

	"techsh/codec"
	"techsh/codec/hashset"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/transfers/running"
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
	names  running.NameList
	set    *transfer.NameTable // the names without final "/", and all folders above them
	hashes int                 // number of hashes in set
	total  tally               // count of the files in names
}

func newGetList(budget *codec.Budget) *getList {
	return &getList{names: running.NameList{Budget: budget}, set: transfer.NewNameTable()}
}

// add adds an entry. The parameter kind is the kind of the entry. If the entry is a file,
// size is its size.
func (l *getList) add(name string, kind codec.Kind, size int64) error {
	listed := name
	if kind == codec.Folder {
		listed += "/"
	} else {
		l.total.add(size)
	}
	shared, err := l.names.Add(listed)
	if err != nil {
		return err
	}
	before := l.hashes
	l.put(name)
	for i := shared; i < len(name); i++ { // the folders in the first shared bytes were added with the previous name
		if name[i] == '/' {
			l.put(name[:i])
		}
	}
	return l.names.Budget.Take((l.hashes - before) * hashset.Size)
}

func (l *getList) put(name string) {
	l.set.Add(name)
	l.hashes++
}

// discard gives back to the budget what the list has taken out of it.
func (l *getList) discard() { l.names.Budget.Return(l.names.Size() + l.hashes*hashset.Size) }

// send sends the list to the remote.
func (l *getList) send(_ context.Context, up *link.Upstream) error {
	var lines []byte
	for name := range l.names.All() {
		lines = append(codec.AppendQuote(lines, name, true), '\n')
		if len(lines) > codec.MaxWords/2 {
			if err := up.Write(codec.DATA, lines); err != nil {
				return err
			}
			lines = lines[:0]
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return up.Write(codec.DATA, lines)
}

// has reports whether an entry is on the list. name is a path that begins with the name
// of the tree. Without this check, a hostile remote could replace local files that the
// user wants to keep.
func (l *getList) has(name string) bool {
	_, name, below := strings.Cut(name, "/")
	return !below || l.set.Has(name)
}
