package transfers

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/remote/verb"
)

// maxNames is how many things a list may name, 8 bytes each.
const maxNames = 2 << 20

// A nameSet is what a client wants of a folder. It keeps only hashes, so that a
// million names take little memory.
type nameSet struct {
	seed   maphash.Seed
	hashes []uint64 // sorted when the list is complete
	met    int
}

// readNameSet reads the list that the client streams.
func readNameSet(ctx context.Context, r *verb.Request) (*nameSet, error) {
	n := &nameSet{seed: maphash.MakeSeed()}
	err := r.Call.Receive(ctx, func(f codec.Frame) error {
		switch f.Verb {
		case codec.END:
			return nil
		case codec.DATA:
			return n.add(string(f.Body))
		}
		return codec.Errorf(codec.BadRequest, "%s in a list, which is DATA and END", f.Verb)
	})
	slices.Sort(n.hashes)
	n.hashes = slices.Compact(n.hashes)
	return n, err
}

func (n *nameSet) add(lines string) error {
	for line := range strings.Lines(lines) {
		text, whole := strings.CutSuffix(line, "\n")
		words, err := codec.Split(text)
		if err != nil {
			return err
		}
		if !whole || len(words) != 1 {
			return codec.Errorf(codec.BadRequest, "a list has one word a line")
		}
		if len(n.hashes) == maxNames {
			return codec.Errorf(codec.TooBig, "a list of more than %d names", maxNames)
		}
		n.hashes = append(n.hashes, maphash.String(n.seed, words[0].Text))
	}
	return nil
}

// has reports whether the client wants what is called path in the stream.
func (n *nameSet) has(path string, e codec.Entry) bool {
	_, path, _ = strings.Cut(path, "/") // without the name of the folder itself
	if e.Kind == codec.Folder {
		path += "/"
	}
	_, wanted := slices.BinarySearch(n.hashes, maphash.String(n.seed, path))
	if wanted {
		n.met++
	}
	return wanted
}

// noteMissing notes how many of the names no longer exist.
func (n *nameSet) noteMissing(g *getRun) error {
	missing := len(n.hashes) - n.met
	if missing <= 0 {
		return nil
	}
	g.Failed += missing
	return g.r.Note(g.r.Args.Words[0].Text,
		codec.Errorf(codec.NotFound, "%d of %d things in it do not exist", missing, len(n.hashes)))
}
