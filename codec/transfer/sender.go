package transfer

import (
	"context"
	"hash/crc32"
	"io"
	"os"
	"strconv"

	"techsh/codec"
)

const (
	// bodySize is how much of a file one DATA frame carries: it stays in the
	// processor's cache on its way through both sides.
	bodySize = 256 << 10
	// gatherBelow is the size up to which a body is copied and sent together
	// with its neighbours.
	gatherBelow = 32 << 10
)

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// A Sender writes files to a connection. Its zero value with To is ready.
type Sender struct {
	To       *codec.Conn
	Progress func(n int64) // n more bytes are on their way; may be nil
	Files    int64         // sent whole
	Bytes    int64
	Sum      string // of the last of them, as SUM has it

	buf []byte
}

// File sends what r holds as the file e: FILE, DATA…, SUM. With e.Size it
// sends that many bytes; when r has fewer, or when r is an *os.File that
// has changed meanwhile, the receiver is told to drop the file and the error
// is of code Changed. Any other error of r is told the receiver and returned
// likewise. An error of the connection ends the stream.
func (s *Sender) File(ctx context.Context, e codec.Entry, r io.Reader) error {
	if s.buf == nil {
		s.buf = make([]byte, codec.HeaderSize+bodySize)
	}
	var before os.FileInfo
	f, isFile := r.(*os.File)
	if isFile {
		before, _ = f.Stat()
	}
	if err := s.To.Write(codec.FILE, append(e.Append(nil), '\n')); err != nil {
		return err
	}
	sent, sum, err := s.data(ctx, e.Size, r)
	if err == nil && isFile && before != nil {
		after, serr := f.Stat()
		if serr == nil && (after.Size() < before.Size() || after.Size() == before.Size() && !after.ModTime().Equal(before.ModTime())) {
			err = codec.Errorf(codec.Changed, "")
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			return err // the whole stream ends here
		}
		x := codec.Explain(e.Name, err)
		if werr := s.To.WriteWords(codec.SUM, codec.Lit("error="+string(x.Code))); werr != nil {
			return werr
		}
		return x
	}
	s.Files++
	s.Bytes += sent
	s.Sum = "crc32c=" + sumText(sum)
	return s.To.WriteWords(codec.SUM, codec.Lit(s.Sum))
}

// data sends the bytes of r, size of them when that is known.
func (s *Sender) data(ctx context.Context, size int64, r io.Reader) (sent int64, sum uint32, err error) {
	table := castagnoli()
	for size < 0 || sent < size {
		if ctx.Err() != nil {
			return sent, sum, context.Cause(ctx)
		}
		body := s.buf[codec.HeaderSize:]
		if size >= 0 {
			body = body[:min(int64(len(body)), size-sent)]
		}
		n, rerr := io.ReadFull(r, body)
		if n > 0 {
			sum = crc32.Update(sum, table, body[:n])
			if n < gatherBelow {
				err = s.To.Write(codec.DATA, body[:n])
			} else {
				err = s.To.WriteReserved(codec.DATA, s.buf[:codec.HeaderSize+n])
			}
			if err != nil {
				return sent, sum, err
			}
			sent += int64(n)
			if s.Progress != nil {
				s.Progress(int64(n))
			}
		}
		switch {
		case rerr == nil:
		case rerr != io.EOF && rerr != io.ErrUnexpectedEOF:
			return sent, sum, rerr
		case size >= 0 && sent < size:
			return sent, sum, codec.Errorf(codec.Changed, "%d of %d bytes are there", sent, size)
		default:
			return sent, sum, nil
		}
	}
	return sent, sum, nil
}

func sumText(sum uint32) string {
	s := strconv.FormatUint(uint64(sum), 16)
	return "00000000"[len(s):] + s
}

// EntryOf describes a file as name.
func EntryOf(name string, fi os.FileInfo) codec.Entry {
	e := codec.Entry{Kind: KindOf(fi.Mode()), Mode: int(fi.Mode().Perm()), Size: codec.Unknown, Time: fi.ModTime(), Name: name}
	if e.Kind == codec.Regular {
		e.Size = fi.Size()
	}
	return e
}

// KindOf returns the kind of a file of that mode.
func KindOf(m os.FileMode) codec.Kind {
	switch {
	case m.IsRegular():
		return codec.Regular
	case m.IsDir():
		return codec.Folder
	case m&os.ModeSymlink != 0:
		return codec.Link
	case m&os.ModeNamedPipe != 0:
		return codec.Pipe
	case m&os.ModeSocket != 0:
		return codec.Socket
	case m&os.ModeCharDevice != 0:
		return codec.Char
	case m&os.ModeDevice != 0:
		return codec.Block
	}
	return codec.Regular // Windows: a reparse point of another sort is a file to its users
}
