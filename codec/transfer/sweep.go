package transfer

import (
	"io/fs"
	"os"
	"time"
)

const (
	partLifetime = 7 * 24 * time.Hour
	maxSwept     = 4096 // names of a folder that are looked at
)

// A sweeper removes old parts from the folders that are landed in, once for
// each when they come one after the other.
type sweeper struct{ last fs.FileInfo }

// sweep removes the parts in dir that nobody has touched for a week. It is
// nobody's failure when it cannot.
func (s *sweeper) sweep(dir *os.Root) {
	d, err := dir.Open(".")
	if err != nil {
		return
	}
	defer d.Close()
	fi, err := d.Stat()
	if err != nil || s.last != nil && os.SameFile(s.last, fi) {
		return
	}
	s.last = fi
	const atOnce = 256
	for range maxSwept / atOnce {
		names, err := d.Readdirnames(atOnce)
		for _, name := range names {
			if IsPart(name) {
				sweepPart(dir, name)
			}
		}
		if err != nil {
			return
		}
	}
}

// sweepPart removes a part unless it is young, or somebody is writing it.
func sweepPart(dir *os.Root, name string) {
	fi, err := dir.Lstat(name)
	if err != nil || !fi.Mode().IsRegular() || time.Since(changeTime(fi)) < partLifetime {
		return
	}
	l := Landing{dir: dir, part: name}
	_ = l.removeOldPart()
}
