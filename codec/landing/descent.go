package landing

import (
	"bytes"
	"errors"
	"io"
	"os"

	"techsh/codec"
)

const (
	keptFolders  = 16       // this many of the last folders of a Descent stay open, and some above them
	laterAtOnce  = 64 << 10 // the size in bytes of the names that are collected before folders are entered
	maxLater     = 8 << 20  // the limit in bytes for all collected names
	unreadAtOnce = 8        // the number of folders that may be left half read while others are entered
)

// A Descent visits a tree: depth first, and the folders in a folder after some or all of
// its other entries. Few folders are open at a time, whatever the depth. A folder that
// was closed is opened again when the Descent comes back to it. If that fails, or if
// another folder has taken its name, the Descent continues in the folder above.
type Descent struct {
	// Open opens the folder called name in dir. If Open is nil, links are not followed.
	// The parameter again is true if the folder was open before.
	Open func(dir *os.Root, name string, again bool) (*os.Root, error)
	// Enter is called for each folder before its entries are read. name is "." for the
	// first one.
	Enter func(name string, dir *os.Root, f *os.File) error
	// Read handles some entries of a folder, which is open as dir and f, and calls Later
	// for the folders among them. At the end it returns io.EOF.
	Read func(dir *os.Root, f *os.File) error
	// Leave is called when a folder for which Enter has returned nil is finished, but not
	// for the first folder. err is nil if everything in the folder was handled, and
	// otherwise the reason why not. dir is the folder around it, or nil if err is not
	// nil. If Leave returns an error, the Descent ends.
	Leave func(name string, dir *os.Root, err error) error
	// Whole means that no folder is entered before the folder around it was read to the
	// end.
	Whole bool
	// Failed is called for each folder that cannot be entered. If Failed returns an
	// error, the Descent ends.
	Failed func(name string, err error) error

	levels []level
	step   int // every step-th of the folders above the last ones stays open
	later  int // the size of all collected names, in bytes
	unread int // the number of folders that are not read to the end
}

// A level is a folder that the Descent is in.
type level struct {
	name  string
	id    string
	dir   *os.Root // nil if it is closed
	f     *os.File // nil if nothing more is read from the folder
	later []byte   // the names of the folders to enter, each with a NUL
	err   error    // the reason why not everything in the folder is visited, or nil
}

// Walk visits the folder that is open as top, and everything below it. It returns the
// error of the top folder, or the error that has ended the Descent.
func (d *Descent) Walk(top *os.Root) error {
	if d.Open == nil {
		d.Open = openFolder
	}
	d.step = keptFolders
	defer d.close()
	top, err := top.OpenRoot(".")
	if err != nil {
		return err
	}
	if err := d.enter(".", top); err != nil {
		return err
	}
	for {
		l := &d.levels[len(d.levels)-1]
		switch {
		case len(l.later) > 0:
			err = d.down(d.takeLater(l))
		case l.f != nil:
			d.read(l)
		case len(d.levels) == 1:
			return l.err
		default:
			name, failed := l.name, l.err
			d.closeLevel(l)
			d.levels = d.levels[:len(d.levels)-1]
			dir := d.dir()
			if failed == nil && dir == nil {
				failed = d.levels[len(d.levels)-1].err
			}
			if failed != nil {
				dir = nil
			}
			err = d.Leave(name, dir, failed)
		}
		if err != nil {
			return err
		}
	}
}

// Later adds a folder in the current folder to the folders that will be entered.
func (d *Descent) Later(name string) {
	l := &d.levels[len(d.levels)-1]
	if d.later > maxLater {
		l.err = codec.Errorf(codec.TooBig, "the names of the folders in it take more than %d bytes", maxLater)
		return
	}
	l.later = append(append(l.later, name...), 0)
	d.later += len(name) + 1
}

