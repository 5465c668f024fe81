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
	maxFrames  = 256     // number of frames that a recording keeps
	maxContent = 64      // bytes of DATA or NOTE that are kept and shown
	maxSlot    = 4 << 10 // in bytes; larger buffers are not reused
	maxKept    = 4 << 20 // limit for the bytes of all kept frames; above it, the oldest frames lose their contents
)

// A traceMode is how frames are traced.
type traceMode int

const (
	traceOff traceMode = iota
	traceLines
	traceHex
)

// A Recording keeps the last frames of a session's connections, traces them, and
// writes them to a file.
type Recording struct {
	console     *console.Console
	dialect     string
	handshake   Handshake
	recorder    *recorder // may be nil
	connections int       // number of connections so far
	rawConn     *rawConn  // the connection of the commands raw and expect, or nil

	mu            sync.Mutex
	frames        [maxFrames]wireFrame // frame n is at index n % maxFrames
	total         int                  // number of frames so far
	kept          int                  // total size of the kept frames, in bytes
	mode          traceMode
	full, secrets bool // the options of the command trace
}

// A Config is the configuration of a Recording.
type Config struct {
	Console   *console.Console // where frames are traced
	Dialect   string           // the dialect of the session; "" is techsh/1
	Handshake Handshake        // used by the command lint; if nil, lint skips its TLS checks
	Record    io.Writer        // receives each frame in the format of the command "wire save"; may be nil
	Full      bool             // write whole file contents to Record
	Secrets   bool             // write cookies and proofs to Record
}

// New returns an empty recording. The caller closes it at the end of the session.
func New(c Config) *Recording {
	r := &Recording{console: c.Console, dialect: c.Dialect, handshake: c.Handshake}
	if c.Record != nil {
		r.recorder = &recorder{to: c.Record, full: c.Full, secrets: c.Secrets}
	}
	return r
}

// Close closes the connection of the command raw and returns the first error from writing
// to Config.Record.
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

// A Tap passes the frames of one connection on to a Recording.
type Tap struct {
	recording  *Recording
	number     int // the number of the connection, from 1
	background atomic.Bool
}

// NewTap returns the Tap of a new connection.
func (r *Recording) NewTap() *Tap {
	r.connections++
	return &Tap{recording: r, number: r.connections}
}

// Background marks the connection as that of a background job: its frames are written
// to Config.Record, but neither kept nor traced.
func (t *Tap) Background() { t.background.Store(true) }

// Observe records a sent or received frame. It does not use f.Body after it returns. It
// may be called concurrently.
func (t *Tap) Observe(sent bool, f codec.Frame) {
	w := wireFrame{
		connection: t.number,
		sent:       sent,
		at:         time.Now(),
		verb:       f.Verb,
		length:     len(f.Body),
		body:       f.Body,
	}
	if t.recording.dialect != "" { // without a dialect, a WIRE frame comes from the server, not from a gateway
		m, err := dialect.ParseMessage(f)
		if err != nil {
			return // a frame that only the shell and the gateway in this process exchange
		}
		w = wireFrame{connection: t.number, sent: m.Sent, at: w.at, message: &message{m}}
	}
	if t.background.Load() {
		t.recording.writeRecord(w)
		return
	}
	t.recording.observe(w)
}

// observe records and traces a frame.
func (r *Recording) observe(w wireFrame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(w)
	if r.isTraced(w) {
		r.console.Trace(w.format(r.console.ErrPaint, r.format()))
	}
}

// writeRecord writes a frame to Config.Record.
func (r *Recording) writeRecord(w wireFrame) {
	if r.recorder != nil {
		r.recorder.write(w)
	}
}

// keep adds a frame to the kept frames and writes it to Config.Record. r.mu must be held.
func (r *Recording) keep(w wireFrame) {
	r.writeRecord(w)
	slot := &r.frames[r.total%maxFrames]
	r.total++
	r.kept -= slot.size()
	buffer := slot.body[:0]
	if cap(buffer) > maxSlot {
		buffer = nil
	}
	*slot = w
	slot.body = append(buffer, w.truncated(maxContent).body...)
	r.kept += slot.size()
	for n := max(0, r.total-maxFrames); r.kept > maxKept; n++ {
		oldest := &r.frames[n%maxFrames]
		r.kept -= oldest.size()
		oldest.forget()
	}
}

// isTraced reports whether a frame is traced. r.mu must be held.
func (r *Recording) isTraced(w wireFrame) bool {
	return r.mode != traceOff && w.verb != codec.TICK
}

// format returns how frames are traced. r.mu must be held.
func (r *Recording) format() frameFormat {
	return frameFormat{full: r.full, secrets: r.secrets, hex: r.mode == traceHex}
}

// lastFrames returns the kept frames, oldest first.
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
