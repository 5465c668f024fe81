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

// A Sender writes files to a connection. Only To is required, and Failed for Tree.
type Sender struct {
	To       *codec.Conn
	Rate     int64                        // the most bytes a second; 0 means without limit
	SHA256   bool                         // adds sum=sha256 to FILE and the SHA-256 to SUM
	Begin    func(e codec.Entry)          // called before each FILE; may be nil
	Progress func(n int64)                // called for n more bytes; may be nil
	Failed   func(name string, err error) // called when something in a tree could not be sent; the rest continues
	// called when a file has grown by n bytes since it was opened; may be nil
	Grown func(name string, n int64)
	// looks up the name of the file being sent again, because another file may have
	// taken it; may be nil; set by Tree
	Look    func() (os.FileInfo, error)
	Files   int64 // sent completely
	Folders int64
	Links   int64
	Bytes   int64  // sent, of complete files
	Sum     string // of the last file, as SUM has it

	buf []byte
	due time.Time // when the next body may be sent, if Rate is set
}

// File sends the contents of r as the file e: FILE, DATA…, SUM. If e.Size is known, it
// sends that many bytes. If r has fewer, or is an *os.File that was changed or replaced
// meanwhile, File tells the receiver to drop the file, and returns an error of code
// changed. It does the same with any other error of r. If the file has grown, SUM says
// so. An error of the connection ends the stream. If r is an *os.File whose size is 0, as
// in /proc, File sends everything that it can read.
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
	if e.Size == 0 && before != nil {
		e.Size = sizeOfEmpty(r.(*os.File))
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
	var grown int64
	if err == nil && before != nil {
		grown, err = landing.GrowthSince(before, r.(*os.File), s.Look)
	}
	if err != nil {
		if ctx.Err() != nil {
			return err // the connection has failed, and the stream ends
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
	if grown > 0 && e.Size >= 0 {
		words = append(words, codec.Lit("grown="+strconv.FormatInt(grown, 10)))
		if s.Grown != nil {
			s.Grown(e.Name, grown)
		}
	}
	return s.To.WriteWords(codec.SUM, words...)
}

// sizeOfEmpty returns the size of a file whose size appears to be 0: Unknown if it can be
// read nevertheless, like files in /proc.
func sizeOfEmpty(f *os.File) int64 {
	var b [1]byte
	if n, _ := f.ReadAt(b[:], 0); n > 0 {
		return codec.Unknown
	}
	return 0
}

// sendEntry sends the FILE of e.
func (s *Sender) sendEntry(e codec.Entry) error {
	if s.Begin != nil {
		s.Begin(e)
	}
	return s.To.Write(codec.FILE, append(e.Append(nil), '\n'))
}

// sendData sends the bytes of r, exactly size of them if that is not negative.
func (s *Sender) sendData(ctx context.Context, size int64, r io.Reader, sum *landing.Sums) (sent int64, err error) {
	for size < 0 || sent < size {
		if ctx.Err() != nil {
			return sent, context.Cause(ctx)
		}
		body := s.buf[codec.HeaderSize:][:s.bodySize()]
		if size >= 0 {
			body = body[:min(int64(len(body)), size-sent)]
		}
		n, rerr := io.ReadFull(r, body)
		if n > 0 {
			sum.Add(body[:n])
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
