package screen

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
	"techsh/remote/screen/picture"
	"techsh/remote/verb"
)

const (
	maxPixels = 100 << 20
	maxShot   = 64 << 20 // limit in bytes of an encoded picture
)

// list answers DISP.
func (s *Screen) list(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(0, 0); err != nil {
		return nil, err
	}
	return nil, s.captures.use(func(c Capture) error {
		list, err := look(ctx, c.Displays)
		for _, d := range list {
			if err := r.Text("%s", d); err != nil {
				return err
			}
		}
		return err
	})
}

// shot answers SHOT.
func (s *Screen) shot(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	o, err := newShotOptions(r)
	if err != nil {
		return nil, err
	}
	run := &shotRun{shotOptions: o, r: r, to: transfer.Sender{To: r.Call.Conn}}
	err = s.captures.use(func(c Capture) error {
		if o.every == 0 {
			return run.shoot(ctx, c)
		}
		return run.watch(ctx, c)
	})
	return codec.Pairs{codec.PairOf("files", run.to.Files), codec.PairOf("bytes", run.to.Bytes)}, err
}

// A shotRun is a running SHOT.
type shotRun struct {
	shotOptions
	r    *verb.Request
	to   transfer.Sender
	last *picture.Image  // the last picture, with which --watch compares the next
	at   image.Rectangle // the position of the last picture on the desktop
}

// watch takes pictures until it is stopped or the peer loses the right to them.
func (s *shotRun) watch(ctx context.Context, c Capture) error {
	defer func() { s.r.Log.Info("has seen", "pictures", s.to.Files) }()
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		if err := s.shoot(ctx, c); err != nil {
			return err
		}
		if s.to.Files == s.pictures { // Files is not 0, because the first picture is always sent
			return nil
		}
		if err := s.r.Call.Flush(); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := s.r.May(s.r.Row.Right); err != nil {
			return err
		}
	}
}

// shoot takes one picture and sends it, unless only changes are wanted and nothing
// has changed.
func (s *shotRun) shoot(ctx context.Context, c Capture) error {
	seen, err := look(ctx, func(ctx context.Context) (shown, error) { return s.see(ctx, c) })
	if err != nil {
		return err
	}
	if s.to.Files == 0 {
		attrs := []any{"display", seen.display}
		if s.every > 0 {
			attrs = append(attrs, "every", s.every)
		}
		s.r.Log.Info("sees", attrs...)
	}
	changed, wanted := s.compare(seen)
	if !wanted {
		return nil
	}
	about := s.explainUniform(ctx, c, &seen)
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
		of := fmt.Sprintf("%dx%d", seen.bounds.Dx(), seen.bounds.Dy())
		pairs = append(pairs, codec.Pair{Key: "of", Value: of})
	}
	if changed != "" {
		pairs = append(pairs, codec.Pair{Key: "changed", Value: changed})
	}
	return s.send(ctx, m, append(pairs, about...))
}

// explainUniform returns the pairs for a picture of a single colour. If there is an
// obstacle, the pairs include the reason. For a picture of a part of a display, they
// include the reason only if the whole display is black, because a part may well have a
// single colour.
func (s *shotRun) explainUniform(ctx context.Context, c Capture, seen *shown) codec.Pairs {
	colour, ok := seen.picture.Uniform()
	if !ok {
		return nil
	}
	pairs := codec.Pairs{{Key: "uniform", Value: fmt.Sprintf("#%02x%02x%02x", colour.R, colour.G, colour.B)}}
	if !s.region.Empty() && colour != black() {
		return pairs
	}
	why, _ := look(ctx, func(ctx context.Context) (Obstacle, error) { return c.Obstacle(ctx), nil })
	if why.Text == "" {
		return pairs
	}
	if !s.region.Empty() {
		seen.picture = seen.picture.Clone(nil) // the next Grab overwrites it
		if !s.displayIsBlack(ctx, c) {
			return pairs
		}
	}
	return append(pairs, codec.Pair{Key: "reason", Value: why.Text})
}

// displayIsBlack captures the whole display, without the region, and reports whether the
// display is black.
func (s *shotRun) displayIsBlack(ctx context.Context, c Capture) bool {
	whole := &shotRun{shotOptions: s.shotOptions}
	whole.region = image.Rectangle{}
	all, err := look(ctx, func(ctx context.Context) (shown, error) { return whole.see(ctx, c) })
	if err != nil {
		return false
	}
	colour, ok := all.picture.Uniform()
	return ok && colour == black()
}

func black() color.RGBA { return color.RGBA{A: 255} }

// shown is an area and its picture, which is valid until the next Grab.
type shown struct {
	area
	picture *picture.Image
}

// see captures the area that the options select.
func (s *shotRun) see(ctx context.Context, c Capture) (seen shown, err error) {
	list, err := c.Displays(ctx)
	if err == nil {
		seen.area, err = s.find(list)
	}
	if err == nil {
		seen.picture, err = c.Grab(ctx, seen.bounds)
	}
	return seen, err
}

// compare compares a picture with the one before. changed is the part of the desktop that
// differs, "none", or "" for the first picture. wanted reports whether the picture should
// be sent.
func (s *shotRun) compare(seen shown) (changed string, wanted bool) {
	if s.every == 0 {
		return "", true
	}
	first := s.last == nil
	difference := image.Rectangle{Max: seen.picture.Size}
	if !first && seen.bounds == s.at {
		difference = picture.Difference(s.last, seen.picture)
	}
	if difference.Empty() {
		return "none", !s.changed
	}
	s.last, s.at = seen.picture.Clone(s.last), seen.bounds
	if first {
		return "", true
	}
	return formatRectangle(difference.Add(seen.bounds.Min)), true
}

// send sends a picture while it is being encoded.
func (s *shotRun) send(ctx context.Context, m *picture.Image, pairs codec.Pairs) error {
	e := codec.Entry{
		Kind: codec.Regular, Mode: 0o600, Size: codec.Unknown, Time: time.Now(), Name: "shot.png", More: pairs,
	}
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
		defer s.r.Recover(&err)
		err = encode(&limitedWriter{Writer: in})
	})
	defer wg.Wait()
	defer out.Close()
	return s.to.File(ctx, e, out)
}

// A limitedWriter refuses more bytes than a picture may have.
type limitedWriter struct {
	io.Writer
	size int
}

func (l *limitedWriter) Write(b []byte) (int, error) {
	l.size += len(b)
	if err := atMost(l.size, maxShot, "bytes"); err != nil {
		return 0, err
	}
	return l.Writer.Write(b)
}

// atMost returns an error if n exceeds most. n is a number of pixels or bytes of a
// picture, and the parameter what is the name of the unit.
func atMost(n, most int, what string) error {
	if n > most {
		return codec.Errorf(codec.TooBig, "a picture of %d %s, the limit is %d", n, what, most)
	}
	return nil
}
