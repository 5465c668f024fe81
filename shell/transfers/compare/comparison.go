package compare

import (
	"context"
	"errors"
	"os"
	"strings"

	"techsh/codec"
	"techsh/codec/hashset"
	"techsh/codec/transfer"
)

// Follow says on which sides symbolic links are followed.
type Follow struct{ Remote, Local bool }

// A Comparison compares a remote folder with a local one while the remote lists its folder.
// It does not keep entries, and names only of the folders that the listing is in.
type Comparison struct {
	Remote Remote
	Local  *os.Root // nil if it does not exist
	Follow Follow

	// Pair is called for each remote entry with the local entry of the same name. If there
	// is none, the Kind of local is 0. If it could not be read, err says why.
	Pair func(name string, remote, local codec.Entry, err error) error

	// Alone, if it is not nil, walks through all local entries that the remote does not
	// have, except for those in folders that do not exist on both sides.
	Alone *LocalWalk
	// Fold returns a text that is equal for names that mean the same local file. It may be
	// nil, and is used for Alone only.
	Fold   func(name string) string
	Budget *codec.Budget // for the names; used for Alone only

	folders []pairedFolder // that the listing is in, each in the one before
}

// A pairedFolder is a folder that exists on both sides.
type pairedFolder struct {
	path   string
	names  *transfer.NameTable // that the remote has listed in it
	listed int
}

// Run compares folder. An error with the code partial means that the remote could not list
// some of it.
func (c *Comparison) Run(ctx context.Context, folder codec.Word) error {
	lookup := NewLocalLookup(c.Local, c.Follow.Local)
	defer lookup.Close()
	var missing Subtree // a remote folder that is no local folder, so nothing in it is looked up
	c.enter("")
	err := c.Remote.Walk(ctx, folder, c.Follow.Remote, func(name string, remote codec.Entry) error {
		if missing.Includes(name) {
			return c.Pair(name, remote, codec.Entry{}, nil)
		}
		if err := c.list(ctx, name); err != nil {
			return err
		}
		local, err := lookup.Entry(name)
		if err := c.Pair(name, remote, local, err); err != nil {
			return err
		}
		switch {
		case remote.Kind != codec.Folder:
		case local.Kind == codec.Folder:
			c.enter(name)
		default:
			missing.Enter(name)
		}
		return nil
	})
	for (err == nil || errors.Is(err, &codec.Error{Code: codec.Partial})) && len(c.folders) > 0 {
		if lerr := c.leave(ctx); lerr != nil {
			return lerr
		}
	}
	return err
}

func (c *Comparison) enter(path string) {
	if c.Alone != nil && c.Local != nil {
		c.folders = append(c.folders, pairedFolder{path: path, names: transfer.NewNameTable()})
	}
}

// list records that the remote has listed name. It leaves the folders that name is not in.
func (c *Comparison) list(ctx context.Context, name string) error {
	if len(c.folders) == 0 {
		return nil
	}
	path, last := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		path, last = name[:i], name[i+1:]
	}
	for c.folders[len(c.folders)-1].path != path {
		if len(c.folders) == 1 {
			return &codec.Error{Code: codec.BadFrame, Name: name, Text: "the remote did not list it with its folder"}
		}
		if err := c.leave(ctx); err != nil {
			return err
		}
	}
	if c.Fold != nil {
		last = c.Fold(last)
	}
	f := &c.folders[len(c.folders)-1]
	f.names.Add(last)
	f.listed++
	return c.Budget.Take(hashset.Size)
}

// leave walks through what is alone in the last of the folders, which the remote has listed
// to the end.
func (c *Comparison) leave(ctx context.Context) error {
	f := c.folders[len(c.folders)-1]
	c.folders = c.folders[:len(c.folders)-1]
	if c.Fold != nil && f.names.Twice() {
		return &codec.Error{
			Code: codec.BadName, Name: f.path, Text: "the remote has two names in it that are the same here",
		}
	}
	err := c.Alone.walkOthers(ctx, c.Local, f.path, func(name string) bool {
		if c.Fold != nil {
			name = c.Fold(name)
		}
		return f.names.Has(name)
	})
	c.Budget.Return(f.listed * hashset.Size)
	return err
}
