package codec

import (
	"bufio"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	readBuffer  = 4 << 10   // holds a header; bodies are read directly
	firstBody   = 64 << 10  // the largest initial buffer for a body, whatever its LENGTH
	gatherLimit = 256 << 10 // small frames are collected up to this size and written together
	idleBuffer  = 8 << 10   // larger buffers are freed between calls
)

// A Conn reads and writes frames over an io.ReadWriteCloser, which it owns. Only one
// goroutine may read. Any goroutine may write; frames are written whole.
type Conn struct {
	// Hand makes ReadFrame accept lines typed by hand too, until the first header.
	Hand bool
	// MaxWords limits the body of a frame of words. If it is below the constant MaxWords,
	// it limits every body. 0 means the limits of the protocol.
	MaxWords int
	// Tap, if it is not nil, is called with each frame that was read or queued for
	// sending, in order. It must be set before the first frame. The body is valid only
	// during the call. Tap runs in the goroutine that reads or writes and must not block
	// on the Conn.
	Tap func(sent bool, f Frame)

	rwc         io.ReadWriteCloser
	r           *bufio.Reader
	body        []byte
	insideFrame atomic.Bool

	mu        sync.Mutex
	out       []byte // whole frames that wait for Flush
	writeErr  error
	written   atomic.Int64
	lastWrite atomic.Int64 // in nanoseconds since start
	start     time.Time
	closeOnce sync.Once
	closeErr  error
}

// NewConn returns a Conn over rwc.
func NewConn(rwc io.ReadWriteCloser) *Conn {
	return &Conn{rwc: rwc, r: bufio.NewReaderSize(rwc, readBuffer), start: time.Now()}
}

// ReadFrame reads the next frame. Its body is valid until the next call. At the end of
// the input the error is io.EOF between frames, or io.ErrUnexpectedEOF inside a frame.
// For bytes that are not a frame the error is an *Error of code BadFrame. Any other error
// comes from the connection. After an error nothing more can be read.
func (c *Conn) ReadFrame() (Frame, error) {
	f, err := c.readFrame()
	if c.Tap != nil && err == nil {
		c.Tap(false, f)
	}
	return f, err
}

func (c *Conn) readFrame() (Frame, error) {
	c.insideFrame.Store(false)
	if c.Hand {
		if f, header, err := c.readHand(); err != nil || !header {
			return f, err
		}
		return c.readBody(c.body)
	}
	if _, err := c.r.Peek(1); err != nil {
		return Frame{}, err
	}
	c.insideFrame.Store(true)
	header, err := c.r.Peek(HeaderSize)
	switch {
	case err == io.EOF && !begins(header):
		return Frame{}, Errorf(BadFrame, "%s is not a frame", quoteBytes(header))
	case err == io.EOF:
		return Frame{}, io.ErrUnexpectedEOF
	case err != nil:
		return Frame{}, err
	}
	_, _ = c.r.Discard(HeaderSize) // header stays valid until the next read
	return c.readBody(header)
}

// begins reports whether b is a possible beginning of a header.
func begins(b []byte) bool {
	probe := []byte("A    0000000000\n")
	copy(probe, b)
	_, _, ok := parseHeader(probe)
	return ok
}

// readBody reads the body that belongs to a header.
func (c *Conn) readBody(header []byte) (Frame, error) {
	v, n, ok := parseHeader(header)
	if !ok {
		return Frame{}, Errorf(BadFrame, "%s is not a header", quoteBytes(header))
	}
	words := c.MaxWords
	if words == 0 {
		words = MaxWords
	}
	if most := bodyLimit(v, words); n > most {
		return Frame{}, Errorf(BadFrame, "%s of %d bytes, the limit is %d", v, n, most)
	}
	for have := 0; have < int(n); {
		if have == cap(c.body) || cap(c.body) == 0 {
			grown := make([]byte, min(int(n), max(2*cap(c.body), firstBody)))
			copy(grown, c.body[:have])
			c.body = grown
		}
		upto := min(int(n), cap(c.body))
		got, err := io.ReadFull(c.r, c.body[have:upto])
		if have += got; err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return Frame{}, err
		}
	}
	c.insideFrame.Store(false)
	return Frame{Verb: v, Body: c.body[:n]}, nil
}

// Keep gives the body of the last frame to the caller, and gives spare to the Conn for
// the next body. Only the goroutine that reads may call Keep.
func (c *Conn) Keep(spare []byte) { c.body = spare[:cap(spare)] }

// InsideFrame reports whether only a part of the next frame has been read. Any goroutine
// may call it.
func (c *Conn) InsideFrame() bool { return c.insideFrame.Load() }

// Write queues a frame with a raw body. Flush sends the queued frames, and so does Write
// when the buffer is full.
func (c *Conn) Write(v Verb, body []byte) error {
	if int64(len(body)) > bodyLimit(v, MaxWords) {
		return Errorf(TooBig, "a frame %s of %d bytes, the limit is %d", v, len(body), bodyLimit(v, MaxWords))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out)+HeaderSize+len(body) > gatherLimit {
		c.flush()
	}
	var header [HeaderSize]byte
	putHeader(header[:], v, len(body))
	c.out = append(append(c.out, header[:]...), body...)
	c.tapQueued(v, body)
	return c.writeErr
}

