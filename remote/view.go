package remote

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"time"

	"techsh/codec"
	"techsh/remote/screen/picture"
)

const (
	defaultQuality = 85
	minEvery       = 100 * time.Millisecond
	maxEvery       = 24 * time.Hour
)

// wanted is what SHOT is asked for.
type wanted struct {
	display  int64           // 0 is all of them
	region   image.Rectangle // of the picture; empty is all of it
	jpeg     bool
	quality  int
	scale    float64       // at most 1
	every    time.Duration // 0 is once
	changed  bool
	pictures int64 // 0 is no limit
}

// wanted reads the options of a SHOT.
func (r *request) wanted() (w wanted, err error) {
	if err := r.need(0, 0); err != nil {
		return w, err
	}
	w = wanted{display: 1, quality: defaultQuality, scale: 1, changed: r.args.Has("changed")}
	for _, option := range []struct {
		key  string
		read func(string) bool
		text string
	}{
		{"d", w.readDisplay, "displays are numbered from 1, or all"},
		{"r", w.readRegion, "a part of a picture is X,Y,WxH, in pixels counted from its upper left corner, each 0 or more"},
		{"format", w.readFormat, "a picture is a png or a jpeg"},
		{"quality", w.readQuality, "the quality is 1 to 100, and of a jpeg"},
		{"scale", w.readScale, "the scale is above 0 and at most 1"},
		{"watch", w.readWatch, fmt.Sprintf("seconds, %v to %v", minEvery.Seconds(), maxEvery.Seconds())},
		{"n", w.readPictures, "how many pictures: 1 or more"},
	} {
		if value, ok := r.args.Value(option.key); ok && !option.read(value) {
			return w, &codec.Error{Code: codec.BadRequest, Name: value, Text: option.text}
		}
	}
	if w.every == 0 && (w.changed || w.pictures > 0) {
		return w, codec.Errorf(codec.BadRequest, "--changed and -n go with --watch")
	}
	return w, nil
}

func (w *wanted) readDisplay(s string) (ok bool) {
	if w.display = 0; s == "all" {
		return true
	}
	w.display, ok = codec.ParseNumber(s)
	return ok && w.display > 0
}

func (w *wanted) readRegion(s string) bool {
	var x, y, width, height int
	_, err := fmt.Sscanf(s, "%d,%d,%dx%d", &x, &y, &width, &height)
	const far = 1 << 20
	ok := err == nil && x >= 0 && y >= 0 && x < far && y < far && width > 0 && height > 0 && width < far && height < far
	w.region = image.Rect(x, y, x+width, y+height)
	return ok && s == place(w.region)
}

func (w *wanted) readFormat(s string) bool {
	w.jpeg = s == "jpeg"
	return w.jpeg || s == "png"
}

func (w *wanted) readQuality(s string) bool {
	n, ok := codec.ParseNumber(s)
	w.quality = int(n)
	return ok && w.jpeg && n >= 1 && n <= 100
}

func (w *wanted) readScale(s string) (ok bool) {
	w.scale, ok = parseDecimal(s)
	return ok && w.scale > 0 && w.scale <= 1
}

func (w *wanted) readWatch(s string) bool {
	seconds, ok := parseDecimal(s)
	w.every = time.Duration(seconds * float64(time.Second))
	return ok && seconds <= maxEvery.Seconds() && w.every >= minEvery
}

func (w *wanted) readPictures(s string) (ok bool) {
	w.pictures, ok = codec.ParseNumber(s)
	return ok && w.pictures > 0
}

func parseDecimal(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// place spells a rectangle.
func place(r image.Rectangle) string {
	return fmt.Sprintf("%d,%d,%dx%d", r.Min.X, r.Min.Y, r.Dx(), r.Dy())
}

// A view is what is in a picture.
type view struct {
	display string // its number, or all
	bounds  image.Rectangle
}

// view finds what is wanted among the displays that there are.
func (w *wanted) view(displays []codec.Display) (v view, err error) {
	switch {
	case w.display == 0:
		v.display = "all"
		for _, d := range displays {
			v.bounds = v.bounds.Union(d.Bounds)
		}
	case w.display > int64(len(displays)):
		return v, &codec.Error{
			Code: codec.NoDisplay, Text: fmt.Sprintf("there is no display %d", w.display),
			Hint: fmt.Sprintf("there are displays 1 to %d", len(displays)),
		}
	default:
		v.display, v.bounds = strconv.FormatInt(w.display, 10), displays[w.display-1].Bounds
	}
	if !w.region.Empty() {
		part := w.region.Add(v.bounds.Min)
		if !part.In(v.bounds) {
			return v, codec.Errorf(codec.BadRequest, "%s is not in the picture, which is %dx%d", place(w.region), v.bounds.Dx(), v.bounds.Dy())
		}
		v.bounds = part
	}
	if err := atMost(v.bounds.Dx()*v.bounds.Dy(), maxPixels, "pixels"); err != nil {
		return v, err
	}
	if size := picture.Scaled(v.bounds.Size(), w.scale); w.jpeg && max(size.X, size.Y) > picture.MaxJPEG {
		return v, codec.Errorf(codec.TooBig, "no jpeg is %dx%d", size.X, size.Y)
	}
	return v, nil
}
