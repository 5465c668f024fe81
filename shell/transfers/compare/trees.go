package compare

import (
	"context"
	"errors"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
)

// A Remote lists folders of a remote.
type Remote struct {
	System string // the remote system, from its greeting

	// Find calls the function each for the folder and everything in it, depth first. If
	// follow is set, symbolic links are followed.
	Find func(ctx context.Context, folder codec.Word, follow bool, each func(codec.Entry) error) error
}

// Walk calls the function each for everything in a remote folder, with the name relative
// to the folder. It returns an error if the remote lists anything outside the folder.
func (r Remote) Walk(
	ctx context.Context, folder codec.Word, follow bool, each func(name string, e codec.Entry) error,
) error {
	typed := folder.Text
	if !strings.HasSuffix(typed, "/") {
		folder.Text += "/" // makes the remote follow a link, and refuse a file
	}
	top, begun := "", false
	err := r.Find(ctx, folder, follow, func(e codec.Entry) error {
		if !begun { // the first entry is the folder itself, with its name as the remote spells it
			top, begun = e.Name, true
			return nil
		}
		name, ok := Below(r.System, top, e.Name)
		if !ok || !isProper(name) || len(name) > landing.MaxPath {
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

// Below returns path relative to the folder top. system is the system of the remote that
// has listed path. The name is "" for the folder itself; ok is false if path is not in
// the folder.
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

// isProper reports whether name can be the name of an entry in a folder.
func isProper(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.Contains(name, "\x00")
}
