package link

import (
	"errors"
	"io"
	"sync"
	"time"
)

var errReadTimeout = errors.New("the read timed out")

// NewTimedConn returns a connection over rwc. A Link over a TimedConn ends when the peer
// is silent for too long. Only the time during which a read waits is counted.
func NewTimedConn(rwc io.ReadWriteCloser) *TimedConn { return &TimedConn{rwc: rwc} }

// A TimedConn is a connection whose reads have time limits.
type TimedConn struct {
	rwc   io.ReadWriteCloser
	link  *Link
	heard func() // called after each read until there is a link; may be nil

	mu        sync.Mutex // guards the fields below. The timer runs only while a read waits
	timer     *time.Timer
	inGrace   bool // the timer runs for graceDelay
	reading   bool
	partStart time.Time // when the current frame began, or the current part of framePartSize bytes of it
	partSize  int
}

// setLink makes w the connection of l. It must be called while no read is running.
func (w *TimedConn) setLink(l *Link) {
	w.link, l.timed = l, w
	w.timer = time.AfterFunc(time.Hour, w.timedOut)
	w.timer.Stop()
}

// startTimer makes the link expire when the read has waited for d. The timer runs twice:
// first until only graceDelay is left of d, and then for graceDelay. A process that was
// suspended for longer than d therefore has time to read the bytes that arrived
// meanwhile.
func (w *TimedConn) startTimer(d time.Duration) {
	if w.inGrace = d <= graceDelay; !w.inGrace {
		d -= graceDelay
	}
	w.timer.Reset(d)
}

func (w *TimedConn) timedOut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.reading:
	case !w.inGrace:
		w.startTimer(graceDelay)
	default:
		w.link.expireOnce.Do(func() { close(w.link.expired) })
	}
}

// Read reads from the connection, and makes the link expire if that takes too long.
func (w *TimedConn) Read(p []byte) (int, error) {
	if w.link == nil {
		n, err := w.rwc.Read(p)
		if w.heard != nil {
			w.heard()
		}
		return n, err
	}
	midway := w.link.conn.InsideFrame()
	if !w.startRead(midway) {
		w.link.expireOnce.Do(func() { close(w.link.expired) })
		return 0, errReadTimeout
	}
	n, err := w.rwc.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading = false
	w.timer.Stop()
	if midway {
		w.partSize += n
		stopped := time.Since(w.partStart) >= frameTimeout // the process was suspended; the data was not late
		if w.partSize >= framePartSize || stopped {
			w.partStart, w.partSize = time.Now(), 0
		}
	}
	return n, err
}

// startRead starts the timer for a read. It reports whether any time is left for the
// read.
func (w *TimedConn) startRead(midway bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.readTimeout(midway)
	if d > 0 {
		w.startTimer(d)
	}
	w.reading = d >= 0
	return w.reading
}

// resetTimer restarts the timer of a waiting read after maySilent has changed.
func (w *TimedConn) resetTimer() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.reading || w.link.peerTicks.Load() || w.link.conn.InsideFrame():
	case w.link.maySilent.Load():
		w.timer.Stop()
	default:
		w.startTimer(idleTimeout)
	}
}

// readTimeout returns the time that the next read may wait: 0 means without limit, a
// negative value means that no time is left.
func (w *TimedConn) readTimeout(midway bool) time.Duration {
	if !midway {
		w.partStart, w.partSize = time.Time{}, 0
		switch l := w.link; {
		case l.peerTicks.Load():
			return deadTimeout
		case l.maySilent.Load():
			return 0
		}
		return idleTimeout
	}
	if w.partStart.IsZero() {
		w.partStart = time.Now()
	}
	if left := frameTimeout - time.Since(w.partStart); left > 0 {
		return left
	}
	return -1
}

// Write writes without a time limit, because a peer that does not read may still be
// alive: its pager may be paused.
func (w *TimedConn) Write(p []byte) (int, error) { return w.rwc.Write(p) }

// CloseWrite closes the connection for writing, if rwc can do that.
func (w *TimedConn) CloseWrite() error {
	if h, ok := w.rwc.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Close closes rwc.
func (w *TimedConn) Close() error { return w.rwc.Close() }

func (l *Link) isExpired() bool {
	select {
	case <-l.expired:
		return true
	default:
		return false
	}
}
