package transfer

import (
	"time"

	"techsh/codec"
)

// Alike reports whether copying a over b would change nothing: both have the same kind,
// files have the same size and time, and links the same target.
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

// sameTime compares the times of files that may be on different file systems, some of
// which store times in steps of 100 ns, others in steps of 2 s, without fractions.
func sameTime(a, b time.Time) bool {
	d := a.Sub(b).Abs()
	if a.Nanosecond() == 0 || b.Nanosecond() == 0 {
		return d < 2*time.Second
	}
	return d < time.Microsecond
}
