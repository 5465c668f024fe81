// Package keys translates what terminals send into runes for readline: the
// sequences of Home, End, Delete and the arrows, pastes, and events.
package keys

import (
	"io"
	"sync"
)

// The keys that readline has no control character for travel as Unicode
// noncharacters, which cannot be typed: the decoder drops them.
const (
	Wake         = '\uFDD0' + iota // Reader.Wake was called
	Resize                         // the size of the window has changed
	Delete                         // Delete
	WordLeft                       // Ctrl-Left
	WordRight                      // Ctrl-Right
	CutRight                       // Alt-D
	CutLeft                        // Alt-Backspace
	PasteStart                     // the start of a paste, whose text follows on one line
	PasteEnd                       // the end of a paste
	PasteTooLong                   // in place of a paste longer than MaxPaste
	Last         = '\uFDEF'
)

// IsKey reports whether r stands for a key or an event.
func IsKey(r rune) bool { return r >= Wake && r <= Last }

// The control characters that readline edits by.
const (
	CtrlA     = 1
	CtrlB     = 2
	CtrlC     = 3
	CtrlD     = 4
	CtrlE     = 5
	CtrlF     = 6
	CtrlH     = 8
	CtrlJ     = 10
	Enter     = 13
	CtrlN     = 14
	CtrlP     = 16
	CtrlR     = 18
	CtrlS     = 19
	CtrlU     = 21
	Escape    = 27
	Backspace = 127
)

// EndsLine reports whether readline stops reading at r until it has handled it.
func EndsLine(r rune) bool {
	return r == Enter || r == CtrlJ || r == CtrlC || r == CtrlD
}

// A Reader is the terminal as readline reads it: keys instead of escape
// sequences. It reads the terminal only while Read waits, so that between two
// prompts a child process can read it.
type Reader struct {
	src     io.Reader
	ask     chan struct{}
	got     chan []byte // nil is the end
	wake    chan struct{}
	resized <-chan struct{}
	done    chan struct{}
	once    sync.Once

	// Only Read uses these.
	asked bool
	ended bool
	keys  decoder
	out   []byte
}

// NewReader returns a Reader of src. resized receives when the size of the
// window has changed; it may be nil.
func NewReader(src io.Reader, resized <-chan struct{}) *Reader {
	k := &Reader{
		src: src, resized: resized, ask: make(chan struct{}), got: make(chan []byte),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go k.pump()
	return k
}

// pump reads src when asked. A read that blocks outlives Close.
func (k *Reader) pump() {
	for {
		select {
		case <-k.ask:
		case <-k.done:
			return
		}
		b := make([]byte, 4096)
		n, err := k.src.Read(b)
		if b = b[:n]; n == 0 && err != nil {
			b = nil
		}
		select {
		case k.got <- b:
		case <-k.done:
			return
		}
	}
}

// Read returns whole keys, or one Wake or Resize.
func (k *Reader) Read(p []byte) (int, error) {
	for {
		select {
		case <-k.done:
			return 0, io.EOF
		default:
		}
		if len(k.out) > 0 {
			n := copy(p, k.out)
			k.out = k.out[n:]
			return n, nil
		}
		if !k.asked {
			select {
			case k.ask <- struct{}{}:
				k.asked = true
			case <-k.done:
				return 0, io.EOF
			}
		}
		if r := k.wait(); r != 0 {
			return copy(p, string(r)), nil
		}
		if k.ended {
			return 0, io.EOF
		}
	}
}

// wait waits for keys, which it puts into k.out, or returns an event. Events
// are held back during a search of the history, which readline would end.
func (k *Reader) wait() rune {
	wake, resized := k.wake, k.resized
	if k.keys.searching {
		wake, resized = nil, nil
	}
	select {
	case b := <-k.got:
		k.asked = false
		k.ended = b == nil
		k.out = k.keys.translate(b)
	case <-wake:
		return Wake
	case _, ok := <-resized:
		if ok {
			return Resize
		}
		k.resized = nil
	case <-k.done:
		k.ended = true
	}
	return 0
}

// Wake makes the next Read return the key Wake.
func (k *Reader) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Close makes Read return the end of file.
func (k *Reader) Close() error {
	k.once.Do(func() { close(k.done) })
	return nil
}
