package protocol

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"techsh/codec"
)

// A rawConn is the connection of the commands "raw" and "expect". It sends nothing on its
// own, and accepts any input.
type rawConn struct {
	target       string
	number       int // the number of the connection in the recording
	rwc          io.ReadWriteCloser
	incoming     chan []byte   // closed at the end of the connection
	closed       chan struct{} // closed by the method close
	goroutines   sync.WaitGroup
	mayHaveNoise bool        // a carrier may print text before the first frame
	broken       bool        // the input is no longer a sequence of frames
	ended        bool        // the connection has ended, or must not be used any more
	lost         bool        // the remote has ended the connection
	pending      []byte      // received bytes that were not split into frames yet
	frames       []wireFrame // frames received since the last command "raw"; the command "expect" searches them
}

func newRawConn(target string, number int, rwc io.ReadWriteCloser, mayHaveNoise bool) *rawConn {
	p := &rawConn{
		target:       target,
		number:       number,
		rwc:          rwc,
		incoming:     make(chan []byte),
		closed:       make(chan struct{}),
		mayHaveNoise: mayHaveNoise,
	}
	p.goroutines.Go(p.read)
	return p
}

// close closes the connection and waits for the goroutines that use it.
func (p *rawConn) close() {
	close(p.closed)
	p.rwc.Close()
	p.goroutines.Wait()
}

// read reads until the connection ends.
func (p *rawConn) read() {
	defer close(p.incoming)
	for {
		b := make([]byte, 32<<10)
		n, err := p.rwc.Read(b)
		if n > 0 {
			select {
			case p.incoming <- b[:n]:
			case <-p.closed:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// next waits for a frame, or for bytes that are not a frame. ok is false if nothing
// is received within the delay, or the connection has ended.
func (p *rawConn) next(ctx context.Context, delay time.Duration) (w wireFrame, ok bool, err error) {
	for {
		if w, ok := p.takeFrame(); ok || p.ended {
			return w, ok, nil
		}
		timer := time.NewTimer(delay)
		select {
		case b, more := <-p.incoming:
			p.pending, p.ended, p.lost = append(p.pending, b...), !more, !more
		case <-timer.C:
			return w, false, nil
		case <-ctx.Done():
			return w, false, context.Cause(ctx)
		}
		timer.Stop()
	}
}

// takeFrame removes the first frame from pending, or everything if pending is not a
// frame. ok is false if the frame is incomplete.
func (p *rawConn) takeFrame() (w wireFrame, ok bool) {
	if p.mayHaveNoise {
		p.mayHaveNoise = !p.skipNoise()
	}
	if len(p.pending) == 0 || p.mayHaveNoise && !p.ended {
		return w, false
	}
	f, err := codec.NewConn(byteReader{bytes.NewReader(p.pending)}).ReadFrame()
	if err == nil && !p.broken {
		p.pending = p.pending[codec.HeaderSize+len(f.Body):]
		return wireFrame{verb: f.Verb, length: len(f.Body), body: f.Body}, true
	}
	p.broken = p.broken || errors.Is(err, &codec.Error{Code: codec.BadFrame})
	if !p.broken && !p.ended {
		return w, false
	}
	w = wireFrame{length: len(p.pending), body: p.pending}
	p.pending = nil
	return w, true
}

// keep adds a received frame to the frames that the command "expect" searches. It drops
// the oldest frames if all frames together take too much memory.
func (p *rawConn) keep(w wireFrame) {
	w.body = bytes.Clone(w.body[:min(len(w.body), maxRawBody)])
	p.frames = append(p.frames, w)
	size := 0
	for i, w := range slices.Backward(p.frames) {
		if size += len(w.body); size > maxKept || len(p.frames)-i > maxFrames {
			p.frames = slices.Delete(p.frames, 0, i+1)
			return
		}
	}
}

// skipNoise drops the text that a carrier prints before HELO. It returns true if HELO has
// arrived, or if the text is too long to come from a carrier. In the second case it keeps
// the text, so that it is shown.
func (p *rawConn) skipNoise() bool {
	at := bytes.Index(p.pending, []byte("HELO 0"))
	if at >= 0 {
		p.pending = p.pending[at:]
	}
	return at >= 0 || len(p.pending) > codec.MaxNoise
}

// A byteReader reads frames from a byte slice.
type byteReader struct{ io.Reader }

func (byteReader) Write(b []byte) (int, error) { return len(b), nil }
func (byteReader) Close() error                { return nil }
