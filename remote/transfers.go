package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/codec/trust"
)

func transferRows() []row {
	return []row{
		{
			verb: "GET", right: trust.Get, synopsis: "[-r] [-L] [--sum sha256] [--limit N] PATH… | --have N,SHA256 PATH | -r --list PATH", line: "files: FILE, DATA…, SUM for each", stream: true, run: get,
			options: []codec.Option{
				{Short: 'r', Line: "folders too, with all in them"},
				{Short: 'L', Line: "links in them are followed"},
				{Long: "sum", Arg: "KIND", Line: "SUM has sha256= too"},
				{Long: "limit", Arg: "N", Line: "at most N bytes a second"},
				{Long: "have", Arg: "N,SHA256", Line: "N bytes of it are there, with that sum: the rest is enough"},
				{Long: "list", Line: "of the folder only what DATA names, a word a line, until END"},
			},
		},
		{
			verb: "PUT", right: trust.Put, synopsis: "[-f] [-t] [-r] [PATH]", line: "takes a file: FILE, DATA…, SUM, and END", stream: true, run: put,
			options: []codec.Option{{Short: 'f', Line: "replaces what is there"}, {Short: 't', Line: "takes several files into the folder PATH"}, {Short: 'r', Line: "folders and links too"}},
		},
		{verb: "PART", right: trust.Put, synopsis: "PATH SIZE [NAME]", line: "what a PUT of that file has left when it was broken off: OK have=… sha256=…", run: part},
	}
}

// getting is a GET that runs.
type getting struct {
	*request
	ctx    context.Context
	sender transfer.Sender
	tree   transfer.Tree
	have   transfer.Prefix // of the one file; the client says so
	tally
}

func get(ctx context.Context, r *request) (codec.Pairs, error) {
	g := &getting{request: r, ctx: ctx, sender: transfer.Sender{To: r.Conn}}
	if !r.args.Has("list") {
		r.NoStream()
	}
	if err := g.options(); err != nil {
		return nil, err
	}
	if err := g.distinct(); err != nil {
		return nil, err
	}
	var listed *names
	if r.args.Has("list") {
		var err error
		if listed, err = r.names(ctx); err != nil {
			return nil, err
		}
		g.tree.Want = listed.want
	}
	err := r.every(ctx, r.args.Words, &g.tally, g.send)
	if err == nil && listed != nil {
		err = listed.missed(g)
	}
	if g.sender.Files == 1 {
		r.sum = g.sender.Sum
	}
	s := &g.sender
	pairs := r.crossed(s.Files, s.Folders, s.Links, s.Bytes)
	if err == nil {
		g.done = int(s.Files + s.Folders + s.Links)
		err = g.partial(pairs...)
	}
	return pairs, err
}

// crossed is how much a GET or a PUT was, for its answer.
func (r *request) crossed(files, folders, links, bytes int64) codec.Pairs {
	pairs := codec.Pairs{codec.PairOf("files", files)}
	if r.args.Has("r") {
		pairs = append(pairs, codec.PairOf("folders", folders), codec.PairOf("links", links))
	}
	return append(pairs, codec.PairOf("bytes", bytes))
}

// options reads what is to be done, and refuses what makes no sense.
func (g *getting) options() error {
	if err := g.need(1, -1); err != nil {
		return err
	}
	deep, one := g.args.Has("r"), len(g.args.Words) == 1
	if sum, ok := g.args.Value("sum"); ok {
		if sum != "sha256" {
			return codec.Errorf(codec.BadRequest, "--sum is sha256")
		}
		g.sender.SHA256 = true
	}
	if limit, ok := g.args.Value("limit"); ok {
		if g.sender.Rate, ok = codec.ParseNumber(limit); !ok || g.sender.Rate == 0 {
			return codec.Errorf(codec.BadRequest, "--limit is a number of bytes")
		}
	}
	if have, ok := g.args.Value("have"); ok {
		size, sum, _ := strings.Cut(have, ",")
		n, ok := codec.ParseNumber(size)
		if !ok || len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "" {
			return codec.Errorf(codec.BadRequest, "--have is a number of bytes, a comma, and 64 small hexadecimal digits")
		}
		g.have = transfer.Prefix{Size: n, SHA256: sum}
		if deep || !one {
			return codec.Errorf(codec.BadRequest, "--have is for one file")
		}
	}
	if g.args.Has("list") && (!deep || !one) {
		return codec.Errorf(codec.BadRequest, "--list is for one folder, with -r")
	}
	g.tree.Enter = g.disk.enter
	if g.args.Has("L") {
		g.tree.Follow = g.lead
	}
	return nil
}

// top is the name of what path is the path of, at the top of a stream.
func top(path string) string {
	base := filepath.Base(path)
	if base == ".." || endsInSeparator(base) {
		return "."
	}
	return base
}

// distinct refuses two things that would land under one name.
func (g *getting) distinct() error {
	seen := map[string]string{}
	for _, w := range g.args.Words {
		paths, err := g.expand(g.ctx, w)
		if err != nil {
			continue // said when its turn comes
		}
		for _, p := range paths {
			if other, twice := seen[top(p)]; twice {
				return &codec.Error{Code: codec.BadRequest, Name: p, Text: fmt.Sprintf("it has the same name as %s", codec.Quote(codec.Lit(other)))}
			}
			seen[top(p)] = p
		}
	}
	return nil
}

// send sends what is at path. A link that was typed is followed; one that
// only a pattern has matched is as one in a tree.
func (g *getting) send(path string) error {
	if !g.args.Has("r") {
		return g.file(path)
	}
	g.sender.Failed = func(name string, err error) {
		_, rest, _ := strings.Cut(name, "/")
		g.failed++
		_ = g.note(below(path, filepath.FromSlash(rest)), err) // that the client is gone is noticed
	}
	if g.tree.Follow == nil && g.matched(path) {
		p, err := g.place(path)
		if err != nil {
			return err
		}
		defer p.close()
		return g.sender.Tree(g.ctx, p.dir, p.name, top(path), g.tree)
	}
	dir, _, err := g.folder(path)
	if errors.Is(err, &codec.Error{Code: codec.NotDirectory}) && !g.args.Has("list") {
		return g.file(path)
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	return g.sender.Tree(g.ctx, dir, ".", top(path), g.tree)
}

// matched says whether path is only what a pattern stands for.
func (g *getting) matched(path string) bool {
	pattern := false
	for _, w := range g.args.Words {
		if w.Text == path {
			return false
		}
		pattern = pattern || codec.HasPattern(w.Text)
	}
	return pattern
}

// lead returns where a link leads that was met in a tree.
func (s *session) lead(dir *os.Root, name string) (*os.Root, string, error) {
	p, err := s.follow(s.disk.ours(filepath.Join(dir.Name(), name)))
	return p.dir, p.name, err
}

func (g *getting) file(path string) error {
	f, fi, err := g.regular(path)
	if err != nil {
		if !g.args.Has("r") && errors.Is(err, &codec.Error{Code: codec.IsDirectory}) {
			return &codec.Error{Code: codec.IsDirectory, Hint: "-r gets folders"}
		}
		return err
	}
	defer f.Close()
	defer interruptible(g.ctx, f)()
	g.sender.Look = func() (os.FileInfo, error) { return g.look(path) }
	e := transfer.EntryOf(top(path), fi)
	if g.have.Size == 0 {
		return g.sender.File(g.ctx, e, f)
	}
	from, err := transfer.PrefixOf(g.ctx, f, g.have.Size)
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
