package transfer

import (
	"context"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/landing"
)

const (
	// bodySize is the number of bytes of a file in one DATA frame, which fit into the
	// cache of a processor.
	bodySize = 256 << 10
	// gatherBelow is the size below which a body is copied and sent together with other
	// frames.
	gatherBelow = 32 << 10
)

// A Sender writes files to a connection. To must be set. Failed must be set if Tree is
// called.
type Sender struct {
	To       *codec.Conn
	Rate     int64                        // the largest number of bytes a second; 0 means without limit
	SHA256   bool                         // adds sum=sha256 to FILE and the SHA-256 to SUM
	Begin    func(e codec.Entry)          // called before each FILE; may be nil
	Progress func(n int64)                // called for n more bytes; may be nil
	Failed   func(name string, err error) // called when something in a tree could not be sent; the rest continues
	// called when a file that was sent has changed meanwhile; may be nil
	Changed func(name string, c landing.Change)
	// returns the FileInfo of the file that now has the name of the file being sent; may
	// be nil; set by Tree
	Look    func() (os.FileInfo, error)
	Files   int64 // the number of files that were sent completely
	Folders int64
	Links   int64
	Bytes   int64  // the number of bytes sent for complete files
	Sum     string // the checksums of the last file, in the form of SUM

	buf   []byte
	ahead *readResult // the result of reading the body that is in buf already, or nil
	due   time.Time   // when the next body may be sent, if Rate is set
}

// A readResult is the result of a read.
type readResult struct {
	n   int
	err error
}

// File sends the contents of r as the file e: FILE, DATA…, SUM. If e.Size is known, it
// sends that many bytes. If r has fewer bytes, or is an *os.File that was truncated or
// written to meanwhile, File tells the receiver to drop the file, and returns an error
// with the code Changed. After any other error of r, File also tells the receiver to drop
// the file, and returns that error. If the file has grown, or if another file has taken
// its name, SUM says so. An error of the connection ends the stream. If r is an *os.File
// whose size is not that of its contents, as in /proc and /sys, File sends everything
// that it can read.
func (s *Sender) File(ctx context.Context, e codec.Entry, r io.Reader) error {
	var before os.FileInfo
	if f, ok := r.(*os.File); ok {
		before, _ = f.Stat()
	}
	return s.send(ctx, e, r, before, nil)
}

// send implements File and Resume. If r is a file, before is its FileInfo before the
// transfer, and otherwise nil. If from is not nil, the receiver already has this prefix.
func (s *Sender) send(ctx context.Context, e codec.Entry, r io.Reader, before os.FileInfo, from *landing.Prefix) error {
	if s.buf == nil {
		s.buf = make([]byte, codec.HeaderSize+bodySize)
	}
	s.ahead = nil
	if before != nil {
		e.Mode = landing.WithoutMask(r.(*os.File), e.Mode)
	}
	if before != nil && from == nil && e.Size >= 0 {
		e.Size = s.trueSize(e.Size, r.(*os.File), before)
	}
	sum := landing.NewSums(s.SHA256)
	var err error
	var start int64
	switch {
	case from != nil && e.Size >= 0 && e.Size < from.Size:
		return codec.Errorf(codec.Changed, "the receiver has %d bytes, but the file only %d", from.Size, e.Size)
	case from != nil:
		start = from.Size
		e.More = append(slices.Clip(e.More), codec.PairOf("from", start))
		if sum, err = from.Sums(s.SHA256); err != nil {
			return err
		}
	}
	if s.SHA256 {
		e.More = append(slices.Clip(e.More), codec.PairOf("sum", "sha256"))
	}
	if err := s.sendEntry(e); err != nil {
		return err
	}
	size := e.Size
	if size >= 0 {
		size -= start
	}
	sent, err := s.sendData(ctx, size, r, &sum)
	var change landing.Change
	if err == nil && before != nil {
		change, err = landing.ChangeSince(before, r.(*os.File), s.Look)
	}
	if err != nil {
		if ctx.Err() != nil {
			return err // ctx has ended, so the stream ends here without a SUM
		}
		x := codec.Explain(e.Name, err)
		if werr := s.To.WriteWords(codec.SUM, codec.Lit("error="+string(x.Code))); werr != nil {
			return werr
		}
		return x
	}
	s.Files++
	s.Bytes += sent
	s.Sum = sum.String()
	words := codec.Lits(strings.Fields(s.Sum)...)
	if e.Size < 0 {
		change.Grown = 0 // the size was unknown, so the file was sent to its end
	}
	if change.Grown > 0 {
		words = append(words, codec.Lit("grown="+strconv.FormatInt(change.Grown, 10)))
	}
	if change.Replaced {
		words = append(words, codec.Lit("replaced=yes"))
	}
	if s.Changed != nil && change != (landing.Change{}) {
		s.Changed(e.Name, change)
	}
	return s.To.WriteWords(codec.SUM, words...)
}

