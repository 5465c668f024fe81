package transfers

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/remote/verb"
)

// maxNames is the largest number of names in a list, each of which takes 8 bytes.
const maxNames = 2 << 20

// A nameSet is the set of names that a client requests from a folder. It keeps only their
// hashes, so that a million names take little memory.
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
			return codec.Errorf(codec.BadRequest, "a list has one word on each line")
		}
		if len(n.hashes) == maxNames {
			return codec.Errorf(codec.TooBig, "a list of more than %d names", maxNames)
		}
		n.hashes = append(n.hashes, maphash.String(n.seed, words[0].Text))
	}
	return nil
}

// has reports whether the client has requested the entry called path in the stream.
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

// noteMissing sends a NOTE with the number of names that do not exist any more.
func (n *nameSet) noteMissing(g *getRun) error {
	missing := len(n.hashes) - n.met
	if missing <= 0 {
		return nil
	}
	g.Failed += missing
	return g.r.Note(g.r.Args.Words[0].Text,
		codec.Errorf(codec.NotFound, "%d of the %d listed names do not exist", missing, len(n.hashes)))
}
