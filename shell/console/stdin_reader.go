package console

import (
	"context"
	"errors"
	"io"
)

// A StdinReader reads standard input in a separate goroutine, because a read from a
// terminal cannot be interrupted. ReadContext stops waiting for the read when its
// context is done, and the next call returns what was read. A read begins only when a
// call needs its data.
//
// Its methods must not be called concurrently.
type StdinReader struct {
	Redirected bool // standard input is redirected by "<", so programs receive it without -i

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

// NewStdinReader returns a StdinReader of src.
func NewStdinReader(src io.Reader) *StdinReader {
	return &StdinReader{src: src, chunks: make(chan chunk, 1)}
}

// Read implements io.Reader.
func (r *StdinReader) Read(p []byte) (int, error) { return r.ReadContext(context.Background(), p) }

// ReadContext is like Read, but stops waiting when ctx is done.
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
	r.err = nil // Ctrl-D at a terminal ends this read, but there can be more input
	return 0, err
}

// wait waits until no read is running.
func (r *StdinReader) wait() {
	if r.pending {
		<-r.chunks
	}
}

// A noInput is the empty standard input of a background job.
type noInput struct{}

func (noInput) Read([]byte) (int, error) { return 0, errors.New("a job has none") }

// Unread prepends b to the input.
func (r *StdinReader) Unread(b []byte) { r.left = append(b, r.left...) }
