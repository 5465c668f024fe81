package remote

import (
	"os"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

const endOfInput = 4 // Ctrl-D

// An inlet is the standard input of a program: what has come and is not
// written yet, at most what was asked for.
type inlet struct {
	to       *os.File
	terminal *terminal     // nil: to is a pipe
	more     chan struct{} // has room for one: something has changed

	mu     sync.Mutex
	queued []byte
	spare  []byte
	ended  bool // no more will come
	closed bool // the program is gone
}

func newInlet(to *os.File, t *terminal) *inlet {
	return &inlet{to: to, terminal: t, more: make(chan struct{}, 1)}
}

// take takes a frame of the client's stream. It never waits.
func (i *inlet) take(f codec.Frame) error {
	if f.Verb == codec.SIZE {
		return i.terminal.take(f)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	switch f.Verb {
	case codec.DATA:
		if len(i.queued)+len(f.Body) > link.FirstCredit {
			return codec.Errorf(codec.BadRequest, "%d bytes of input, only %d were asked for", len(i.queued)+len(f.Body), link.FirstCredit)
		}
		i.queued = append(i.queued, f.Body...)
	case codec.END:
		if i.terminal != nil { // which stays open for what it shows
			i.queued = append(i.queued, endOfInput)
		} else {
			i.ended = true
		}
	}
	i.wake()
	return nil
}

func (i *inlet) wake() {
	select {
	case i.more <- struct{}{}:
	default:
	}
}

func (i *inlet) close() {
	i.mu.Lock()
	i.closed = true
	i.mu.Unlock()
	_ = i.to.SetWriteDeadline(time.Now())
	i.wake()
}

// feed writes what comes to the program and asks for as much again. What a
// program that has closed its input does not read is dropped.
func (i *inlet) feed(conn *codec.Conn) {
	defer i.to.Close()
	broken := false
	for {
		i.mu.Lock()
		b := i.queued
		i.queued, i.spare = i.spare[:0], b
		ended, closed := i.ended, i.closed
		i.mu.Unlock()
		switch {
		case closed, ended && len(b) == 0:
			return
		case len(b) == 0:
			<-i.more
			continue
		}
		if !broken {
			_, err := i.to.Write(b)
			broken = err != nil
		}
		_ = conn.WriteWords(codec.MORE, codec.Bare(codec.PairOf("", len(b)).Value))
		_ = conn.Flush()
	}
}