// tapQueued calls Tap for a frame that is queued.
func (c *Conn) tapQueued(v Verb, body []byte) {
	if c.Tap != nil && c.writeErr == nil {
		c.Tap(true, Frame{Verb: v, Body: body})
	}
}

// WriteWords queues a frame of words. Without words the frame has no body.
func (c *Conn) WriteWords(v Verb, words ...Word) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := len(c.out)
	var header [HeaderSize]byte
	c.out = append(c.out, header[:]...)
	for i, w := range words {
		if i > 0 {
			c.out = append(c.out, ' ')
		}
		c.out = AppendQuote(c.out, w.Text, w.Quoted)
	}
	if len(words) > 0 {
		c.out = append(c.out, '\n')
	}
	n := len(c.out) - at - HeaderSize
	if n > MaxWords {
		c.out = c.out[:at]
		return Errorf(TooBig, "%d bytes of words, the limit is %d", n, MaxWords)
	}
	putHeader(c.out[at:], v, n)
	c.tapQueued(v, c.out[at+HeaderSize:])
	if len(c.out) > gatherLimit {
		c.flush()
	}
	return c.writeErr
}

// WriteReserved sends a frame at once, after the queued ones, without copying it. frame
// begins with HeaderSize bytes that are reserved for the header, and the body follows.
func (c *Conn) WriteReserved(v Verb, frame []byte) error {
	n := len(frame) - HeaderSize
	if int64(n) > bodyLimit(v, MaxWords) {
		return Errorf(TooBig, "a frame %s of %d bytes, the limit is %d", v, n, bodyLimit(v, MaxWords))
	}
	putHeader(frame, v, n)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flush()
	c.tapQueued(v, frame[HeaderSize:])
	c.send(frame)
	return c.writeErr
}

// Branch returns a Conn b for writing only, which sends its frames between those of c,
// and the function cut. After a cut, frames of b are dropped and writing to b fails. If
// something is being written to c when cut is called, cut returns false; if force is
// true, it still drops all later frames of b, and otherwise it does nothing.
func (c *Conn) Branch() (b *Conn, cut func(force bool) bool) {
	to := &branch{to: c}
	return &Conn{rwc: to, Tap: c.Tap, start: c.start}, to.cut
}

// A branch passes whole frames to a Conn until it is cut.
type branch struct {
	to    *Conn
	isCut atomic.Bool
}

var errCut = errors.New("nothing more is sent")

func (b *branch) cut(force bool) bool {
	if force {
		b.isCut.Store(true)
	}
	if !b.to.mu.TryLock() {
		return false
	}
	defer b.to.mu.Unlock()
	b.isCut.Store(true)
	return true
}

// Write sends whole frames.
func (b *branch) Write(frames []byte) (int, error) {
	b.to.mu.Lock()
	defer b.to.mu.Unlock()
	if b.isCut.Load() {
		return 0, errCut
	}
	b.to.flush()
	if b.to.send(frames); b.to.writeErr != nil {
		return 0, b.to.writeErr
	}
	return len(frames), nil
}

// Read fails: a branch is for writing only.
func (b *branch) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Close does nothing: only the Conn itself can be closed.
func (b *branch) Close() error { return nil }

// Flush sends the queued frames.
func (c *Conn) Flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flush()
	return c.writeErr
}

func (c *Conn) flush() {
	if len(c.out) > 0 {
		c.send(c.out)
		c.out = c.out[:0]
	}
}

func (c *Conn) send(b []byte) {
	if c.writeErr != nil {
		return
	}
	n, err := c.rwc.Write(b)
	c.written.Add(int64(n))
	c.lastWrite.Store(int64(time.Since(c.start)))
	if err != nil {
		c.writeErr = err
	}
}

// Err returns the error of the first write that failed, or nil.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writeErr
}

// Written returns the number of bytes sent.
func (c *Conn) Written() int64 { return c.written.Load() }

// Silence returns the time since bytes were last sent.
func (c *Conn) Silence() time.Duration {
	return time.Since(c.start) - time.Duration(c.lastWrite.Load())
}

// TrimOut frees a large write buffer after a call.
func (c *Conn) TrimOut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out) == 0 && cap(c.out) > idleBuffer {
		c.out = nil
	}
}

// TrimIn frees a large read buffer, and the body of the last frame with it. Only the
// goroutine that reads may call it.
func (c *Conn) TrimIn() {
	if cap(c.body) > idleBuffer {
		c.body = nil
	}
}

// CloseWrite closes the connection for writing only, if the connection can do that (TCP,
// TLS).
func (c *Conn) CloseWrite() error {
	if h, ok := c.rwc.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Drop reads and discards everything until the end of the input or an error. If the
// connection were closed while the peer still sends, TCP could discard the last bytes
// that this side has sent, and the peer would not learn why the connection ends.
func (c *Conn) Drop() { _, _ = io.Copy(io.Discard, c.r) }

// Close closes the connection. Only the first call has an effect; later calls return the
// same error.
func (c *Conn) Close() error {
	c.closeOnce.Do(func() { c.closeErr = c.rwc.Close() })
	return c.closeErr
}
