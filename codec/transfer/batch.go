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
	batchDelay   = 2 * time.Second
)

// An receivedFile is a file that has come whole.
type receivedFile struct {
	landing *Landing
	entry   codec.Entry
	label   string
	size    int64
	bytes   int64 // of size, that came now
	sum     string
	err     error // why it is not in its place
}

type batch struct {
	files  []receivedFile
	bytes  int64
	since  time.Time     // that its first file waits
	placed chan struct{} // closed when each is in its place, or has its err
}

// addToBatch lets a file wait for the flush of its batch.
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

// batchDue says whether the batch has waited long, and nothing is in the way of its
// flush.
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

// startBatch has the batch flushed and its files placed, beside what comes next.
func (r *Receiver) startBatch() {
	r.awaitBatch()
	t := &r.tree
	t.batch, t.placing = batch{files: t.placing.files[:0]}, t.batch
	t.placing.placed = make(chan struct{})
	go t.placing.place()
}

// place flushes the disks that the files of b are on, and places each.
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
			_ = f.root.Remove(a.landing.part) // what failed is said
		}
	}
}

// awaitBatch waits for the batch that is being placed, and says what has become
// of its files.
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

// dirtyDisks are the file systems on which something has changed that no flush has
// reached yet, by an open folder of each.
type dirtyDisks map[uint64]*os.File

const maxDirtyDisks = 32

// add notes that of d, and owns it.
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
