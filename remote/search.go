package remote

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/codec/trust"
)

func searchRows() []row {
	return []row{
		{
			verb: "FIND", right: trust.Dir, synopsis: "[-L] [--name PATTERN] [--size N] [--newer TIME] [--type KIND] [--depth N] PATH…", line: "all that is at PATH and below: DATA lines of entries", run: search,
			options: []codec.Option{
				{Short: 'L', Line: "below PATH, what links lead to instead of the links"},
				{Long: "name", Arg: "PATTERN", Line: "what is called so"},
				{Long: "size", Arg: "N", Line: "files of N bytes; +N: of more; -N: of less"},
				{Long: "newer", Arg: "TIME", Line: "what has changed after TIME, such as 2026-11-22T12:00:00Z"},
				{Long: "type", Arg: "KIND", Line: "f: files; d: folders; l: links"},
				{Long: "depth", Arg: "N", Line: "at most N levels below PATH"},
			},
		},
		{verb: "DU", right: trust.Dir, synopsis: "PATH…", line: "counts what is in it: a DATA line BYTES FILES FOLDERS NAME for each", run: du},
		{verb: "HASH", right: trust.Get, long: []string{"sha256sum"}, synopsis: "PATH…", line: "the SHA-256 of files: a DATA line HEX NAME for each", run: hash},
		{verb: "DF", right: trust.Dir, synopsis: "[PATH…]", line: "the room on the disks: a DATA line, a volume, for each", run: df},
	}
}

func search(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	c, err := conditionsOf(r.args)
	if err != nil {
		return nil, err
	}
	l := r.listing(ctx)
	found := 0
	w := walk{r: r, ctx: ctx, tally: &l.tally, follow: r.args.Has("L"), visit: func(_ *os.Root, folder string, e codec.Entry) error {
		if !c.hold(filepath.Base(e.Name), e) {
			return l.pass()
		}
		found++
		if folder != "" {
			e.Name = below(folder, e.Name)
		}
		return errors.Join(l.add(e), l.pass())
	}}
	err = r.every(ctx, r.args.Words, &l.tally, func(path string) error { return w.at(path, c.depth) })
	if err = errors.Join(err, l.flush()); err != nil {
		return nil, err
	}
	l.done = found
	return nil, l.partial()
}

// conditions are what FIND asks of an entry.
type conditions struct {
	named       bool
	name        string // a pattern
	kind        codec.Kind
	sized       bool
	least, most int64 // bytes
	newer       time.Time
	depth       int
}

func conditionsOf(args codec.Args) (conditions, error) {
	c := conditions{most: math.MaxInt64, depth: math.MaxInt}
	c.name, c.named = args.Value("name")
	if kind, ok := args.Value("type"); ok {
		if len(kind) != 1 || !strings.Contains("fdl", kind) {
			return c, codec.Errorf(codec.BadRequest, "--type is f, d or l")
		}
		c.kind = codec.Kind(kind[0])
	}
	if depth, ok := args.Value("depth"); ok {
		n, ok := codec.ParseNumber(depth)
		if !ok {
			return c, codec.Errorf(codec.BadRequest, "--depth is a number")
		}
		c.depth = int(min(n, transfer.MaxDepth))
	}
	if newer, ok := args.Value("newer"); ok {
		var err error
		if c.newer, err = time.Parse(time.RFC3339Nano, newer); err != nil {
			return c, codec.Errorf(codec.BadRequest, "--newer is a time like 2026-11-22T12:00:00Z")
		}
	}
	if size, ok := args.Value("size"); ok && !c.size(size) {
		return c, codec.Errorf(codec.BadRequest, "--size is a number of bytes: 100, +100 for more, -100 for less")
	}
	return c, nil
}

func (c *conditions) size(text string) bool {
	c.sized = true
	n, ok := codec.ParseNumber(strings.TrimLeft(text, "+-"))
	switch strings.TrimRight(text, "0123456789") {
	case "":
		c.least, c.most = n, n
	case "+":
		c.least = min(n, math.MaxInt64-1) + 1
	case "-":
		c.most = n - 1
	default:
		return false
	}
	return ok
}

