package remote

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"

	"techsh/codec"
)

// maxNames is how many things a list may name: they take 8 bytes each.
const maxNames = 2 << 20

// names are what a client wants of a folder. Only their hashes are kept, so
// that a million of them is no burden.
type names struct {
	seed   maphash.Seed
	hashes []uint64 // sorted when there are no more to come
	met    int
}

// names takes the list that the client streams.
func (r *request) names(ctx context.Context) (*names, error) {
	n := &names{seed: maphash.MakeSeed()}
	err := r.Receive(ctx, func(f codec.Frame) error {
		switch f.Verb {
		case codec.END:
			return nil
		case codec.DATA:
			return n.take(string(f.Body))
		}
		return codec.Errorf(codec.BadRequest, "%s in a list, which is DATA and END", f.Verb)
	})
	slices.Sort(n.hashes)
	n.hashes = slices.Compact(n.hashes)
	return n, err
}

func (n *names) take(lines string) error {
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

// want says whether what is called path in the stream was named.
func (n *names) want(path string, e codec.Entry) bool {
	_, path, _ = strings.Cut(path, "/") // without that of the folder itself
	if e.Kind == codec.Folder {
		path += "/"
	}
	_, wanted := slices.BinarySearch(n.hashes, maphash.String(n.seed, path))
	if wanted {
		n.met++
	}
	return wanted
}

// missed notes how much of what was named is not there any more.
func (n *names) missed(g *getting) error {
	gone := len(n.hashes) - n.met
	if gone <= 0 {
		return nil
	}
	g.failed += gone
	return g.note(g.args.Words[0].Text, codec.Errorf(codec.NotFound, "%d of %d things in it are not there", gone, len(n.hashes)))
}
