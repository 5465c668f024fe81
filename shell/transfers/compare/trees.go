package compare

import (
	"context"
	"errors"
	"os"
	"strings"

	"techsh/codec"
)

// A Remote lists folders of a remote.
type Remote struct {
	System string // of the remote, as its greeting says

	// Find calls each for the folder and everything in it, a folder before
	// what it contains. follow replaces links by what they point to.
	Find func(ctx context.Context, folder codec.Word, follow bool, each func(codec.Entry) error) error
}

// Follow says on which side symbolic links are followed.
type Follow struct{ Remote, Local bool }

// Walk calls each for everything in a folder of the remote, by its name in that
// folder. A remote that answers with another name is hostile.
func (r Remote) Walk(
	ctx context.Context, folder codec.Word, follow bool, each func(name string, e codec.Entry) error,
) error {
	typed := folder.Text
	if !strings.HasSuffix(typed, "/") {
		folder.Text += "/" // follows a link, and refuses a file
	}
	top, begun := "", false
	err := r.Find(ctx, folder, follow, func(e codec.Entry) error {
		if !begun { // the folder itself comes first, as the remote names it
			top, begun = e.Name, true
			return nil
		}
		name, ok := Below(r.System, top, e.Name)
		if !ok || !isProper(name) {
			return &codec.Error{
				Code: codec.BadName,
				Name: e.Name,
				Text: "the remote listed it outside the folder",
			}
		}
		return each(name, e)
	})
	if x, ok := errors.AsType[*codec.Error](err); ok && x.Name == folder.Text {
		x.Name = typed
	}
	return err
}

// Pairs is like Walk, and also passes the local entry of the same name, whose
// Kind is 0 if there is none. An error passed to each is about a local entry
// that may exist.
func (r Remote) Pairs(
	ctx context.Context, folder codec.Word, local *os.Root, follow Follow,
	each func(name string, remote, local codec.Entry, err error) error,
) error {
	lookup := NewLocalLookup(local, follow.Local)
	defer lookup.Close()
	var missing Subtree // a remote folder that is no local one: nothing in it is looked up
	return r.Walk(ctx, folder, follow.Remote, func(name string, remote codec.Entry) error {
		var old codec.Entry
		var err error
		if !missing.Includes(name) {
			old, err = lookup.Entry(name)
			if remote.Kind == codec.Folder && old.Kind != codec.Folder {
				missing.Enter(name)
			}
		}
		return each(name, remote, old, err)
	})
}

// Below returns the name, in the folder top, of a path that a remote of that
// system has listed in it: "" is the folder itself.
func Below(system, top, path string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(path, top)
	if system == "windows" {
		rest = strings.ReplaceAll(rest, `\`, "/")
	}
	if cut, slashed := strings.CutPrefix(rest, "/"); slashed {
		return cut, ok
	}
	return rest, ok && (rest == "" || strings.ContainsAny(top[max(0, len(top)-1):], `/\:`))
}

// isProper reports whether a name can be that of an entry in a folder.
func isProper(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.Contains(name, "\x00")
}
