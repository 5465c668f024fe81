package landing

import (
	"io/fs"
	"os"
	"time"
)

const (
	partLifetime = 7 * 24 * time.Hour
	maxSwept     = 4096 // the limit for the names that are read in each folder
)

// A sweeper removes old part files from the folders into which files are written. It
// skips the folder that it swept last.
type sweeper struct{ last fs.FileInfo }

// sweep removes the part files in dir that have not changed for partLifetime. It ignores
// errors.
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

// sweepPart removes a part file unless it is young or locked.
func sweepPart(dir *os.Root, name string) {
	fi, err := dir.Lstat(name)
	if err != nil || !fi.Mode().IsRegular() || time.Since(changeTime(fi)) < partLifetime {
		return
	}
	l := Landing{dir: dir, part: name}
	_ = l.removeOldPart()
}
