package link

import (
	"errors"
	"time"

	"techsh/codec"
)

// handleTick notes that the peer sends TICK, and makes this end send TICK too. It runs in
// the goroutine that reads, which must not write.
func (l *Link) handleTick() {
	l.peerTicks.Store(true)
	l.startTicks.Do(l.sendTicks)
}

// sendTicks starts a goroutine that sends TICK whenever nothing else was sent for
// tickDelay, until the link ends.
func (l *Link) sendTicks() {
	l.wg.Go(func() {
		timer := time.NewTimer(tickDelay)
		defer timer.Stop()
		for {
			select {
			case <-timer.C:
			case <-l.probes:
				if errors.Join(l.conn.WriteWords(codec.TICK), l.conn.Flush()) != nil {
					l.cancelRunning(errClientGone)
				}
				continue
			case <-l.closing:
				return
			case <-l.ended:
				return
			}
			silence := l.conn.Silence()
			if silence >= tickDelay {
				_ = l.conn.WriteWords(codec.TICK)
				_ = l.conn.Flush() // the reader finds out whether the link is dead
				silence = 0
			}
			timer.Reset(tickDelay - silence)
		}
	})
}

// probe makes the goroutine that sendTicks has started send a TICK. Sending fails if the
// peer is gone. The goroutine that reads calls probe when something keeps it from
// reading.
func (l *Link) probe() { notify(l.probes) }

// hold makes the goroutine that reads wait for c, and probes the peer meanwhile. A peer
// that does not send TICK cannot be probed. If nothing is sent to such a peer for
// idleTimeout, the link expires.
func (l *Link) hold(c <-chan struct{}) {
	ticker := time.NewTicker(probeDelay)
	defer ticker.Stop()
	since, written := time.Now(), l.conn.Written()
	for {
		select {
		case <-c:
			return
		case <-l.closing:
			return
		case <-ticker.C:
			l.probe()
			if now := l.conn.Written(); now != written {
				since, written = time.Now(), now
			}
			if !l.peerTicks.Load() && time.Since(since) > idleTimeout {
				l.expireOnce.Do(func() { close(l.expired) })
			}
		}
	}
}
