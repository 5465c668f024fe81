package remote

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"io"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/codec/trust"
	"techsh/remote/screen/picture"
)

func screenRows() []row {
	return []row{
		{verb: "DISP", right: trust.Shot, long: []string{"displays"}, synopsis: "", line: "the displays, a DATA line each", run: listDisplays},
		{
			verb: "SHOT", right: trust.Shot, asks: true, long: []string{"screenshot"},
			synopsis: "[-d N|all] [-r X,Y,WxH] [--format png|jpeg] [--quality Q] [--scale F] [--watch SECONDS [--changed] [-n N]]",
			line:     "a picture of a display, a PNG file: FILE, DATA…, SUM", run: shot,
			options: []codec.Option{
				{Short: 'd', Arg: "N", Line: "that display; 1 is the primary one, all are one picture"},
				{Short: 'r', Arg: "X,Y,WxH", Line: "that part of the picture, counted from its upper left corner"},
				{Long: "format", Arg: "png|jpeg", Line: "what kind of file"},
				{Long: "quality", Arg: "Q", Line: "of a jpeg, 1 to 100; else 85"},
				{Long: "scale", Arg: "F", Line: "smaller: 0.5 is half as wide and half as high"},
				{Long: "watch", Arg: "SECONDS", Line: "again and again, so often, until STOP"},
				{Long: "changed", Line: "of those only what differs from the one before"},
				{Short: 'n', Arg: "N", Line: "so many of them"},
			},
		},
	}
}

const (
	maxPixels = 100 << 20
	maxShot   = 64 << 20 // bytes of a picture
)

func listDisplays(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	return nil, r.server.cameras.use(func(c camera) error {
		list, err := look(ctx, c.displays)
		for _, d := range list {
			if err := r.text("%s", d); err != nil {
				return err
			}
		}
		return err
	})
}

func shot(ctx context.Context, r *request) (codec.Pairs, error) {
	w, err := r.wanted()
	if err != nil {
		return nil, err
	}
	s := &shooting{wanted: w, r: r, to: transfer.Sender{To: r.Conn}}
	err = r.server.cameras.use(func(c camera) error {
		if w.every == 0 {
			return s.shoot(ctx, c)
		}
		return s.watch(ctx, c)
	})
	return codec.Pairs{codec.PairOf("files", s.to.Files), codec.PairOf("bytes", s.to.Bytes)}, err
}

// A shooting is a call of SHOT.
type shooting struct {
	wanted
	r    *request
	to   transfer.Sender
	last *picture.Image  // that was looked at, with --watch
	at   image.Rectangle // on the desktop, where that was
}

// watch shoots again and again.
func (s *shooting) watch(ctx context.Context, c camera) error {
	defer func() { s.r.log.Info("has seen", "pictures", s.to.Files) }()
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		if err := s.shoot(ctx, c); err != nil {
			return err
		}
		if s.to.Files == s.pictures { // never 0: the first is always sent
			return nil
		}
		if err := s.r.Flush(); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if _, err := s.r.authorise(s.r.Call); err != nil {
			return err
		}
	}
}

// shoot takes one picture and sends it, unless it is not wanted because
// nothing has changed.
func (s *shooting) shoot(ctx context.Context, c camera) error {
	seen, err := look(ctx, func(ctx context.Context) (sight, error) { return s.see(ctx, c) })
	if err != nil {
		return err
	}
	if s.to.Files == 0 {
		said := []any{"display", seen.display}
		if s.every > 0 {
			said = append(said, "every", s.every)
		}
		s.r.log.Info("sees", said...)
	}
	changed, wanted := s.compare(seen)
	if !wanted {
		return nil
	}
	said := s.nothing(ctx, c, &seen)
	m := seen.picture
	if s.scale < 1 {
		m = m.Scale(picture.Scaled(m.Size, s.scale))
	}
	pairs := codec.Pairs{
		{Key: "display", Value: seen.display},
		{Key: "at", Value: fmt.Sprintf("%d,%d", seen.bounds.Min.X, seen.bounds.Min.Y)},
		{Key: "size", Value: fmt.Sprintf("%dx%d", m.Size.X, m.Size.Y)},
	}
	if m != seen.picture {
		pairs = append(pairs, codec.Pair{Key: "of", Value: fmt.Sprintf("%dx%d", seen.bounds.Dx(), seen.bounds.Dy())})
	}
	if changed != "" {
		pairs = append(pairs, codec.Pair{Key: "changed", Value: changed})
	}
	return s.send(ctx, m, append(pairs, said...))
}

