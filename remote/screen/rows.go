package screen

import (
	"strings"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

// Screen is what the room remembers of one server: a capture that is kept ready.
type Screen struct{ captures capturePool }

// New returns the memory of a new server.
func New() *Screen {
	turns := make(chan struct{}, maxLibraryCalls)
	return NewWith(func() Capture { return newCapture(screenshotCapture{turns}) })
}

// NewWith returns a room that looks at the displays through captures that open
// makes.
func NewWith(open func() Capture) *Screen { return &Screen{captures: capturePool{open: open}} }

// Close lets go of what is kept ready.
func (s *Screen) Close() { s.captures.close() }

// Rows returns the verbs of the room.
func (s *Screen) Rows() verb.Table {
	return verb.Table{
		{
			Verb:  "DISP",
			Long:  []string{"displays"},
			Line:  "lists the displays, a DATA line each",
			Right: trust.Shot,
			Run:   s.list,
		},
		{
			Verb: "SHOT",
			Long: []string{"screenshot"},
			Synopsis: "[-d N|all] [-r X,Y,WxH] [--format png|jpeg] [--quality Q] [--scale F] " +
				"[--watch SECONDS [--changed] [-n N]]",
			Line: "sends a picture of a display, a PNG file: FILE, DATA…, SUM",
			Options: []codec.Option{
				{Short: 'd', Arg: "N", Line: "that display; 1 is the primary one, all are one picture"},
				{Short: 'r', Arg: "X,Y,WxH", Line: "that part of the picture, counted from its upper left corner"},
				{Long: "format", Arg: "png|jpeg", Line: "the kind of file"},
				{Long: "quality", Arg: "Q", Line: "of a jpeg, 1 to 100; else 85"},
				{Long: "scale", Arg: "F", Line: "smaller: 0.5 is half as wide and half as high"},
				{Long: "watch", Arg: "SECONDS", Line: "again and again at that interval, until STOP"},
				{Long: "changed", Line: "of those only pictures that differ from the one before"},
				{Short: 'n', Arg: "N", Line: "only N of them"},
			},
			Right: trust.Shot,
			Asks:  true,
			Hand: `  Type
    shot
  FILE says what it shows, each DATA is some of a PNG. Of display 2, half as wide
  and high:
    shot -d 2 --scale 0.5
` + strings.Replace(verb.KeepByHand, "%s", "shot", 1),
			Run: s.shot,
		},
	}
}
