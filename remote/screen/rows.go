package screen

import (
	"strings"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

// Screen has the verbs of this package and the captures that they use. Each server has
// its own Screen.
type Screen struct{ captures capturePool }

// New returns the Screen of a new server.
func New() *Screen {
	turns := make(chan struct{}, maxLibraryCalls)
	return NewWith(func() Capture { return newCapture(screenshotCapture{turns}) })
}

// NewWith returns a Screen that gets its captures from the function open.
func NewWith(open func() Capture) *Screen { return &Screen{captures: capturePool{open: open}} }

// Close releases the captures.
func (s *Screen) Close() { s.captures.close() }

// Rows returns the verbs of this package.
func (s *Screen) Rows() verb.Table {
	return verb.Table{
		{
			Verb:  "DISP",
			Long:  []string{"displays"},
			Line:  "lists the displays, one in each DATA line",
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
				{Short: 'd', Arg: "N", Line: "display N; 1 is the primary one; all: all displays in one picture"},
				{Short: 'r', Arg: "X,Y,WxH", Line: "a part of the picture; 0,0 is its upper left corner"},
				{Long: "format", Arg: "png|jpeg", Line: "the format of the file"},
				{Long: "quality", Arg: "Q", Line: "of a jpeg, 1 to 100; by default 85"},
				{Long: "scale", Arg: "F", Line: "scales down: 0.5 is half as wide and half as high"},
				{Long: "watch", Arg: "SECONDS", Line: "repeats at this interval, until STOP"},
				{Long: "changed", Line: "with --watch, only pictures that differ from the one before"},
				{Short: 'n', Arg: "N", Line: "with --watch, at most N pictures"},
			},
			Right: trust.Shot,
			Plan:  planShot,
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
