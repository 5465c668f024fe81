package transfers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

// A getRun is a running GET.
type getRun struct {
	verb.Tally
	r      *verb.Request
	ctx    context.Context
	sender transfer.Sender
	tree   transfer.Tree
	have   landing.Prefix // the prefix of the file that the client says it already has; only for a single file
}

func get(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	g := &getRun{r: r, ctx: ctx, sender: transfer.Sender{To: r.Call.Conn}}
	if !r.Args.Has("list") {
		r.Call.NoStream()
	}
	if err := g.options(); err != nil {
		return nil, err
	}
	if err := g.distinct(); err != nil {
		return nil, err
	}
	var listed *getList
	if r.Args.Has("list") {
		var err error
		if listed, err = readGetList(ctx, r); err != nil {
			return nil, err
		}
		g.tree.Want = listed.take
	}
	err := r.Every(ctx, r.Args.Words, &g.Tally, g.send)
	if err == nil && listed != nil {
		err = listed.noteMissing(g)
	}
	if g.sender.Files == 1 {
		r.Sum = g.sender.Sum
	}
	s := &g.sender
	pairs := r.Transferred(s.Files, s.Folders, s.Links, s.Bytes)
	if err == nil {
		g.Done = int(s.Files + s.Folders + s.Links)
		err = g.Partial(pairs...)
	}
	return pairs, err
}

// options parses the options, and refuses those that contradict each other.
func (g *getRun) options() error {
	if err := g.r.Need(1, -1); err != nil {
		return err
	}
	args := g.r.Args
	deep, one := args.Has("r"), len(args.Words) == 1
	if sum, ok := args.Value("sum"); ok {
		if sum != "sha256" {
			return codec.Errorf(codec.BadRequest, "--sum is sha256")
		}
		g.sender.SHA256 = true
	}
	if limit, ok := args.Value("limit"); ok {
		if g.sender.Rate, ok = codec.ParseNumber(limit); !ok || g.sender.Rate == 0 {
			return codec.Errorf(codec.BadRequest, "--limit is a number of bytes")
		}
	}
	if have, ok := args.Value("have"); ok {
		size, sum, _ := strings.Cut(have, ",")
		n, ok := codec.ParseNumber(size)
		if !ok || len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "" {
			return codec.Errorf(codec.BadRequest,
				"--have is a number of bytes, a comma, and 64 hexadecimal digits in lower case")
		}
		g.have = landing.Prefix{Size: n, SHA256: sum}
		if deep || !one {
			return codec.Errorf(codec.BadRequest, "--have is for one file")
		}
	}
	if args.Has("list") && (!deep || !one) {
		return codec.Errorf(codec.BadRequest, "--list is for one folder, with -r")
	}
	g.tree.Enter = g.r.View.FS.CheckEnter
	if args.Has("L") {
		g.tree.Follow = g.r.View.Lead
	}
	return nil
}

// distinct returns an error if two paths have the same name in the stream.
func (g *getRun) distinct() error {
	seen := transfer.NewNameSet() // not a map of the paths, because there may be very many
	for p := range g.paths() {
		top := disk.TopName(p)
		if !seen.Has(top) {
			seen.Add(top)
			continue
		}
		for other := range g.paths() {
			if disk.TopName(other) == top {
				text := fmt.Sprintf("it has the same name as %s", codec.Quote(codec.Lit(other)))
				return &codec.Error{Code: codec.BadRequest, Name: p, Text: text}
			}
		}
	}
	return nil
}

// paths returns the paths that the words stand for. Errors are reported when the files are
// sent.
func (g *getRun) paths() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, w := range g.r.Args.Words {
			found, _ := g.r.View.Expand(g.ctx, w)
			for p := range found.All() {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// send sends the file or folder at path. If path is a link that was typed, send follows
// it. If path is a link that a pattern has matched, it is sent like a link inside a tree.
func (g *getRun) send(path string) error {
	if !g.r.Args.Has("r") {
		return g.file(path)
	}
	g.sender.Failed = func(name string, err error) {
		_, rest, _ := strings.Cut(name, "/")
		g.Failed++
		_ = g.r.Note(disk.Below(path, filepath.FromSlash(rest)), err) // other code notices a lost connection
	}
	if g.tree.Follow == nil && g.matched(path) {
		p, err := g.r.View.Place(path)
		if err != nil {
			return err
		}
		defer p.Close()
		return g.sender.Tree(g.ctx, p.Dir, p.Name, disk.TopName(path), g.tree)
	}
	dir, _, err := g.r.View.Folder(path)
	if errors.Is(err, &codec.Error{Code: codec.NotDirectory}) && !g.r.Args.Has("list") {
		return g.file(path)
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	return g.sender.Tree(g.ctx, dir, ".", disk.TopName(path), g.tree)
}

// matched reports whether path was matched by a pattern, not typed.
func (g *getRun) matched(path string) bool {
	pattern := false
	for _, w := range g.r.Args.Words {
		if w.Text == path {
			return false
		}
		pattern = pattern || codec.HasPattern(w.Text)
	}
	return pattern
}

func (g *getRun) file(path string) error {
	f, fi, err := g.r.View.Regular(path)
	if err != nil {
		if !g.r.Args.Has("r") && errors.Is(err, &codec.Error{Code: codec.IsDirectory}) {
			return &codec.Error{Code: codec.IsDirectory, Hint: "-r gets folders"}
		}
		return err
	}
	defer f.Close()
	defer disk.Interruptible(g.ctx, f)()
	g.sender.Look = func() (fs.FileInfo, error) { return g.r.View.Look(path) }
	e := landing.EntryOf(disk.TopName(path), fi)
	if g.have.Size == 0 {
		return g.sender.File(g.ctx, e, f)
	}
	from, err := landing.PrefixOf(g.ctx, f, g.have.Size)
	switch {
	case err == nil && from.SHA256 == g.have.SHA256:
		return g.sender.Resume(g.ctx, e, f, from)
	case err == nil:
		e.More = codec.Pairs{{Key: "why", Value: "its beginning has changed"}}
	case errors.Is(err, &codec.Error{Code: codec.Changed}):
		e.More = codec.Pairs{{Key: "why", Value: fmt.Sprintf("it has only %d bytes now", fi.Size())}}
	default:
		return err
	}
	return g.sender.File(g.ctx, e, f)
}
