package transfer

import (
	"time"

	"techsh/codec"
)

// Alike says whether copying one over the other would change nothing: they
// have one kind, and files the same size and time, links the same target.
func Alike(a, b codec.Entry) bool {
	switch {
	case a.Kind != b.Kind:
		return false
	case a.Kind == codec.Regular:
		return a.Size == b.Size && sameTime(a.Time, b.Time)
	case a.Kind == codec.Link:
		return a.Target == b.Target
	}
	return true
}

// sameTime knows that some file systems count in steps of 100 ns, and that
// one of two times without fractions may be from one that counts in 2 s.
func sameTime(a, b time.Time) bool {
	d := a.Sub(b).Abs()
	if a.Nanosecond() == 0 || b.Nanosecond() == 0 {
		return d < 2*time.Second
	}
	return d < time.Microsecond
}