// trueSize returns size, the stated size of a file, or Unknown if the contents have
// another size. In /proc, files with the size 0 have contents. In /sys, most files have
// the size of a page, but shorter contents. trueSize reads the first body.
func (s *Sender) trueSize(size int64, f *os.File, before os.FileInfo) int64 {
	if size == 0 {
		var b [1]byte
		if _, err := f.ReadAt(b[:], 0); err != io.EOF {
			return codec.Unknown // sendData reports an error of f
		}
		return 0
	}
	n, err := s.readBody(f, size)
	s.ahead = &readResult{n, err}
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		return size
	}
	if _, err := landing.ChangeSince(before, f, nil); err != nil {
		return size // the file has become shorter meanwhile
	}
	return codec.Unknown
}

// sendEntry sends the FILE of e.
func (s *Sender) sendEntry(e codec.Entry) error {
	if s.Begin != nil {
		s.Begin(e)
	}
	return s.To.Write(codec.FILE, append(e.Append(nil), '\n'))
}

// sendData sends the bytes of r. If size is not negative, it sends exactly size bytes.
func (s *Sender) sendData(ctx context.Context, size int64, r io.Reader, sum *landing.Sums) (sent int64, err error) {
	for size < 0 || sent < size {
		if ctx.Err() != nil {
			return sent, context.Cause(ctx)
		}
		left := size - sent
		if size < 0 {
			left = bodySize
		}
		n, rerr := s.readBody(r, left)
		if n > 0 {
			sum.Add(s.buf[codec.HeaderSize:][:n])
			if err := s.sendBody(ctx, n); err != nil {
				return sent, err
			}
			sent += int64(n)
			if s.Progress != nil {
				s.Progress(int64(n))
			}
		}
		switch {
		case rerr == nil:
		case rerr != io.EOF && rerr != io.ErrUnexpectedEOF:
			return sent, rerr
		case size >= 0 && sent < size:
			return sent, codec.Errorf(codec.Changed, "it became shorter while it was read")
		default:
			return sent, nil
		}
	}
	return sent, nil
}

// readBody reads the next body, of at most size bytes, unless it was read ahead.
func (s *Sender) readBody(r io.Reader, size int64) (n int, err error) {
	if a := s.ahead; a != nil {
		s.ahead = nil
		return a.n, a.err
	}
	return io.ReadFull(r, s.buf[codec.HeaderSize:][:min(size, s.bodySize())])
}

// sendBody sends the first n bytes in the buffer.
func (s *Sender) sendBody(ctx context.Context, n int) error {
	if err := s.waitForRate(ctx, n); err != nil {
		return err
	}
	frame := s.buf[:codec.HeaderSize+n]
	if n < gatherBelow {
		return s.To.Write(codec.DATA, frame[codec.HeaderSize:])
	}
	return s.To.WriteReserved(codec.DATA, frame)
}

// bodySize returns the size of bodies, which is small if Rate is low, so that the stream
// flows evenly.
func (s *Sender) bodySize() int64 {
	if s.Rate <= 0 {
		return bodySize
	}
	return min(bodySize, max(s.Rate/8, 1<<10))
}

// waitForRate waits until n bytes may be sent at Rate.
func (s *Sender) waitForRate(ctx context.Context, n int) error {
	if s.Rate <= 0 {
		return nil
	}
	now := time.Now()
	if wait := s.due.Sub(now); wait <= 0 {
		s.due = now
	} else {
		if err := s.To.Flush(); err != nil {
			return err
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	s.due = s.due.Add(time.Duration(float64(n) / float64(s.Rate) * float64(time.Second)))
	return nil
}
