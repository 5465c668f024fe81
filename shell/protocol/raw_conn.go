package protocol

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"techsh/codec"
)

// A rawConn is the connection of raw and expect. It sends nothing by itself, and
// takes nothing for granted of what comes.
type rawConn struct {
	target       string
	number       int // of the connection, in a recording
	rwc          io.ReadWriteCloser
	incoming     chan []byte   // closed when no more comes
	closed       chan struct{} // by close
	goroutines   sync.WaitGroup
	mayHaveNoise bool        // a carrier may print something before the first frame
	broken       bool        // something that came is no frame, so nothing after it is
	ended        bool        // no more comes
	pending      []byte      // has come, and is not cut into frames yet
	frames       []wireFrame // that have come since the last raw, for expect
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

// next waits for a frame, or for bytes that are no frame. It is not ok if nothing has
// come for the delay, or nothing more can come.
func (p *rawConn) next(ctx context.Context, delay time.Duration) (w wireFrame, ok bool, err error) {
	for {
		if w, ok := p.takeFrame(); ok || p.ended {
			return w, ok, nil
		}
		timer := time.NewTimer(delay)
		select {
		case b, more := <-p.incoming:
			p.pending, p.ended = append(p.pending, b...), !more
		case <-timer.C:
			return w, false, nil
		case <-ctx.Done():
			return w, false, context.Cause(ctx)
		}
		timer.Stop()
	}
}

// takeFrame takes the first frame of what is pending, or all of it if that is no
// frame. It is not ok if the frame is incomplete.
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

// skipNoise drops what a carrier prints before HELO, and reports whether that is over.
// Too much of it is no noise, but shown.
func (p *rawConn) skipNoise() bool {
	at := bytes.Index(p.pending, []byte("HELO 0"))
	if at >= 0 {
		p.pending = p.pending[at:]
	}
	return at >= 0 || len(p.pending) > codec.MaxNoise
}

// A byteReader is bytes as a connection to read frames from.
type byteReader struct{ io.Reader }

func (byteReader) Write(b []byte) (int, error) { return len(b), nil }
func (byteReader) Close() error                { return nil }
