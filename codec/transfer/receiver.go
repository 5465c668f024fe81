package transfer

import (
	"hash/crc32"
	"io"
	"os"

	"techsh/codec"
)

// A Target is where a file of a stream goes: under Name in Dir, or to
// Writer.
type Target struct {
	Dir   *os.Root // the Receiver closes it
	Name  string
	Key   string // tells the part file from others': who sends it, and what
	Force bool   // an existing file may be replaced
	Label string // what it is called when that fails; "" is the file's own name

	Writer io.Writer // instead of a file
}

// A Receiver lands the files of one stream. Its methods are called by one
// goroutine at a time. Choose and Failed must be set.
type Receiver struct {
	Choose   func(codec.Entry) (Target, error) // where a file goes, or why it is not wanted
	Failed   func(name string, err error)      // one file could not be had; the rest goes on
	Landed   func(e codec.Entry, size int64)   // one file is in its place; may be nil
	Progress func(n int64)                     // n more bytes came; may be nil
	Keep     func(spare []byte)                // makes the last body ours for another, see codec.Conn; may be nil
	Files    int64                             // landed
	Bytes    int64
	Sum      string // of the last of them, as SUM has it

	open    bool // between FILE and SUM
	entry   codec.Entry
	label   string // of the entry, in errors
	landing *Landing
	writer  io.Writer // nil while what comes is dropped
	got     int64
	sum     uint32
}

// Take takes one frame of the stream: FILE, DATA or SUM. An error means that
// the stream makes no sense; what fails with one file goes to Failed.
func (r *Receiver) Take(f codec.Frame) error {
	switch f.Verb {
	case codec.FILE:
		return r.file(f)
	case codec.DATA:
		if !r.open {
			return codec.Errorf(codec.BadRequest, "DATA without a FILE before it")
		}
		r.data(f.Body)
	case codec.SUM:
		if !r.open {
			return codec.Errorf(codec.BadRequest, "SUM without a FILE before it")
		}
		r.open = false
		words, err := f.Words()
		if err != nil {
			return err
		}
		if r.writer != nil {
			if err := r.end(words); err != nil {
				r.fail(err)
			}
		}
	}
	return nil
}

// Close gives up a file that is not complete.
func (r *Receiver) Close() {
	if r.landing != nil {
		r.landing.Abandon()
		r.landing = nil
	}
	r.writer = nil
}

// Open says whether a file has begun and not ended.
func (r *Receiver) Open() bool { return r.open }

func (r *Receiver) fail(err error) {
	r.Close()
	r.Failed(r.label, err)
}

func (r *Receiver) file(f codec.Frame) error {
	if r.open {
		return codec.Errorf(codec.BadRequest, "FILE while %s has no SUM yet", codec.Quote(codec.Lit(r.entry.Name)))
	}
	line, err := f.Line()
	if err != nil {
		return err
	}
	if r.entry, err = codec.ParseEntry(line); err != nil {
		return err
	}
	if r.entry.Kind != codec.Regular {
		r.Failed(r.entry.Name, codec.Errorf(codec.Unsupported, "a %s among the files", r.entry.Kind))
		return nil
	}
	r.open, r.got, r.sum, r.label = true, 0, 0, r.entry.Name
	t, err := r.Choose(r.entry)
	if err == nil && t.Label != "" {
		r.label = t.Label
	}
	if err == nil && t.Writer != nil {
		r.writer = t.Writer
		return nil
	}
	if err == nil {
		r.landing, err = Begin(t)
	}
	if err != nil {
		r.fail(err)
		return nil
	}
	r.writer = r.landing
	return nil
}

func (r *Receiver) data(body []byte) {
	if r.writer == nil {
		return
	}
	r.got += int64(len(body))
	if r.entry.Size >= 0 && r.got > r.entry.Size {
		r.fail(codec.Errorf(codec.Mismatch, "more than the announced %d bytes came", r.entry.Size))
		return
	}
	r.sum = crc32.Update(r.sum, castagnoli(), body)
	if err := r.write(body); err != nil {
		r.fail(err)
		return
	}
	if r.Progress != nil {
		r.Progress(int64(len(body)))
	}
}

// write writes a body; a large one beside the reading of the next.
func (r *Receiver) write(body []byte) error {
	if r.landing == nil || r.Keep == nil || len(body) < gatherBelow {
		_, err := r.writer.Write(body)
		return err
	}
	spare, err := r.landing.take(body)
	r.Keep(spare)
	return err
}

// end compares the sums and puts the file in its place.
func (r *Receiver) end(words []codec.Word) error {
	if err := r.compare(words); err != nil {
		return err
	}
	if r.landing != nil {
		l := r.landing
		r.landing = nil
		if err := l.Commit(r.entry.Mode, r.entry.Time); err != nil {
			return err
		}
	}
	r.writer = nil
	r.Files++
	r.Bytes += r.got
	r.Sum = "crc32c=" + sumText(r.sum)
	if r.Landed != nil {
		r.Landed(r.entry, r.got)
	}
	return nil
}

func (r *Receiver) compare(words []codec.Word) error {
	none := len(words) == 1 && words[0].Text == "none"
	var pairs codec.Pairs
	if !none {
		var err error
		if pairs, err = codec.ParsePairs(words); err != nil {
			return err
		}
	}
	if code, ok := pairs.Get("error"); ok {
		return codec.Errorf(codec.Code(code), "")
	}
	if r.entry.Size >= 0 && r.got != r.entry.Size {
		return codec.Errorf(codec.Mismatch, "%d bytes came, %d were announced", r.got, r.entry.Size)
	}
	if none {
		return nil
	}
	sum, ok := pairs.Get("crc32c")
	if !ok {
		return codec.Errorf(codec.BadRequest, "SUM without crc32c")
	}
	if ours := sumText(r.sum); sum != ours {
		return codec.Errorf(codec.Mismatch, "the sum here is %s, the sender's %s", ours, sum)
	}
	return nil
}
