package programs

import (
	"os"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

const endOfInput = 4 // Ctrl-D

// A stdinQueue has the standard input that has arrived for a program and is not written
// yet. It never has more bytes than were requested.
type stdinQueue struct {
	to       *os.File
	terminal *terminal     // nil if to is a pipe
	more     chan struct{} // of capacity 1; receives a value when something has changed

	mu     sync.Mutex
	queued []byte
	spare  []byte
	ended  bool // the client has sent END
	closed bool // the program has ended
}

func newStdinQueue(to *os.File, t *terminal) *stdinQueue {
	return &stdinQueue{to: to, terminal: t, more: make(chan struct{}, 1)}
}

// take queues a frame of the client. It never blocks.
func (q *stdinQueue) take(f codec.Frame) error {
	if f.Verb == codec.SIZE {
		return q.terminal.resize(f)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch f.Verb {
	case codec.DATA:
		if len(q.queued)+len(f.Body) > link.FirstCredit {
			return codec.Errorf(codec.BadRequest,
				"%d bytes of input, only %d were asked for", len(q.queued)+len(f.Body), link.FirstCredit)
		}
		q.queued = append(q.queued, f.Body...)
	case codec.END:
		if q.terminal != nil { // the terminal stays open for the output
			q.queued = append(q.queued, endOfInput)
		} else {
			q.ended = true
		}
	}
	q.wake()
	return nil
}

func (q *stdinQueue) wake() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *stdinQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	_ = q.to.SetWriteDeadline(time.Now())
	q.wake()
}

// feed writes the queue to the program, and requests from the client as many new bytes as
// it has taken from the queue. It drops the input of a program that has closed its
// standard input.
func (q *stdinQueue) feed(conn *codec.Conn) {
	defer q.to.Close()
	broken := false
	for {
		q.mu.Lock()
		b := q.queued
		q.queued, q.spare = q.spare[:0], b
		ended, closed := q.ended, q.closed
		q.mu.Unlock()
		switch {
		case closed, ended && len(b) == 0:
			return
		case len(b) == 0:
			<-q.more
			continue
		}
		if !broken {
			_, err := q.to.Write(b)
			broken = err != nil
		}
		_ = conn.WriteWords(codec.MORE, codec.Bare(codec.PairOf("", len(b)).Value))
		_ = conn.Flush()
	}
}
