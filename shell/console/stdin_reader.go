package console

import (
	"context"
	"errors"
	"io"
)

// A StdinReader reads standard input on a goroutine of its own: a read of a terminal
// cannot be interrupted, but ReadContext can stop waiting for it, and the next call
// gets what comes. Nothing is read before a call.
//
// Its methods are for one goroutine at a time.
type StdinReader struct {
	Redirected bool // it reads the file of "<", which programs get without an option

	src     io.Reader
	chunks  chan chunk
	pending bool
	left    []byte
	err     error
}

type chunk struct {
	b   []byte
	err error
}

// NewStdinReader returns a reader of src.
func NewStdinReader(src io.Reader) *StdinReader {
	return &StdinReader{src: src, chunks: make(chan chunk, 1)}
}

// Read reads, however long that takes.
func (r *StdinReader) Read(p []byte) (int, error) { return r.ReadContext(context.Background(), p) }

// ReadContext reads like Read, until ctx ends.
func (r *StdinReader) ReadContext(ctx context.Context, p []byte) (int, error) {
	if len(r.left) == 0 && r.err == nil {
		if !r.pending {
			r.pending = true
			go func() {
				b := make([]byte, 32<<10)
				n, err := r.src.Read(b)
				r.chunks <- chunk{b[:n], err}
			}()
		}
		select {
		case c := <-r.chunks:
			r.pending = false
			r.left, r.err = c.b, c.err
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	if len(r.left) > 0 {
		n := copy(p, r.left)
		r.left = r.left[n:]
		return n, nil
	}
	err := r.err
	r.err = nil // on a terminal Ctrl-D ends this read, and more can follow
	return 0, err
}

// wait waits until no read is under way.
func (r *StdinReader) wait() {
	if r.pending {
		<-r.chunks
	}
}

// A noInput is the standard input of a background job.
type noInput struct{}

func (noInput) Read([]byte) (int, error) { return 0, errors.New("a job has none") }

// Unread puts b in front of what is read next.
func (r *StdinReader) Unread(b []byte) { r.left = append(b, r.left...) }
