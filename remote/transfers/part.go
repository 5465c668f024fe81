package transfers

import (
	"context"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

// maxParts is the largest number of parts that a session remembers.
const maxParts = 1000

// foundParts maps the path of a file to the prefix of the file that PART has found.
type foundParts struct{ byPath map[string]landing.Prefix }

func (f *foundParts) add(path string, part landing.Prefix) {
	if f.byPath == nil || len(f.byPath) == maxParts {
		f.byPath = map[string]landing.Prefix{}
	}
	f.byPath[path] = part
}

// take removes and returns the prefix of the file at path.
func (f *foundParts) take(path string) landing.Prefix {
	part := f.byPath[path]
	delete(f.byPath, path)
	return part
}

// part answers PART with the prefix that an interrupted PUT has left. It remembers the
// prefix, so that the next PUT need not read it again. The value of SIZE does not matter,
// because the file may have grown since, and the client compares the prefix anyway.
func (t *Transfers) part(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(2, 3); err != nil {
		return nil, err
	}
	words := verb.Literal(r.Args.Words)
	if _, ok := codec.ParseNumber(words[1].Text); !ok {
		return nil, codec.Errorf(codec.BadRequest, "SIZE is a number of bytes: %s", r.Row.Usage())
	}
	path, err := r.View.One(ctx, words[0])
	if err != nil {
		return nil, err
	}
	var at disk.Spot
	if len(words) == 3 {
		at, err = r.View.Target(path, words[2].Text, false)
	} else {
		at, err = r.View.Place(path)
	}
	if err != nil {
		return nil, codec.Explain(path, err)
	}
	defer at.Close()
	found, err := landing.Part(ctx, landing.Target{Dir: at.Dir, Name: at.Name, Key: r.Peer.Key})
	if err != nil {
		return nil, codec.Explain(path, err)
	}
	t.parts.add(at.Real, found)
	pairs := codec.Pairs{codec.PairOf("have", found.Size)}
	if found.Size > 0 {
		pairs = append(pairs, codec.Pair{Key: "sha256", Value: found.SHA256})
	}
	return pairs, nil
}
