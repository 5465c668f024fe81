package transfers

import (
	"context"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/transfers/compare"
)

// A tally counts files and their bytes.
type tally struct{ files, bytes int64 }

// add adds a file. A negative size is unknown.
func (t *tally) add(size int64) { t.files, t.bytes = t.files+1, t.bytes+max(0, size) }

// addAll adds the files of another tally.
func (t *tally) addAll(other tally) { t.files, t.bytes = t.files+other.files, t.bytes+other.bytes }

// A getList is what a call of GET asks for of a tree. Its names are relative to
// the tree, those of folders end with "/".
type getList struct {
	names []string
	set   *compare.NameSet // of the names and the folders above them, without "/" at the end
	total tally            // of the files
}

func newGetList() *getList { return &getList{set: compare.NewNameSet()} }

func (l *getList) add(name string, size int64) {
	l.names = append(l.names, name)
	name, isFolder := strings.CutSuffix(name, "/")
	if !isFolder {
		l.total.add(size)
	}
	l.set.Add(name)
	l.set.AddParents(name)
}

// send streams the list to the remote.
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

// has reports whether an entry is on the list. Its name begins with that of the
// tree. Other entries are dropped: the remote may be hostile, and the local file
// may be one that a person wants to keep.
func (l *getList) has(name string) bool {
	_, name, below := strings.Cut(name, "/")
	return !below || l.set.Has(name)
}
