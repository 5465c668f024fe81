package compare

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/hashset"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// Follow says on which sides symbolic links are followed.
type Follow struct{ Remote, Local bool }

// A Comparison compares a remote folder with a local one while the remote lists its
// folder. It keeps no entries. It keeps names only for the folders that the listing is
// currently in.
//
// The file system of the target may treat two different names in the source as the same
// name. Then only one of the two entries can be transferred.
type Comparison struct {
	Remote     Remote
	Local      *os.Root // nil if it does not exist
	Follow     Follow
	FromRemote bool // the remote folder is the source

	// Pair is called for each remote entry with the local entry of the same name. If
	// there is no such local entry, the Kind of local is 0. If the local entry could not
	// be read, err says why.
	Pair func(name string, remote, local codec.Entry, err error) error

	// Clash is called instead of Pair, if FromRemote is set, for a remote entry whose
	// name the local file system treats as the same as the name of another remote entry.
	// The parameter other is the name of that other entry. If the remote entry is a
	// folder, neither Clash nor Pair is called for its contents.
	Clash func(name string, remote codec.Entry, other string) error
	// Respelled is called if FromRemote is set, before Pair, for a remote entry whose
	// local name is spelled differently.
	Respelled func(name, local string)
	// Doubt is called if FromRemote is not set, for a local entry that the remote does
	// not list, but may find under a name that is spelled differently. The parameter path
	// is the path that the entry would have on the remote. If the remote lists such a
	// differently spelled name, and another local entry has that name, the parameter
	// other is that name. Doubt may be nil.
	Doubt func(name, path, other string) error

	// Alone, if it is not nil, walks through all local entries that the remote does not
	// have, except for those in folders that do not exist on both sides, and those for
	// which Doubt is called.
	Alone  *LocalWalk
	Budget *codec.Budget // budget for the names; may be nil

	folders []*pairedFolder // the folders that the listing is currently in; each is inside the previous one
	top     string          // the path of the remote folder, and a separator
}

// A pairedFolder is a folder that exists on both sides.
type pairedFolder struct {
	path      string
	names     *transfer.NameTable // names in the folder that the remote has listed; see keep
	missing   *transfer.NameTable // folded names that the remote has listed and that do not exist locally
	hashes    int                 // number of hashes in names and missing
	spellings Spellings
	respelled map[string]string // for each local name that is spelled differently on the remote, the remote name
}

