package main

import (
	"image"
	"image/color"
	"math"
)

// A line is a stroke of the icon, in units of its width.
type line struct{ x1, y1, x2, y2 float64 }

// strokes returns the prompt >_.
func strokes() []line {
	return []line{{0.24, 0.30, 0.44, 0.50}, {0.44, 0.50, 0.24, 0.70}, {0.52, 0.70, 0.76, 0.70}}
}

const (
	thickness = 0.05 // half the thickness of a stroke
	corner    = 0.18 // the radius of the corners of the ground
	samples   = 8    // of a pixel, in each direction
)

// icon draws a prompt on a ground with round corners.
func icon(size int, ground, ink color.NRGBA) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			m.SetNRGBA(x, y, pixel(x, y, float64(size), ground, ink))
		}
	}
	return m
}

// pixel returns the colour of a pixel: the mean of its samples.
func pixel(x, y int, size float64, ground, ink color.NRGBA) color.NRGBA {
	var grounds, inks int
	for i := range samples * samples {
		u := (float64(x) + (float64(i%samples)+0.5)/samples) / size
		v := (float64(y) + (float64(i/samples)+0.5)/samples) / size
		switch {
		case isInk(u, v):
			inks++
		case isGround(u, v):
			grounds++
		}
	}
	all := grounds + inks
	if all == 0 {
		return color.NRGBA{}
	}
	mix := func(g, i uint8) uint8 { return uint8((int(g)*grounds + int(i)*inks) / all) }
	alpha := uint8(all * 255 / (samples * samples))
	return color.NRGBA{mix(ground.R, ink.R), mix(ground.G, ink.G), mix(ground.B, ink.B), alpha}
}

func isInk(u, v float64) bool {
	for _, l := range strokes() {
		dx, dy := l.x2-l.x1, l.y2-l.y1
		t := ((u-l.x1)*dx + (v-l.y1)*dy) / (dx*dx + dy*dy)
		t = math.Max(0, math.Min(1, t))
		if math.Hypot(u-l.x1-t*dx, v-l.y1-t*dy) < thickness {
			return true
		}
	}
	return false
}

func isGround(u, v float64) bool {
	inset := func(w float64) float64 { return math.Max(0, math.Abs(w-0.5)-(0.5-corner)) }
	return math.Hypot(inset(u), inset(v)) < corner
}
