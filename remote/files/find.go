package files

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"techsh/codec"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

func find(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	c, err := newConditions(r.Args)
	if err != nil {
		return nil, err
	}
	l := verb.NewLines(ctx, r)
	found := 0
	var w *disk.Walk
	w = newWalk(ctx, r, &l.Tally, func(in *os.Root, e disk.Entry) error {
		if !c.hold(filepath.Base(e.Name), e.Entry) {
			return l.Pass()
		}
		found++
		if in != nil {
			e.Name = w.Path(e.Name)
		}
		return errors.Join(l.Entry(e.Entry), l.Pass())
	})
	w.Follow, w.States, w.Sent = r.Args.Has("L"), r.Args.Has("state"), true
	err = r.Every(ctx, r.Args.Words, &l.Tally, func(path string) error { return w.At(path, c.depth) })
	if err = errors.Join(err, l.Flush()); err != nil {
		return nil, err
	}
	l.Done = found
	return nil, l.Partial()
}

// newWalk returns a walk that counts failures in t.
func newWalk(
	ctx context.Context, r *verb.Request, t *verb.Tally, visit func(in *os.Root, e disk.Entry) error,
) *disk.Walk {
	return &disk.Walk{
		View: r.View, Ctx: ctx, Visit: visit,
		Failed: func(path string, err error) error { return r.Count(ctx, t, false, path, err) },
	}
}

// conditions are the conditions of FIND that an entry must meet.
type conditions struct {
	named       bool
	name        string // a pattern
	kind        codec.Kind
	sized       bool
	least, most int64 // limits of the size in bytes
	newer       time.Time
	depth       int
}

func newConditions(args codec.Args) (conditions, error) {
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
		c.depth = int(min(n, math.MaxInt32))
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

// hold reports whether e meets the conditions. base is the last component of its name.
func (c *conditions) hold(base string, e codec.Entry) bool {
	return (c.kind == 0 || e.Kind == c.kind) &&
		(!c.sized || e.Kind == codec.Regular && c.least <= e.Size && e.Size <= c.most) &&
		(c.newer.IsZero() || e.Time.After(c.newer)) &&
		(!c.named || codec.Match(c.name, base, disk.FoldNames))
}
