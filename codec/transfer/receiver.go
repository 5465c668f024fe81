package transfer

import (
	"io"
	"os"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
)

// setIDBits are the setuid and setgid bits. They are refused, because they would give the
// rights of the receiving user to anyone who runs the file.
const setIDBits = 0o6000

// resumableSize is the smallest size of a file that is worth resuming.
const resumableSize = 1 << 20

// A Receiver writes the files of one stream to disk. Its methods are called by one
// goroutine at a time. Choose and Failed must be set.
//
// If Trees is set, the contents of a folder go where Choose has put the folder, and are
// on disk only after Flush. An existing folder is used and keeps its mode.
type Receiver struct {
	// returns the target of a file, or the reason to refuse it; in a tree, called for the
	// top only
	Choose func(codec.Entry) (landing.Target, error)
	Failed func(name string, err error) // called when one file has failed; the others continue
	// called when the sender could not send a whole file; the sender itself reports the
	// error; may be nil
	Unsent   func(name string, err error)
	Changed  func(name string, c landing.Change) // called if the file has changed, but not the sent bytes; may be nil
	Landed   func(e codec.Entry, size int64)     // called when a file is complete and placed; may be nil
	Progress func(n int64)                       // called for n more bytes; may be nil
	// exchanges the last body for another buffer, see codec.Conn; may be nil
	Keep    func(spare []byte)
	Trees   bool                         // folders and links may come
	Summed  bool                         // refuses SUM none, which is for streams typed by hand
	SHA256  bool                         // refuses a SUM without sha256
	Enter   func(dir *os.Root) error     // returns the reason not to enter a folder; may be nil
	Stays   func(*os.Root, string) error // returns the reason not to replace a file by a link; may be nil
	Files   int64                        // completed
	Folders int64                        // made or entered
	Links   int64                        // made
	Bytes   int64                        // received, of completed files
	Sum     string                       // the checksums of the last file, in the form of SUM

	inFile   bool // between FILE and SUM
	entry    codec.Entry
	label    string // the name of the entry in errors
	landing  *landing.Landing
	writer   io.Writer // nil if the bytes are dropped
	received int64     // bytes of the file, including those that existed before
	sums     landing.Sums
	entered  []*enteredFolder  // the folders that contain the current position, each inside the one before
	at       string            // the path of the last of these folders
	topLabel string            // the name that errors use for the first of these folders
	tops     *landing.Arrivals // what came outside of trees; nil if nothing came yet
	batch    *landing.Batch    // nil if nothing came yet
}

// Take handles one frame of the stream: FILE, DATA or SUM. An error means that the
// stream is malformed; errors of single files go to Failed.
func (r *Receiver) Take(f codec.Frame) error {
	r.disk().Tick()
	switch f.Verb {
	case codec.FILE:
		return r.beginEntry(f)
	case codec.DATA:
		if !r.inFile {
			return codec.Errorf(codec.BadRequest, "DATA without a FILE before it")
		}
		r.writeData(f.Body)
	case codec.SUM:
		if !r.inFile {
			return codec.Errorf(codec.BadRequest, "SUM without a FILE before it")
		}
		r.inFile = false
		words, err := f.Words()
		if err != nil {
			return err
		}
		if r.writer != nil {
			if err := r.finishFile(words); err != nil {
				r.fail(err)
			}
		}
	}
	return nil
}

// Flush flushes and places the files in the batch and sets the times of folders. It must
// be called at the end of the stream, before the answer. Errors go to Failed. A file
// without its SUM is discarded.
func (r *Receiver) Flush() {
	r.endFile((*landing.Landing).Abandon)
	r.leaveFolders(0)
	if err := r.disk().Flush(); err != nil {
		r.Failed(r.label, err)
	}
}

// Close discards everything that is not complete.
func (r *Receiver) Close() {
	r.endFile((*landing.Landing).Abandon)
	r.disk().Close()
	r.batch, r.entered = nil, nil
}

// Leave ends an interrupted stream. It places complete files. The part file of an
// incomplete file is kept, to be resumed, unless the size of the file is unknown.
func (r *Receiver) Leave() {
	if r.entry.Size >= 0 {
		r.endFile((*landing.Landing).Leave)
	}
	r.Flush()
	r.Close()
}

// Open reports whether the stream is inside a file, between FILE and SUM.
func (r *Receiver) Open() bool { return r.inFile }

// endFile ends the current file, and passes its Landing to the function give.
func (r *Receiver) endFile(give func(*landing.Landing)) {
	if r.landing != nil {
		give(r.landing)
		r.landing = nil
	}
	r.writer = nil
}

func (r *Receiver) fail(err error) {
	r.endFile((*landing.Landing).Abandon)
	r.Failed(r.label, err)
}

func (r *Receiver) beginEntry(f codec.Frame) error {
	if r.inFile {
		return codec.Errorf(
			codec.BadRequest, "FILE while %s has no SUM yet", codec.Quote(codec.Lit(r.entry.Name)),
		)
	}
	var err error
	if r.entry, err = f.Entry(); err != nil {
		return err
	}
	r.label = r.entry.Name
	switch kind := r.entry.Kind; {
	case kind == codec.Regular:
		r.inFile, r.received = true, 0
		if r.entry.Mode > 0 && r.entry.Mode&setIDBits != 0 {
			err = codec.Errorf(codec.Unsupported, "a file with setuid or setgid is not taken")
		} else {
			err = r.beginFile()
		}
	case kind == codec.Folder && r.Trees:
		err = r.beginFolder()
	case kind == codec.Link && r.Trees:
		err = r.makeLink()
	default:
		err = codec.Errorf(codec.Unsupported, "a %s among the files", kind)
	}
	if err != nil {
		r.fail(err)
	}
	return nil
}

// chooseTarget calls Choose for the top of a tree, or for a file that is not in a tree.
func (r *Receiver) chooseTarget() (landing.Target, error) {
	t, err := r.Choose(r.entry)
	if err == nil && t.Label != "" {
		r.label = t.Label
	}
	if t.Arrived == nil {
		if r.tops == nil {
			r.tops = &landing.Arrivals{}
		}
		t.Arrived = r.tops
	}
	return t, err
}

// beginFile prepares for the bytes of a file.
func (r *Receiver) beginFile() error {
	sum, _ := r.entry.More.Get("sum")
	sha := sum == "sha256"
	r.sums = landing.NewSums(sha)
	if r.Trees && strings.Contains(r.entry.Name, "/") {
		return r.beginBelow()
	}
	r.leaveFolders(0)
	t, err := r.chooseTarget()
	if err != nil {
		return err
	}
	if err := r.checkResume(&t); err != nil {
		if t.Dir != nil {
			t.Dir.Close()
		}
		return err
	}
	if t.Writer != nil {
		r.writer = t.Writer
		return nil
	}
	if r.Trees && t.From.Size == 0 && r.entry.Size >= 0 && r.entry.Size < resumableSize {
		r.landing, err = r.disk().BeginSmall(t)
	} else {
		r.landing, err = r.disk().Begin(t)
	}
	if err != nil {
		return err
	}
	r.writer = r.landing
	if from := r.landing.From(); from.Size > 0 {
		r.received = from.Size
		r.sums, err = from.Sums(sha)
	}
	return err
}
