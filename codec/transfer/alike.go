package transfer

import (
	"slices"
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

// sameTime reports whether the times of two files are the same. The files may be on
// different file systems, some of which store times in steps of 100 ns, and others in
// steps of 2 s. A file system that cannot store a time may store its earliest or latest
// time instead; sameTime returns true for this difference too.
func sameTime(a, b time.Time) bool {
	if isClamped(a, b) || isClamped(b, a) {
		return true
	}
	d := a.Sub(b).Abs() // Sub returns at most 292 years
	if a.Nanosecond() == 0 || b.Nanosecond() == 0 {
		return d < 2*time.Second
	}
	return d < time.Microsecond
}

// isClamped reports whether c may be the time that a file system has stored instead of t:
// the earliest or latest time of the file system.
func isClamped(t, c time.Time) bool {
	// The times are in seconds since 1970.
	earliest := [...]int64{
		codec.OldestTime().Unix(),
		-11_644_473_600, // 1601: NTFS
		-9_223_372_037,  // 1677: 64 bits of nanoseconds, APFS
		-2_147_483_648,  // 1901: 32 bits, ext4, XFS
		-2_082_844_800,  // 1904: HFS+
		0,               // 1970: NFS 3
		315_532_800,     // 1980: FAT, exFAT
	}
	latest := [...]int64{
		2_147_483_647,  // 2038: 32 bits, ext3, XFS made before 2021
		2_212_122_495,  // 2040: HFS+
		4_294_967_295,  // 2106: NFS 3
		4_354_819_198,  // 2107: FAT
		4_354_819_199,  // 2107: exFAT
		9_223_372_036,  // 2262: 64 bits of nanoseconds, APFS
		15_032_385_535, // 2446: 34 bits, ext4
		16_299_260_424, // 2486: XFS
		codec.NewestTime().Unix(),
	}
	return t.Unix() < c.Unix() && slices.Contains(earliest[:], c.Unix()) ||
		t.Unix() > c.Unix() && slices.Contains(latest[:], c.Unix())
}
