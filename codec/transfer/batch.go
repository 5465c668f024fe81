package transfer

import (
	"os"
	"time"

	"techsh/codec"
)

// The files of a tree are not flushed one by one: a batch of them is flushed
// together, and then each gets its name. So a file that has its name is whole
// on disk, as one that comes alone is. Meanwhile the next batch comes. However
// slowly files come, none waits long for its name: who is killed keeps them.

const (
	batchFiles   = 1000
	batchBytes   = 64 << 20
	batchFolders = 128 // held open for it
	batchWait    = 2 * time.Second
)

// An arrival is a file that has come whole.
type arrival struct {
	landing *Landing
	entry   codec.Entry
	label   string
	size    int64
	bytes   int64 // of size, that came now
	sum     string
	err     error // why it is not in its place
}

type batch struct {
	files  []arrival
	bytes  int64
	since  time.Time     // that its first file waits
	placed chan struct{} // closed when each is in its place, or has its err
}

// pend lets a file wait for the flush of its batch.
func (r *Receiver) pend(a arrival) error {
	l := a.landing
	if err := l.dress(a.entry.Mode, a.entry.Time); err != nil {
		return err
	}
	if err := syncFile(l.f); err != nil {
		return err
	}
	if err := l.f.Close(); err != nil {
		return err
	}
	l.folder.waiting++
	b := &r.tree.batch
	if len(b.files) == 0 {
		b.since = time.Now()
	}
	b.files = append(b.files, a)
	b.bytes += a.size
	if r.tree.held >= batchFolders {
		r.settle()
	}
	if len(b.files) >= batchFiles || b.bytes >= batchBytes || r.tree.held >= batchFolders {
		r.flush()
	}
	return nil
}

// late says whether the batch has waited long, and nothing is in the way of its
// flush.
func (t *tree) late() bool {
	if len(t.batch.files) == 0 || time.Since(t.batch.since) < batchWait {
		return false
	}
	select {
	case <-t.going.placed:
		return true
	default:
		return t.going.placed == nil
	}
}

// flush has the batch flushed and its files placed, beside what comes next.
func (r *Receiver) flush() {
	r.settle()
	t := &r.tree
	t.batch, t.going = batch{files: t.going.files[:0]}, t.batch
	t.going.placed = make(chan struct{})
	go t.going.place()
}

// place flushes the disks that the files of b are on, and places each.
func (b *batch) place() {
	defer close(b.placed)
	flushed := map[uint64]error{}
	for i := range b.files {
		a := &b.files[i]
		f := a.landing.folder
		if _, done := flushed[f.disk]; !done {
			flushed[f.disk] = syncDisk(f.d)
		}
		if a.err = flushed[f.disk]; a.err == nil {
			a.err = a.landing.place(f.d)
		}
		if a.err != nil {
			_ = f.root.Remove(a.landing.part) // what failed is said
		}
	}
}

// settle waits for the batch that is being placed, and says what has become
// of its files.
func (r *Receiver) settle() {
	b := &r.tree.going
	if b.placed == nil {
		return
	}
	<-b.placed
	b.placed = nil
	for _, a := range b.files {
		if a.err == nil {
			r.landed(a)
		} else {
			r.Failed(a.label, a.err)
		}
		a.landing.folder.waiting--
		r.finish(a.landing.folder)
	}
	clear(b.files)
}

// disks are the file systems on which something has changed that no flush has
// reached yet, by an open folder of each.
type disks map[uint64]*os.File

const disksMost = 32

// add notes that of d, and owns it.
func (s *disks) add(id uint64, d *os.File) error {
	if (*s)[id] != nil {
		return d.Close()
	}
	if *s == nil {
		*s = disks{}
	}
	(*s)[id] = d
	if len(*s) < disksMost {
		return nil
	}
	return s.flush()
}

func (s *disks) flush() error {
	defer s.close()
	for _, d := range *s {
		if err := syncDisk(d); err != nil {
			return err
		}
	}
	return nil
}

func (s *disks) close() {
	for _, d := range *s {
		d.Close()
	}
	*s = nil
}
