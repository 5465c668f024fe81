package landing

import (
	"crypto/rand"
	"os"
	"time"
)

// The files of a Batch are flushed together, not one by one. They get their final names
// only after the flush, so that every file with its final name is complete on disk. The
// next files are received meanwhile. Even a few files are flushed after roundDelay, so
// that few files are lost when the process is killed.

const (
	roundFiles   = 1000
	roundBytes   = 64 << 20
	roundFolders = 128 // the limit for open folders
	roundDelay   = 2 * time.Second
)

// A Batch puts many files on disk: those of trees, and small ones outside of trees. Its
// methods are called by one goroutine at a time. Failed must be set.
type Batch struct {
	Failed func(name string, err error)          // called when a folder could not be completed
	Enter  func(dir *os.Root) error              // returns the reason not to enter a folder; may be nil
	Stays  func(dir *os.Root, name string) error // returns the reason not to replace a file by a link; may be nil

	standalone *Folder              // the folder of the last file outside of a tree
	open       map[*Folder]struct{} // the open folders
	next       round                // files that wait to be flushed
	placing    round                // the earlier files, which are being placed
	disks      dirtyDisks
	sweeper    sweeper
}

// A round has the files that are flushed together.
type round struct {
	files  []batchFile
	bytes  int64
	since  time.Time     // when its first file was added
	placed chan struct{} // closed when each file is placed or its err is set
}

// A batchFile is a file that has been written completely.
type batchFile struct {
	landing *Landing
	done    func(error)
	err     error // the reason for which it was not placed
}

