package remote

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"time"

	"github.com/kbinani/screenshot"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/codec/trust"
)

func screenRows() []row {
	return []row{
		{verb: "DISP", right: trust.Shot, long: []string{"displays"}, synopsis: "", line: "the displays, a DATA line each", run: listDisplays},
		{
			verb: "SHOT", right: trust.Shot, asks: true, long: []string{"screenshot"}, synopsis: "[-d N]", line: "a picture of a display, a PNG file: FILE, DATA…, SUM", run: shot,
			options: []codec.Option{{Short: 'd', Arg: "N", Line: "that display; 1 is the primary one"}},
		},
	}
}

const (
	maxPixels = 100 << 20
	maxShot   = 64 << 20 // bytes of a picture
	shotTime  = 15 * time.Second
)

// A grab is what a display showed, or why not.
type grab struct {
	displays []codec.Display
	picture  *image.RGBA
	err      error
}

func listDisplays(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	g, err := look(ctx, func(displays []codec.Display) grab { return grab{displays: displays} })
	if err != nil {
		return nil, err
	}
	for _, d := range g.displays {
		if err := r.text("%s", d); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func shot(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	number := int64(1)
	if d, ok := r.args.Value("d"); ok {
		if number, ok = codec.ParseNumber(d); !ok || number < 1 {
			return nil, &codec.Error{Code: codec.BadRequest, Name: d, Text: "displays are numbered from 1"}
		}
	}
	g, err := look(ctx, func(displays []codec.Display) grab {
		if number > int64(len(displays)) {
			return grab{err: &codec.Error{
				Code: codec.NoDisplay, Text: fmt.Sprintf("there is no display %d", number),
				Hint: fmt.Sprintf("there are displays 1 to %d", len(displays)),
			}}
		}
		d := displays[number-1]
		if err := atMost(d.Bounds.Dx()*d.Bounds.Dy(), maxPixels, "pixels"); err != nil {
			return grab{err: err}
		}
		picture, err := screenshot.CaptureRect(d.Bounds)
		switch {
		case err != nil:
			err = codec.Errorf(codec.NoDisplay, "the display went away: %v", err)
		case picture.Bounds().Size() != d.Bounds.Size():
			err = codec.Errorf(codec.Changed, "the display changed, try again")
		}
		return grab{displays[number-1 : number], picture, err}
	})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&b, g.picture); err != nil {
		return nil, err
	}
	if err := atMost(b.Len(), maxShot, "bytes"); err != nil {
		return nil, err
	}
	d := g.displays[0]
	s := transfer.Sender{To: r.Conn}
	err = s.File(ctx, codec.Entry{
		Kind: codec.Regular, Mode: 0o600, Size: int64(b.Len()), Time: time.Now(), Name: "shot.png",
		More: codec.Pairs{
			codec.PairOf("display", d.Number),
			{Key: "at", Value: fmt.Sprintf("%d,%d", d.Bounds.Min.X, d.Bounds.Min.Y)},
			{Key: "size", Value: fmt.Sprintf("%dx%d", d.Bounds.Dx(), d.Bounds.Dy())},
		},
	}, &b)
	return codec.Pairs{codec.PairOf("files", s.Files), codec.PairOf("bytes", s.Bytes)}, err
}

// atMost refuses a picture with too many of something.
func atMost(n, most int, what string) error {
	if n > most {
		return codec.Errorf(codec.TooBig, "a picture of %d %s, the most is %d", n, what, most)
	}
	return nil
}

// look asks the system for its displays and hands them to act. The system
// may not answer, while it asks the person at the screen, say; ctx and a
// limit in time end the wait, though not what waits inside the library.
func look(ctx context.Context, act func([]codec.Display) grab) (grab, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, shotTime, codec.Errorf(codec.Timeout, "the system did not let us look for %v", shotTime))
	defer cancel()
	done := make(chan grab, 1)
	go func() {
		defer func() { // not all of the library's ways recover
			if p := recover(); p != nil {
				done <- grab{err: fmt.Errorf("panic: %v", p)}
			}
		}()
		quietX11()
		displays, err := displays()
		if err != nil {
			done <- grab{err: err}
			return
		}
		done <- act(displays)
	}()
	select {
	case g := <-done:
		return g, g.err
	case <-ctx.Done():
		return grab{}, context.Cause(ctx)
	}
}

// displays asks twice: an X server that was just reset answers nonsense once.
func displays() ([]codec.Display, error) {
	for range 2 {
		var list []codec.Display
		n := screenshot.NumActiveDisplays()
		for i := range n {
			d := codec.Display{Number: i + 1, Bounds: screenshot.GetDisplayBounds(i)}
			if i == 0 {
				d.More = codec.Pairs{{Key: "primary", Value: "yes"}}
			}
			if !d.Bounds.Empty() {
				list = append(list, d)
			}
		}
		if n > 0 && len(list) == n {
			return list, nil
		}
	}
	e := codec.Errorf(codec.NoDisplay, "")
	e.Hint = noDisplayHint()
	return nil, e
}