// hold says whether e, which is called base, is as was asked for.
func (c *conditions) hold(base string, e codec.Entry) bool {
	return (c.kind == 0 || e.Kind == c.kind) &&
		(!c.sized || e.Kind == codec.Regular && c.least <= e.Size && e.Size <= c.most) &&
		(c.newer.IsZero() || e.Time.After(c.newer)) &&
		(!c.named || codec.Match(c.name, base, foldNames))
}

func du(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	l := r.listing(ctx)
	var all usage
	err := r.every(ctx, r.args.Words, &l.tally, func(path string) error {
		var u usage
		w := walk{r: r, ctx: ctx, tally: &l.tally, visit: func(_ *os.Root, _ string, e codec.Entry) error {
			u.add(e)
			return nil
		}}
		if err := w.at(path, math.MaxInt); err != nil {
			return err
		}
		all = usage{all.files + u.files, all.folders + u.folders, all.bytes + u.bytes}
		return errors.Join(l.line(fmt.Sprintf("%d %d %d %s", u.bytes, u.files, u.folders, codec.Quote(codec.Lit(path)))), l.pass())
	})
	if err = errors.Join(err, l.flush()); err != nil {
		return nil, err
	}
	return all.pairs(), l.partial(all.pairs()...)
}

// A usage is how much there is.
type usage struct{ files, folders, bytes int64 }

func (u *usage) add(e codec.Entry) {
	if e.Kind == codec.Folder {
		u.folders++
		return
	}
	u.files++
	u.bytes += max(e.Size, int64(len(e.Target)))
}

func (u usage) pairs() codec.Pairs {
	return codec.Pairs{codec.PairOf("files", u.files), codec.PairOf("folders", u.folders), codec.PairOf("bytes", u.bytes)}
}

func hash(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	l := r.listing(ctx)
	buf := make([]byte, 256<<10)
	err := r.every(ctx, r.args.Words, &l.tally, func(path string) error {
		f, fi, err := r.regular(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if fi.Size() > int64(len(buf)) { // what is done need not wait for it
			err = l.flush()
		}
		sum := ""
		if err == nil {
			sum, err = sha256Of(ctx, f, buf)
		}
		if err != nil {
			return err
		}
		r.sum = "sha256=" + sum
		return errors.Join(l.line(sum+" "+codec.Quote(codec.Lit(path))), l.pass())
	})
	if l.done != 1 {
		r.sum = ""
	}
	if err = errors.Join(err, l.flush()); err != nil {
		return nil, err
	}
	return nil, l.partial()
}

// sha256Of hashes f to its end.
func sha256Of(ctx context.Context, f *os.File, buf []byte) (string, error) {
	defer interruptible(ctx, f)()
	return transfer.SHA256Of(ctx, f, buf)
}

func df(ctx context.Context, r *request) (codec.Pairs, error) {
	l := r.listing(ctx)
	add := func(v codec.Volume) error {
		v.Mount = r.disk.ours(v.Mount)
		return l.line(v.String())
	}
	words := r.args.Words
	if len(words) == 0 && r.server.Root != "" {
		words = codec.Lits("/") // of the others nothing is told
	}
	if len(words) == 0 {
		all, err := volumes(ctx)
		for _, v := range all {
			err = errors.Join(err, add(v))
		}
		return nil, errors.Join(err, l.flush())
	}
	err := r.each(ctx, words, func(path string) error {
		dir, real, err := r.folder(path)
		if errors.Is(err, &codec.Error{Code: codec.NotDirectory}) && !endsInSeparator(path) {
			var p spot
			p, err = r.follow(path)
			dir, real = p.dir, p.real
		}
		if err != nil {
			return err
		}
		defer dir.Close()
		v, err := volumeOf(dir, r.disk.real(real))
		if err != nil {
			return err
		}
		return add(v)
	})
	return nil, errors.Join(err, l.flush())
}
