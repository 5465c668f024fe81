package shell

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
)

// What is in a tree there and what is in one here, side by side. Names are
// those that a stream has: relative to the tree, with "/", on every system.

// found calls each for what FIND answers, and troubled for what it could not
// read.
func (s *Shell) found(ctx context.Context, words []codec.Word, troubled func(codec.Frame) error, each func(codec.Entry) error) error {
	_, err := s.call(ctx, "FIND", words, link.Answer{Entry: each, Note: troubled}.Recv)
	return err
}

// Followed says on which side what links lead to counts instead of the links.
type followed struct{ there, here bool }

// tree calls each for all that is in the folder there that a word means, by
// its name below it. The remote is hostile when such a name cannot be one.
func (s *Shell) tree(ctx context.Context, folder codec.Word, follow bool, troubled func(codec.Frame) error, each func(name string, e codec.Entry) error) error {
	typed := folder.Text
	if !strings.HasSuffix(typed, "/") {
		folder.Text += "/" // follows a link, and refuses a file
	}
	top, begun := "", false
	var words callWords
	words.add(follow, "-L")
	err := s.found(ctx, append(words, guarded([]codec.Word{folder})...), troubled, func(e codec.Entry) error {
		if !begun { // the folder itself comes first, as the remote calls it
			top, begun = e.Name, true
			return nil
		}
		name, ok := s.below(top, e.Name)
		if !ok || !proper(name) {
			return &codec.Error{Code: codec.BadName, Name: e.Name, Text: "the remote has found it where nobody asked"}
		}
		return each(name, e)
	})
	if x, ok := errors.AsType[*codec.Error](err); ok && x.Name == folder.Text {
		x.Name = typed
	}
	return err
}

// pairs is tree, with what is here under the same name: Kind 0 is nothing. An
// error is about something that may be here.
func (s *Shell) pairs(ctx context.Context, folder codec.Word, here *os.Root, links followed, troubled func(codec.Frame) error, each func(name string, there, here codec.Entry, err error) error) error {
	h := hereabouts{top: here, follow: links.here}
	defer h.close()
	above := "" // a folder there that is none here, with "/" behind: what is in it is not looked for
	return s.tree(ctx, folder, links.there, troubled, func(name string, there codec.Entry) error {
		var old codec.Entry
		var err error
		if above == "" || !strings.HasPrefix(name, above) {
			above = ""
			old, err = h.lookup(name)
		}
		if there.Kind == codec.Folder && old.Kind != codec.Folder {
			above = name + "/"
		}
		return each(name, there, old, err)
	})
}

// A hereabouts looks up names in a folder of this computer. It keeps the
// folder of the last name open: those that follow are mostly in it.
type hereabouts struct {
	top    *os.Root // nil: nothing is there
	follow bool     // links, wherever they lead
	path   string   // below top
	at     *os.Root
}

// lookup describes what has that name. Its Kind is 0 when nothing has. An
// error is about something that may be there.
func (h *hereabouts) lookup(name string) (codec.Entry, error) {
	if h.top == nil {
		return codec.Entry{}, nil
	}
	if h.follow {
		fi, err := os.Stat(filepath.Join(h.top.Name(), filepath.FromSlash(name)))
		if err != nil {
			return codec.Entry{}, absent(err)
		}
		return transfer.EntryOf(name, fi), nil
	}
	folder, last := filepath.Split(filepath.FromSlash(name))
	dir := h.top
	if folder != "" {
		if h.at == nil || h.path != folder {
			h.close()
			at, err := h.top.OpenRoot(folder)
			if err != nil {
				return codec.Entry{}, absent(err)
			}
			h.path, h.at = folder, at
		}
		dir = h.at
	}
	fi, err := dir.Lstat(last)
	if err != nil {
		return codec.Entry{}, absent(err)
	}
	return transfer.EntryWithTarget(name, fi, dir.Readlink, last), nil
}

// absent is nil for an error that says that nothing is there.
func absent(err error) error {
	if isCode(codec.Explain("", err), codec.NotFound, codec.NotDirectory) {
		return nil
	}
	return err
}

func (h *hereabouts) close() {
	if h.at != nil {
		h.at.Close()
		h.at = nil
	}
}

// treeHere calls each for all that is in dir, a folder before what it holds;
// one that each does not enter is passed over. What cannot be read goes to
// failed.
func treeHere(ctx context.Context, dir *os.Root, under string, failed func(name string, err error), each func(name string, e codec.Entry) (enter bool)) error {
	f, err := dir.Open(".")
	if err != nil {
		failed(under, err)
		return nil
	}
	defer f.Close()
	for {
		names, err := f.Readdirnames(1024)
		for _, last := range names {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if transfer.IsPart(last) {
				continue
			}
			if err := oneHere(ctx, dir, last, under+last, failed, each); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			failed(under, err)
			return nil
		}
	}
}

func oneHere(ctx context.Context, dir *os.Root, last, name string, failed func(string, error), each func(string, codec.Entry) bool) error {
	fi, err := dir.Lstat(last)
	if err != nil {
		failed(name, err)
		return nil
	}
	e := transfer.EntryWithTarget(name, fi, dir.Readlink, last)
	if !each(name, e) || e.Kind != codec.Folder {
		return nil
	}
	sub, err := dir.OpenRoot(last)
	if err != nil {
		failed(name, err)
		return nil
	}
	defer sub.Close()
	return treeHere(ctx, sub, name+"/", failed, each)
}

// can says whether the remote lets us call a verb.
func (s *Shell) can(verb string) bool {
	return s.conn != nil && slices.Contains(s.conn.hello.Verbs, verb)
}
