package transfer

import (
	"os"

	"techsh/codec"
)

// The files of a tree are not flushed one by one: a batch of them is flushed
// together, and then each gets its name. So a file that has its name is whole
// on disk, as one that comes alone is.

const (
	batchFiles   = 1000
	batchBytes   = 64 << 20
	batchFolders = 128 // held open for it
)

// An arrival is a file that has come whole.
type arrival struct {
	landing *Landing
	entry   codec.Entry
	label   string
	size    int64
	bytes   int64 // of size, that came now
	sum     string
}

type batch struct {
	files []arrival
	bytes int64
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
	b.files = append(b.files, a)
	b.bytes += a.size
	if len(b.files) >= batchFiles || b.bytes >= batchBytes || r.tree.held >= batchFolders {
		r.flush()
	}
	return nil
}

// flush flushes the batch and places its files.
func (r *Receiver) flush() {
	files := r.tree.batch.files
	r.tree.batch = batch{files: files[:0]}
	flushed := map[uint64]error{}
	for _, a := range files {
		f := a.landing.folder
		if _, done := flushed[f.disk]; !done {
			flushed[f.disk] = syncDisk(f.d)
		}
	}
	for _, a := range files {
		f := a.landing.folder
		err := flushed[f.disk]
		if err == nil {
			err = a.landing.place(f.d)
		}
		if err == nil {
			r.landed(a)
		} else {
			_ = f.root.Remove(a.landing.part) // what failed is said
			r.Failed(a.label, err)
		}
		f.waiting--
		r.finish(f)
	}
	clear(files)
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
