package link

import (
	"errors"
	"io"
	"sync"
	"time"

	"techsh/codec"
)

var errReadTimeout = errors.New("out of patience")

// NewTimedConn returns a connection over rwc whose reads are watched by the Link
// that Bind names later: it lets go of a peer that is silent for too long.
// Time counts only while a read waits.
func NewTimedConn(rwc io.ReadWriteCloser) *TimedConn { return &TimedConn{rwc: rwc} }

// A TimedConn is a connection whose reads have a limit in time.
type TimedConn struct {
	rwc  io.ReadWriteCloser
	link *Link

	mu        sync.Mutex // guards what follows, and that the timer runs only while a read waits
	timer     *time.Timer
	inGrace   bool // it runs for the last time
	reading   bool
	partStart time.Time // of the frame that is being read, or of its last 64 KiB
	partSize  int
}

// setLink lets l decide about patience. Nothing may be reading yet.
func (w *TimedConn) setLink(l *Link) {
	w.link, l.timed = l, w
	w.timer = time.AfterFunc(time.Hour, w.timedOut)
	w.timer.Stop()
}

// startTimer has the link expire when the read has waited for d. The end of it counts
// anew: a process that was stopped wakes to find both that its time is up and
// what has come meanwhile, which it is to read.
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

// Read reads, and calls the link's expiry when that takes too long.
func (w *TimedConn) Read(p []byte) (int, error) {
	if w.link == nil {
		return w.rwc.Read(p)
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
		stopped := time.Since(w.partStart) >= frameTimeout // else we had not read on
		if w.partSize >= framePartSize || stopped {
			w.partStart, w.partSize = time.Now(), 0
		}
	}
	return n, err
}

// startRead starts the timer for a read, and says whether there is time for one.
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

// resetTimer is wait for the read that is under way, when whether the client may
// be silent has changed meanwhile.
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

// readTimeout returns how long the next read may wait: 0 is for ever, less is
// no longer.
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

// Write writes, however long it takes: a paused pager is not dead.
func (w *TimedConn) Write(p []byte) (int, error) { return w.rwc.Write(p) }

// CloseWrite ends one direction where rwc can.
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

// handleTick notes that the peer has ticked: from now on we do too. It runs in
// the reader, which never writes, hence the goroutine.
func (l *Link) handleTick() {
	l.peerTicks.Store(true)
	l.startTicks.Do(l.sendTicks)
}

// sendTicks ticks whenever nothing else was sent, until the link ends.
func (l *Link) sendTicks() {
	l.wg.Go(func() {
		timer := time.NewTimer(tickDelay)
		defer timer.Stop()
		for {
			select {
			case <-timer.C:
			case <-l.closing:
				return
			case <-l.ended:
				return
			}
			silence := l.conn.Silence()
			if silence >= tickDelay {
				_ = l.conn.WriteWords(codec.TICK)
				_ = l.conn.Flush() // that a link is dead is the reader's to find out
				silence = 0
			}
			timer.Reset(tickDelay - silence)
		}
	})
}
