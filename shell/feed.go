package shell

import (
	"context"
	"io"
)

// A feed is standard input, read on demand and in a goroutine of its own: a
// read of a terminal cannot be interrupted, but whoever wants it can stop
// waiting, and what then comes is for the next who asks. At most one read is
// under way, and none while nobody has asked.
type feed struct {
	src     io.Reader
	given   bool // it is what "<" names: programs get it without being told to
	chunks  chan chunk
	pending bool
	left    []byte
	err     error
}

type chunk struct {
	b   []byte
	err error
}

func newFeed(src io.Reader) *feed { return &feed{src: src, chunks: make(chan chunk, 1)} }

// Read waits for as long as it takes.
func (f *feed) Read(p []byte) (int, error) { return f.ReadContext(context.Background(), p) }

// ReadContext reads like Read, until ctx ends.
func (f *feed) ReadContext(ctx context.Context, p []byte) (int, error) {
	if len(f.left) == 0 && f.err == nil {
		if !f.pending {
			f.pending = true
			go func() {
				b := make([]byte, 32<<10)
				n, err := f.src.Read(b)
				f.chunks <- chunk{b[:n], err}
			}()
		}
		select {
		case c := <-f.chunks:
			f.pending = false
			f.left, f.err = c.b, c.err
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	if len(f.left) > 0 {
		n := copy(p, f.left)
		f.left = f.left[n:]
		return n, nil
	}
	err := f.err
	f.err = nil // Ctrl-D on a terminal ends one reading, not all
	return 0, err
}

// unread makes b what is read next.
func (f *feed) unread(b []byte) { f.left = append(b, f.left...) }