// nothing returns what is said of a picture that shows nothing, and why it
// does, unless it is a part of a display, which may be plain: then all of that
// has to be black.
func (s *shooting) nothing(ctx context.Context, c camera, seen *sight) codec.Pairs {
	colour, ok := seen.picture.Uniform()
	if !ok {
		return nil
	}
	pairs := codec.Pairs{{Key: "uniform", Value: fmt.Sprintf("#%02x%02x%02x", colour.R, colour.G, colour.B)}}
	if !s.region.Empty() && colour != black() {
		return pairs
	}
	why, _ := look(ctx, func(ctx context.Context) (obstacle, error) { return c.obstacle(ctx), nil })
	if why.text == "" {
		return pairs
	}
	if !s.region.Empty() {
		seen.picture = seen.picture.Clone(nil) // it would not outlive another look
		if !s.dark(ctx, c) {
			return pairs
		}
	}
	return append(pairs, codec.Pair{Key: "reason", Value: why.text})
}

// dark says whether all is black of what the picture is a part of.
func (s *shooting) dark(ctx context.Context, c camera) bool {
	whole := &shooting{wanted: s.wanted}
	whole.region = image.Rectangle{}
	all, err := look(ctx, func(ctx context.Context) (sight, error) { return whole.see(ctx, c) })
	if err != nil {
		return false
	}
	colour, ok := all.picture.Uniform()
	return ok && colour == black()
}

func black() color.RGBA { return color.RGBA{A: 255} }

// A sight is what a camera shows of a view. The picture is good until it looks
// again.
type sight struct {
	view
	picture *picture.Image
}

// see looks at what is wanted.
func (s *shooting) see(ctx context.Context, c camera) (seen sight, err error) {
	list, err := c.displays(ctx)
	if err == nil {
		seen.view, err = s.view(list)
	}
	if err == nil {
		seen.picture, err = c.grab(ctx, seen.bounds)
	}
	return seen, err
}

// compare returns where on the desktop a picture differs from the one before,
// "" for the first, and whether it is wanted.
func (s *shooting) compare(seen sight) (changed string, wanted bool) {
	if s.every == 0 {
		return "", true
	}
	first := s.last == nil
	area := image.Rectangle{Max: seen.picture.Size}
	if !first && seen.bounds == s.at {
		area = picture.Difference(s.last, seen.picture)
	}
	if area.Empty() {
		return "none", !s.changed
	}
	s.last, s.at = seen.picture.Clone(s.last), seen.bounds
	if first {
		return "", true
	}
	return place(area.Add(seen.bounds.Min)), true
}

// send sends a picture while it is being encoded.
func (s *shooting) send(ctx context.Context, m *picture.Image, pairs codec.Pairs) error {
	e := codec.Entry{Kind: codec.Regular, Mode: 0o600, Size: codec.Unknown, Time: time.Now(), Name: "shot.png", More: pairs}
	encode := func(w io.Writer) error { return picture.PNG(w, m) }
	if s.jpeg {
		e.Name = "shot.jpg"
		encode = func(w io.Writer) error { return picture.JPEG(w, m, s.quality) }
	}
	out, in := io.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() {
		var err error
		defer func() { in.CloseWithError(err) }()
		defer s.r.recovered(&err)
		err = encode(&limited{Writer: in})
	})
	defer wg.Wait()
	defer out.Close()
	return s.to.File(ctx, e, out)
}

// A limited writer takes as much as a picture may have, and no more.
type limited struct {
	io.Writer
	size int
}

func (l *limited) Write(b []byte) (int, error) {
	l.size += len(b)
	if err := atMost(l.size, maxShot, "bytes"); err != nil {
		return 0, err
	}
	return l.Writer.Write(b)
}

// atMost refuses a picture with too many of something.
func atMost(n, most int, what string) error {
	if n > most {
		return codec.Errorf(codec.TooBig, "a picture of %d %s, the most is %d", n, what, most)
	}
	return nil
}