func (d *Descent) takeLater(l *level) string {
	rest := l.later[:len(l.later)-1]
	name := string(rest[bytes.LastIndexByte(rest, 0)+1:])
	l.later = rest[:len(rest)-len(name)]
	d.later -= len(name) + 1
	return name
}

func openFolder(dir *os.Root, name string, _ bool) (*os.Root, error) {
	fi, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	return OpenFolder(dir, name, fi)
}

// down enters a folder in the current folder.
func (d *Descent) down(name string) error {
	dir := d.dir()
	if dir == nil {
		return nil
	}
	sub, err := d.Open(dir, name, false)
	if err == nil {
		err = d.enter(name, sub)
	}
	if err != nil {
		return d.Failed(name, err)
	}
	return nil
}

// enter adds the open folder sub to the levels.
func (d *Descent) enter(name string, sub *os.Root) error {
	l := level{name: name, dir: sub}
	var err error
	if l.id, err = fileID(sub, "."); err == nil {
		l.f, err = sub.Open(".")
	}
	if err == nil {
		err = d.Enter(name, sub, l.f)
	}
	if err != nil {
		l.close()
		return err
	}
	d.unread++
	d.levels = append(d.levels, l)
	d.thin(len(d.levels) - 1 - keptFolders)
	return nil
}

// keeps reports whether the folder of a level stays open while the Descent is far below.
func (d *Descent) keeps(i int) bool { return i%d.step == 0 }

// thin closes the folder of level i unless keeps(i) is true. If too many folders would
// stay open, thin first doubles step and closes the folders for which keeps has become
// false.
func (d *Descent) thin(i int) {
	if i > d.step*keptFolders {
		d.step *= 2
		for j := d.step / 2; j < i; j += d.step {
			d.levels[j].closeDir()
		}
	}
	if i > 0 && !d.keeps(i) {
		d.levels[i].closeDir()
	}
}

// dir returns the current folder, which it may have to open again. If that fails, nothing
// more in the folder is visited, and dir returns nil.
func (d *Descent) dir() *os.Root {
	last := len(d.levels) - 1
	i := last
	for d.levels[i].dir == nil {
		i--
	}
	for ; i < last; i++ {
		next := &d.levels[i+1]
		var err error
		next.dir, err = d.Open(d.levels[i].dir, next.name, true)
		if err == nil {
			var id string
			if id, err = fileID(next.dir, "."); err == nil && id != next.id {
				err = codec.Errorf(codec.Changed, "it was replaced")
			}
		}
		if i > 0 && i <= last-keptFolders && !d.keeps(i) {
			d.levels[i].closeDir()
		}
		if err != nil {
			next.closeDir()
			d.fail(&d.levels[last], err)
			return nil
		}
	}
	return d.levels[last].dir
}

// read reads the current folder until there are enough folders to enter.
func (d *Descent) read(l *level) {
	for dir := d.dir(); dir != nil; {
		err := d.Read(dir, l.f)
		if err != nil {
			d.closeFile(l)
			if !errors.Is(err, io.EOF) {
				l.err = err
			}
			return
		}
		if !d.Whole && len(l.later) >= laterAtOnce && d.unread <= unreadAtOnce {
			return
		}
	}
}

// fail gives up the rest of a folder.
func (d *Descent) fail(l *level, err error) {
	d.later -= len(l.later)
	l.later, l.err = nil, err
	d.closeFile(l)
}

func (d *Descent) closeFile(l *level) {
	if l.f != nil {
		l.f.Close()
		l.f = nil
		d.unread--
	}
}

func (d *Descent) closeLevel(l *level) {
	d.closeFile(l)
	l.closeDir()
}

func (l *level) closeDir() {
	if l.dir != nil {
		l.dir.Close()
		l.dir = nil
	}
}

func (l *level) close() {
	if l.f != nil {
		l.f.Close()
	}
	l.closeDir()
}

func (d *Descent) close() {
	for i := range d.levels {
		d.levels[i].close()
	}
	d.levels = nil
}
