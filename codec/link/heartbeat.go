package link

import (
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
