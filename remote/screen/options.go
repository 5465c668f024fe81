package screen

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"time"

	"techsh/codec"
	"techsh/remote/screen/picture"
	"techsh/remote/verb"
)

const (
	defaultQuality = 85
	minInterval    = 100 * time.Millisecond
	maxInterval    = 24 * time.Hour
)

// shotOptions are the options of a SHOT.
type shotOptions struct {
	display  int64           // 0 means all of them
	region   image.Rectangle // the part of the picture; empty means all of it
	jpeg     bool
	quality  int
	scale    float64       // at most 1
	every    time.Duration // 0 means only once
	changed  bool
	pictures int64 // 0 means no limit
}

// newShotOptions parses the options of a SHOT.
func newShotOptions(r *verb.Request) (o shotOptions, err error) {
	if err := r.Need(0, 0); err != nil {
		return o, err
	}
	o = shotOptions{display: 1, quality: defaultQuality, scale: 1, changed: r.Args.Has("changed")}
	for _, option := range []struct {
		key  string
		read func(string) bool
		text string
	}{
		{"d", o.readDisplay, "displays are numbered from 1, or all"},
		{
			"r", o.readRegion,
			"a part of a picture is X,Y,WxH, in pixels counted from its upper left corner, each 0 or more",
		},
		{"format", o.readFormat, "a picture is a png or a jpeg"},
		{"quality", o.readQuality, "the quality is 1 to 100, and of a jpeg"},
		{"scale", o.readScale, "the scale is above 0 and at most 1"},
		{"watch", o.readWatch, fmt.Sprintf("seconds, %v to %v", minInterval.Seconds(), maxInterval.Seconds())},
		{"n", o.readPictures, "a number of pictures, 1 or more"},
	} {
		if value, ok := r.Args.Value(option.key); ok && !option.read(value) {
			return o, &codec.Error{Code: codec.BadRequest, Name: value, Text: option.text}
		}
	}
	if o.every == 0 && (o.changed || o.pictures > 0) {
		return o, codec.Errorf(codec.BadRequest, "--changed and -n go with --watch")
	}
	return o, nil
}

func (o *shotOptions) readDisplay(s string) (ok bool) {
	if o.display = 0; s == "all" {
		return true
	}
	o.display, ok = codec.ParseNumber(s)
	return ok && o.display > 0
}

func (o *shotOptions) readRegion(s string) bool {
	var x, y, width, height int
	_, err := fmt.Sscanf(s, "%d,%d,%dx%d", &x, &y, &width, &height)
	const most = 1 << 20
	ok := err == nil && min(x, y) >= 0 && min(width, height) > 0 && max(x, y, width, height) < most
	o.region = image.Rect(x, y, x+width, y+height)
	return ok && s == formatRectangle(o.region)
}

func (o *shotOptions) readFormat(s string) bool {
	o.jpeg = s == "jpeg"
	return o.jpeg || s == "png"
}

func (o *shotOptions) readQuality(s string) bool {
	n, ok := codec.ParseNumber(s)
	o.quality = int(n)
	return ok && o.jpeg && n >= 1 && n <= 100
}

func (o *shotOptions) readScale(s string) (ok bool) {
	o.scale, ok = parseDecimal(s)
	return ok && o.scale > 0 && o.scale <= 1
}

func (o *shotOptions) readWatch(s string) bool {
	seconds, ok := parseDecimal(s)
	o.every = time.Duration(seconds * float64(time.Second))
	return ok && seconds <= maxInterval.Seconds() && o.every >= minInterval
}

func (o *shotOptions) readPictures(s string) (ok bool) {
	o.pictures, ok = codec.ParseNumber(s)
	return ok && o.pictures > 0
}

func parseDecimal(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// formatRectangle returns a rectangle as X,Y,WxH.
func formatRectangle(r image.Rectangle) string {
	return fmt.Sprintf("%d,%d,%dx%d", r.Min.X, r.Min.Y, r.Dx(), r.Dy())
}

// An area is the part of the desktop that a picture shows.
type area struct {
	display string // its number, or "all"
	bounds  image.Rectangle
}

// find returns the area that the options select among displays.
func (o *shotOptions) find(displays []codec.Display) (a area, err error) {
	switch {
	case o.display == 0:
		a.display = "all"
		for _, d := range displays {
			a.bounds = a.bounds.Union(d.Bounds)
		}
	case o.display > int64(len(displays)):
		return a, &codec.Error{
			Code: codec.NoDisplay, Text: fmt.Sprintf("there is no display %d", o.display),
			Hint: fmt.Sprintf("there are displays 1 to %d", len(displays)),
		}
	default:
		a.display, a.bounds = strconv.FormatInt(o.display, 10), displays[o.display-1].Bounds
	}
	if !o.region.Empty() {
		part := o.region.Add(a.bounds.Min)
		if !part.In(a.bounds) {
			return a, codec.Errorf(codec.BadRequest, "%s is not in the picture, which is %dx%d",
				formatRectangle(o.region), a.bounds.Dx(), a.bounds.Dy())
		}
		a.bounds = part
	}
	if err := atMost(a.bounds.Dx()*a.bounds.Dy(), maxPixels, "pixels"); err != nil {
		return a, err
	}
	if size := picture.Scaled(a.bounds.Size(), o.scale); o.jpeg && max(size.X, size.Y) > picture.MaxJPEG {
		return a, codec.Errorf(codec.TooBig, "a jpeg cannot be %dx%d", size.X, size.Y)
	}
	return a, nil
}
