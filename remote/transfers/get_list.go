package transfers

import (
	"context"
	"strings"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/remote/verb"
)

// maxListed is the largest number of names in a list. A transfer.NameTable with that many
// names takes 8 MiB, and twice as much while it grows.
const maxListed = 1 << 20

// A getList has the names that a client has requested from a folder, and how many of them
// were found. Names of folders end with "/".
type getList struct {
	names *transfer.NameTable
	found int
}

// readGetList reads the list that the client streams.
func readGetList(ctx context.Context, r *verb.Request) (*getList, error) {
	l := &getList{names: transfer.NewNameTable()}
	listed := 0
	return l, r.ReadList(ctx, func(name string) error {
		if listed++; listed > maxListed {
			return codec.Errorf(codec.TooBig, "a list of more than %d names", maxListed)
		}
		l.names.Add(name)
		return nil
	})
}

// take reports whether the client has requested the entry e. If so, it counts the entry.
// path is the name of the entry in the stream.
func (l *getList) take(path string, e codec.Entry) bool {
	_, path, _ = strings.Cut(path, "/") // without the name of the folder itself
	if e.Kind == codec.Folder {
		path += "/"
	}
	requested := l.names.Has(path)
	if requested {
		l.found++
	}
	return requested
}

// noteMissing sends a NOTE with the number of names that do not exist any more.
func (l *getList) noteMissing(g *getRun) error {
	missing := l.names.Len() - l.found
	if missing <= 0 {
		return nil
	}
	g.Failed += missing
	return g.r.Note(g.r.Args.Words[0].Text,
		codec.Errorf(codec.NotFound, "%d of the %d listed names do not exist", missing, l.names.Len()))
}