// Run compares folder. An error with the code Partial means that the remote could not
// list some of the folder.
func (c *Comparison) Run(ctx context.Context, folder codec.Word) error {
	if c.Budget == nil {
		c.Budget = &codec.Budget{}
	}
	lookup := NewLocalLookup(c.Local, c.Follow.Local)
	defer lookup.Close()
	var missing Subtree // a remote folder that is not a folder locally, so nothing in it is looked up
	var clashing Subtree
	c.enter("")
	err := c.Remote.Walk(ctx, folder, c.Follow.Remote, func(name string, remote codec.Entry) error {
		if clashing.Includes(name) {
			return nil
		}
		if missing.Includes(name) || c.Local == nil {
			return c.Pair(name, remote, codec.Entry{}, nil)
		}
		c.top = remote.Name[:len(remote.Name)-len(name)]
		f, last, err := c.folder(ctx, name)
		if err != nil {
			return err
		}
		local, listed, err := lookup.Spelled(name, &f.spellings)
		if errors.Is(err, &codec.Error{Code: codec.TooBig}) {
			return err
		}
		if local.Kind != 0 && c.FromRemote {
			other, err := c.respell(f, name, last, listed)
			if err != nil {
				return err
			}
			if other != "" {
				clashing.Enter(name)
				return c.Clash(name, remote, other)
			}
		} else if listed != last {
			local = codec.Entry{} // the source has no file of this name
		}
		if err := c.keep(f, last, local.Kind != 0); err != nil {
			return err
		}
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

// respell handles a remote name. The parameter listed is the name under which the local
// folder lists the entry. If listed is also the local name of another remote entry,
// respell returns the name of that entry.
func (c *Comparison) respell(f *pairedFolder, name, last, listed string) (other string, err error) {
	other, found := f.respelled[listed]
	switch {
	case found || listed == last:
		return other, nil
	case f.names.Has(listed):
		return listed, nil
	case f.respelled == nil:
		f.respelled = map[string]string{}
	}
	f.respelled[listed] = last
	c.Respelled(name, listed)
	const size = 96
	return "", c.Budget.Take(size + len(last) + len(listed))
}

func (c *Comparison) enter(path string) {
	c.folders = append(c.folders, &pairedFolder{
		path: path, names: transfer.NewNameTable(), missing: transfer.NewNameTable(),
		spellings: Spellings{Budget: c.Budget},
	})
}

// keep records that the remote has listed a name in f, if that is needed. exists tells
// whether it exists locally.
func (c *Comparison) keep(f *pairedFolder, name string, exists bool) error {
	if c.Doubt != nil && !exists {
		f.missing.Add(landing.FoldName(name))
		if err := c.take(f); err != nil {
			return err
		}
	}
	if c.Alone == nil && c.Doubt == nil && (!exists || f.spellings.isPlain(name)) {
		return nil
	}
	f.names.Add(name)
	return c.take(f)
}

// take takes the memory for the hash of a name in f out of the budget.
func (c *Comparison) take(f *pairedFolder) error {
	f.hashes++
	return c.Budget.Take(hashset.Size)
}

// folder calls leave for the folders that do not contain name. It returns the folder that
// contains name, and the last component of name.
func (c *Comparison) folder(ctx context.Context, name string) (f *pairedFolder, last string, err error) {
	path, last := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		path, last = name[:i], name[i+1:]
	}
	for c.folders[len(c.folders)-1].path != path {
		if len(c.folders) == 1 {
			return nil, "", &codec.Error{
				Code: codec.BadFrame, Name: name, Text: "the remote did not list it with its folder",
			}
		}
		if err := c.leave(ctx); err != nil {
			return nil, "", err
		}
	}
	return c.folders[len(c.folders)-1], last, nil
}

// leave removes the last folder from c.folders, which the remote has listed to the end.
// It handles the entries in that folder that exist only locally.
func (c *Comparison) leave(ctx context.Context) error {
	f := c.folders[len(c.folders)-1]
	c.folders = c.folders[:len(c.folders)-1]
	defer func() {
		c.Budget.Return(f.hashes * hashset.Size)
		f.spellings.Close()
	}()
	if c.Local == nil || c.Alone == nil && c.Doubt == nil {
		return nil
	}
	var paired *transfer.NameTable // folded names
	if c.Doubt != nil {
		var err error
		if paired, err = c.paired(f); err != nil {
			return err
		}
	}
	walk := c.Alone
	if walk == nil {
		walk = &LocalWalk{Failed: func(string, error) {}} // what cannot be read is not sent either
	}
	has := func(name string) bool { return f.names.Has(name) || f.respelled[name] != "" }
	return walk.others(ctx, c.Local, f.path, has, func(t *localTree, dir *os.Root, name string) error {
		if paired != nil {
			folded := landing.FoldName(name)
			inPair := paired.Has(folded)
			if (inPair || f.missing.Has(folded)) && !landing.IsPart(name) {
				return c.Doubt(t.prefix+name, c.top+t.prefix+name, c.pairedLike(f, dir, name, inPair))
			}
		}
		if c.Alone == nil {
			return nil
		}
		return t.walkEntry(dir, name)
	})
}

// paired returns the folded names of the local entries in f that the remote has listed.
func (c *Comparison) paired(f *pairedFolder) (*transfer.NameTable, error) {
	paired := transfer.NewNameTable()
	dir, err := c.Local.OpenRoot("./" + filepath.FromSlash(f.path))
	if err != nil {
		return paired, nil // leave reports it
	}
	defer dir.Close()
	var full error
	_ = eachName(dir, func(name string) bool {
		if f.names.Has(name) {
			paired.Add(landing.FoldName(name))
			full = c.take(f)
		}
		return full == nil
	})
	return paired, full
}

// pairedLike returns a local name that the remote has listed and that differs from name
// only in spelling, or "".
func (c *Comparison) pairedLike(f *pairedFolder, dir *os.Root, name string, exists bool) (like string) {
	if !exists {
		return ""
	}
	folded := landing.FoldName(name)
	_ = eachName(dir, func(other string) bool {
		if landing.FoldName(other) == folded && f.names.Has(other) {
			like = other
		}
		return like == ""
	})
	return like
}
