package protocol

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/shell/console"
)

const (
	maxFrames  = 256     // that a recording keeps
	maxContent = 64      // bytes of DATA and NOTE that are kept and shown of a frame
	maxSlot    = 4 << 10 // bytes: the buffer of a longer body is not used again
)

// A traceMode is how frames are traced.
type traceMode int

const (
	traceOff traceMode = iota
	traceLines
	traceHex
)

// A Recording keeps the last frames of the connections of a session, traces them,
// and has each written to a file.
type Recording struct {
	console     *console.Console
	dialect     string
	handshake   Handshake
	recorder    *recorder // or nil
	connections int       // that have begun
	rawConn     *rawConn  // of raw and expect, or nil

	mu            sync.Mutex
	frames        [maxFrames]wireFrame // frame n is at n % maxFrames
	total         int                  // of frames, kept or not
	mode          traceMode
	full, secrets bool // of the trace
}

// A Config is what New makes a recording from.
type Config struct {
	Console   *console.Console // where frames are traced
	Dialect   string           // that the session speaks; "" is techsh/1
	Handshake Handshake        // for lint; nil skips its checks of TLS
	Record    io.Writer        // gets each frame as text when it crosses, in the format of wire save; may be nil
	Full      bool             // Record gets whole file contents, not only their beginning
	Secrets   bool             // Record gets cookies and proofs, not stars
}

// New returns the recording of a session before its first frame. The caller closes
// it when the session ends.
func New(c Config) *Recording {
	r := &Recording{console: c.Console, dialect: c.Dialect, handshake: c.Handshake}
	if c.Record != nil {
		r.recorder = &recorder{to: c.Record, full: c.Full, secrets: c.Secrets}
	}
	return r
}

// Close closes the connection of raw and returns the first error of writing to
// Config.Record.
func (r *Recording) Close() error {
	if r.rawConn != nil {
		r.rawConn.close()
	}
	if r.recorder == nil {
		return nil
	}
	r.recorder.mu.Lock()
	defer r.recorder.mu.Unlock()
	return console.AboutStream("--wire", r.recorder.failed)
}

// A Tap tells a recording of the frames of one connection.
type Tap struct {
	recording  *Recording
	number     int // of the connection, from 1
	background atomic.Bool
}

// NewTap returns the tap of a new connection.
func (r *Recording) NewTap() *Tap {
	r.connections++
	return &Tap{recording: r, number: r.connections}
}

// Background says that the connection belongs to a job from now on: its frames are
// recorded, but neither kept nor traced.
func (t *Tap) Background() { t.background.Store(true) }

// Observe takes a frame that has crossed the connection. It does not keep the body.
// Calls may come from several goroutines.
func (t *Tap) Observe(sent bool, f codec.Frame) {
	w := wireFrame{
		connection: t.number,
		sent:       sent,
		at:         time.Now(),
		verb:       f.Verb,
		length:     len(f.Body),
		body:       f.Body,
	}
	if t.recording.dialect != "" { // without one, a WIRE is what a server says, not the gateway
		m, err := dialect.ParseMessage(f)
		if err != nil {
			return // between the shell and the gateway in this process, so it does not cross
		}
		w = wireFrame{connection: t.number, sent: m.Sent, at: w.at, message: &message{m}}
	}
	if t.background.Load() {
		t.recording.writeRecord(w)
		return
	}
	t.recording.observe(w)
}

// observe keeps a frame and traces it.
func (r *Recording) observe(w wireFrame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(w)
	if r.isTraced(w) {
		r.console.Trace(w.format(r.console.ErrPaint, r.format()))
	}
}

// writeRecord has a frame written to Config.Record.
func (r *Recording) writeRecord(w wireFrame) {
	if r.recorder != nil {
		r.recorder.write(w)
	}
}

// keep keeps and records a frame. The caller holds the lock.
func (r *Recording) keep(w wireFrame) {
	r.writeRecord(w)
	slot := &r.frames[r.total%maxFrames]
	r.total++
	buffer := slot.body[:0]
	if cap(buffer) > maxSlot {
		buffer = nil
	}
	*slot = w
	slot.body = append(buffer, w.truncated(maxContent).body...)
}

// isTraced reports whether a frame is traced. The caller holds the lock.
func (r *Recording) isTraced(w wireFrame) bool {
	return r.mode != traceOff && w.verb != codec.TICK
}

// format returns how frames are traced. The caller holds the lock.
func (r *Recording) format() frameFormat {
	return frameFormat{full: r.full, secrets: r.secrets, hex: r.mode == traceHex}
}

// lastFrames returns the frames that are kept, the oldest first.
func (r *Recording) lastFrames() []wireFrame {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []wireFrame
	for n := max(0, r.total-maxFrames); n < r.total; n++ {
		w := r.frames[n%maxFrames]
		w.body = bytes.Clone(w.body)
		all = append(all, w)
	}
	return all
}