// Begin is like the function Begin, but it does not sweep the same folder twice in a row,
// and t may be in a folder of a tree.
func (b *Batch) Begin(t Target) (*Landing, error) {
	if t.In == nil {
		return begin(t, &b.sweeper)
	}
	if err := CheckName(t.Name); err != nil {
		return nil, err
	}
	in := t.In
	if err := b.reopen(in); err != nil {
		return nil, err
	}
	l := &Landing{
		dir: in.root, name: t.Name, part: newPartName(), force: t.Force, umask: t.Umask,
		arrived: t.arrivals(), folder: in,
	}
	var err error
	if !in.made {
		if l.old, err = l.target(); err != nil {
			return nil, err
		}
	}
	l.f, err = createIn(in, l.part)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// BeginSmall is like Begin for a small file outside of a tree. There may be many of them,
// so they are flushed together as well.
func (b *Batch) BeginSmall(t Target) (*Landing, error) {
	if err := CheckName(t.Name); err != nil {
		t.Dir.Close()
		return nil, err
	}
	d, err := t.Dir.Open(".")
	if err != nil {
		t.Dir.Close()
		return nil, err
	}
	fi, err := d.Stat()
	if err != nil {
		d.Close()
		t.Dir.Close()
		return nil, err
	}
	if last := b.standalone; last != nil && os.SameFile(last.info, fi) {
		d.Close()
		t.Dir.Close()
	} else {
		f := &Folder{root: t.Dir, handle: d, info: fi, disk: deviceOf(fi)}
		b.keep(f)
		b.sweeper.sweep(f.root)
		b.leaveStandalone()
		b.standalone = f
	}
	t.In = b.standalone
	return b.Begin(t)
}

func (b *Batch) leaveStandalone() {
	if f := b.standalone; f != nil {
		b.standalone = nil
		b.Leave(f)
	}
}

// newPartName returns a random name for a part file.
func newPartName() string {
	var id [partIDSize]byte
	_, _ = rand.Read(id[:])
	return partNameOf(id[:])
}

// Commit is like Landing.Commit, but a small file, or a file in a folder of a tree, is
// placed later, together with others. If Commit returns nil, this or another method of b
// calls the function done once, with the result.
func (b *Batch) Commit(l *Landing, mode int, mtime time.Time, done func(error)) error {
	if l.folder == nil {
		err := l.Commit(mode, mtime)
		if err == nil {
			done(nil)
		}
		return err
	}
	if err := b.add(l, mode, mtime, done); err != nil {
		l.Abandon()
		return err
	}
	return nil
}

func (b *Batch) add(l *Landing, mode int, mtime time.Time, done func(error)) error {
	if err := l.setAttributes(l.folder.handle, mode, mtime); err != nil {
		return err
	}
	fi, err := l.f.Stat()
	if err != nil {
		return err
	}
	if err := syncFile(l.f); err != nil {
		return err
	}
	if err := l.f.Close(); err != nil {
		return err
	}
	l.f = nil // it has a long name, and many files wait
	l.folder.waiting++
	next := &b.next
	if len(next.files) == 0 {
		next.since = time.Now()
	}
	next.files = append(next.files, batchFile{landing: l, done: done})
	next.bytes += fi.Size()
	if len(b.open) >= roundFolders {
		b.await()
	}
	if len(next.files) >= roundFiles || next.bytes >= roundBytes || len(b.open) >= roundFolders {
		b.start()
	}
	return nil
}

// Tick places the waiting files when the first of them has waited for roundDelay, unless
// earlier files are still being placed. The caller calls it often.
func (b *Batch) Tick() {
	if len(b.next.files) == 0 || time.Since(b.next.since) < roundDelay {
		return
	}
	if b.placing.placed != nil {
		select {
		case <-b.placing.placed:
		default:
			return
		}
	}
	b.start()
}

// start flushes and places the files that wait, in another goroutine.
func (b *Batch) start() {
	b.await()
	b.next, b.placing = round{files: b.placing.files[:0]}, b.next
	b.placing.placed = make(chan struct{})
	go b.placing.place()
}

// place flushes the disks of the files in r and places each file.
func (r *round) place() {
	defer close(r.placed)
	flushed := map[uint64]error{}
	for i := range r.files {
		a := &r.files[i]
		f := a.landing.folder
		if _, done := flushed[f.disk]; !done {
			flushed[f.disk] = syncDisk(f.handle)
		}
		if a.err = flushed[f.disk]; a.err == nil {
			a.err = a.landing.place(f.handle)
		}
		if a.err != nil {
			_ = f.root.Remove(a.landing.part) // the error is reported by await
		}
	}
}

// await waits for the files that are being placed and reports the result of each.
func (b *Batch) await() {
	r := &b.placing
	if r.placed == nil {
		return
	}
	<-r.placed
	r.placed = nil
	for _, a := range r.files {
		a.done(a.err)
		a.landing.folder.waiting--
		b.finish(a.landing.folder)
	}
	clear(r.files)
}

// Flush flushes and places all files and sets the times of the folders that Leave has
// ended. It must be called at the end.
func (b *Batch) Flush() error {
	b.leaveStandalone()
	b.start()
	b.await()
	return b.disks.flush()
}

// Close waits for the files that are being placed, and discards those that still wait to
// be flushed.
func (b *Batch) Close() {
	b.await()
	for _, a := range b.next.files {
		_ = a.landing.folder.root.Remove(a.landing.part) // the result does not matter
	}
	b.next.files = nil
	for f := range b.open {
		b.close(f)
	}
	b.standalone = nil
	b.disks.close()
}

// dirtyDisks are the file systems with unflushed changes, each with an open folder on it.
type dirtyDisks map[uint64]*os.File

const maxDirtyDisks = 32

// add adds the file system of d, and takes ownership of d.
func (s *dirtyDisks) add(id uint64, d *os.File) error {
	if (*s)[id] != nil {
		return d.Close()
	}
	if *s == nil {
		*s = dirtyDisks{}
	}
	(*s)[id] = d
	if len(*s) < maxDirtyDisks {
		return nil
	}
	return s.flush()
}

func (s *dirtyDisks) flush() error {
	defer s.close()
	for _, d := range *s {
		if err := syncDisk(d); err != nil {
			return err
		}
	}
	return nil
}

func (s *dirtyDisks) close() {
	for _, d := range *s {
		d.Close()
	}
	*s = nil
}

// NewAsideName returns a random name, for a file that has no other name for a moment.
// Unlike a part file, a file with such a name is listed, and sweeping does not remove it.
func NewAsideName() string { return newPartName() + "-aside" }
