package link

import (
	"errors"
	"io"
	"sync"
	"time"

	"techsh/codec"
)

var errPatience = errors.New("out of patience")

// Watch returns a connection over rwc whose reads are watched by the Link
// that Bind names later: it lets go of a peer that is silent for too long.
// Time counts only while a read waits.
func Watch(rwc io.ReadWriteCloser) *Watched { return &Watched{rwc: rwc} }

// A Watched is a connection whose reads have a limit in time.
type Watched struct {
	rwc  io.ReadWriteCloser
	link *Link

	mu      sync.Mutex // guards what follows, and that the timer runs only while a read waits
	timer   *time.Timer
	last    bool // it runs for the last time
	reading bool
	began   time.Time // of the frame that is being read, or of its last 64 KiB
	got     int
}

// bind lets l decide about patience. Nothing may be reading yet.
func (w *Watched) bind(l *Link) {
	w.link, l.watched = l, w
	w.timer = time.AfterFunc(time.Hour, w.late)
	w.timer.Stop()
}

// arm has the link expire when the read has waited for d. The end of it counts
// anew: a process that was stopped wakes to find both that its time is up and
// what has come meanwhile, which it is to read.
func (w *Watched) arm(d time.Duration) {
	if w.last = d <= lastLook; !w.last {
		d -= lastLook
	}
	w.timer.Reset(d)
}

func (w *Watched) late() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.reading:
	case !w.last:
		w.arm(lastLook)
	default:
		w.link.expire.Do(func() { close(w.link.expired) })
	}
}

// Read reads, and calls the link's expiry when that takes too long.
func (w *Watched) Read(p []byte) (int, error) {
	if w.link == nil {
		return w.rwc.Read(p)
	}
	midway := w.link.conn.Midway()
	if !w.wait(midway) {
		w.link.expire.Do(func() { close(w.link.expired) })
		return 0, errPatience
	}
	n, err := w.rwc.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading = false
	w.timer.Stop()
	if midway {
		w.got += n
		stopped := time.Since(w.began) >= frameWithin // else we had not read on
		if w.got >= framePart || stopped {
			w.began, w.got = time.Now(), 0
		}
	}
	return n, err
}

// wait starts the timer for a read, and says whether there is time for one.
func (w *Watched) wait(midway bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.patience(midway)
	if d > 0 {
		w.arm(d)
	}
	w.reading = d >= 0
	return w.reading
}

// rearm is wait for the read that is under way, when whether the client may
// be silent has changed meanwhile.
func (w *Watched) rearm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.reading || w.link.ticking.Load() || w.link.conn.Midway():
	case w.link.waiting.Load():
		w.timer.Stop()
	default:
		w.arm(idleAfter)
	}
}

// patience returns how long the next read may wait: 0 is for ever, less is
// no longer.
func (w *Watched) patience(midway bool) time.Duration {
	if !midway {
		w.began, w.got = time.Time{}, 0
		switch l := w.link; {
		case l.ticking.Load():
			return deadAfter
		case l.waiting.Load():
			return 0
		}
		return idleAfter
	}
	if w.began.IsZero() {
		w.began = time.Now()
	}
	if left := frameWithin - time.Since(w.began); left > 0 {
		return left
	}
	return -1
}

// Write writes, however long it takes: a paused pager is not dead.
func (w *Watched) Write(p []byte) (int, error) { return w.rwc.Write(p) }

// CloseWrite ends one direction where rwc can.
func (w *Watched) CloseWrite() error {
	if h, ok := w.rwc.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Close closes rwc.
func (w *Watched) Close() error { return w.rwc.Close() }

func (l *Link) isExpired() bool {
	select {
	case <-l.expired:
		return true
	default:
		return false
	}
}

// ticked notes that the peer has ticked: from now on we do too. It runs in
// the reader, which never writes, hence the goroutine.
func (l *Link) ticked() {
	l.ticking.Store(true)
	l.beat.Do(l.tick)
}

// tick ticks whenever nothing else was sent, until the link ends.
func (l *Link) tick() {
	l.wg.Go(func() {
		timer := time.NewTimer(tickAfter)
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
			if silence >= tickAfter {
				_ = l.conn.WriteWords(codec.TICK)
				_ = l.conn.Flush() // that a link is dead is the reader's to find out
				silence = 0
			}
			timer.Reset(tickAfter - silence)
		}
	})
}
