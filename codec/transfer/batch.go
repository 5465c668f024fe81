package transfer

import (
	"os"
	"time"

	"techsh/codec"
)

// The files of a tree are flushed in batches, not one by one. They get their names only
// after the flush, so that a file under its own name is complete on disk. The next batch
// is received meanwhile. Even a small batch is flushed after batchDelay, so that few
// files are lost when the process is killed.

const (
	batchFiles   = 1000
	batchBytes   = 64 << 20
	batchFolders = 128 // open folders
	batchDelay   = 2 * time.Second
)

// A receivedFile is a file that has been received completely.
type receivedFile struct {
	landing *Landing
	entry   codec.Entry
	label   string
	size    int64
	bytes   int64 // of size, without the part that existed before
	sum     string
	err     error // the reason for which it was not placed
}

type batch struct {
	files  []receivedFile
	bytes  int64
	since  time.Time     // when its first file was added
	placed chan struct{} // closed when every file is placed or has its err
}

// addToBatch adds a file to the batch, and starts placing the batch if it is full.
func (r *Receiver) addToBatch(a receivedFile) error {
	l := a.landing
	if err := l.setAttributes(a.entry.Mode, a.entry.Time); err != nil {
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
	if r.tree.openHandles >= batchFolders {
		r.awaitBatch()
	}
	if len(b.files) >= batchFiles || b.bytes >= batchBytes || r.tree.openHandles >= batchFolders {
		r.startBatch()
	}
	return nil
}

// batchDue reports whether the batch has waited for batchDelay and the previous one is
// finished.
func (t *treeState) batchDue() bool {
	if len(t.batch.files) == 0 || time.Since(t.batch.since) < batchDelay {
		return false
	}
	select {
	case <-t.placing.placed:
		return true
	default:
		return t.placing.placed == nil
	}
}

// startBatch flushes and places the batch in another goroutine.
func (r *Receiver) startBatch() {
	r.awaitBatch()
	t := &r.tree
	t.batch, t.placing = batch{files: t.placing.files[:0]}, t.batch
	t.placing.placed = make(chan struct{})
	go t.placing.place()
}

// place flushes the disks of the files in b and places each file.
func (b *batch) place() {
	defer close(b.placed)
	flushed := map[uint64]error{}
	for i := range b.files {
		a := &b.files[i]
		f := a.landing.folder
		if _, done := flushed[f.disk]; !done {
			flushed[f.disk] = syncDisk(f.handle)
		}
		if a.err = flushed[f.disk]; a.err == nil {
			a.err = a.landing.place(f.handle)
		}
		if a.err != nil {
			_ = f.root.Remove(a.landing.part) // the error is reported by awaitBatch
		}
	}
}

// awaitBatch waits for the batch that is being placed and reports the result of each
// file.
func (r *Receiver) awaitBatch() {
	b := &r.tree.placing
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
		r.finishFolder(a.landing.folder)
	}
	clear(b.files)
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
