// Package keys translates terminal input into runes for readline. It replaces the escape
// sequences of keys such as Home, Delete and the arrows, joins the lines of a paste, and
// adds runes that stand for events.
package keys

import (
	"io"
	"sync"
)

// Events, and keys for which readline has no control character, are encoded as Unicode
// noncharacters. These cannot be typed, because the decoder drops them from the input.
const (
	Wake         = '\uFDD0' + iota // Reader.Wake was called
	Resize                         // the window size changed
	Delete                         // Delete key
	WordLeft                       // Ctrl-Left
	WordRight                      // Ctrl-Right
	CutRight                       // Alt-D
	CutLeft                        // Alt-Backspace
	PasteStart                     // before a paste
	LineBreak                      // between the lines of a paste
	PasteEnd                       // after a paste; if it has several lines, Enter follows
	PasteTooLong                   // instead of a paste longer than MaxPaste
	Last         = '\uFDEF'
)

// IsKey reports whether r stands for a key or an event.
func IsKey(r rune) bool { return r >= Wake && r <= Last }

// The control characters that readline interprets.
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

// EndsLine reports whether r makes readline stop reading input until it has handled r.
func EndsLine(r rune) bool {
	return r == Enter || r == CtrlJ || r == CtrlC || r == CtrlD
}

// A Reader reads a terminal and returns keys instead of escape sequences. It reads
// the terminal only during a call of Read, so that a child process can read it
// between two prompts.
type Reader struct {
	src     io.Reader
	ask     chan struct{}
	got     chan []byte // nil at the end of the input
	wake    chan struct{}
	resized <-chan struct{}
	done    chan struct{}
	once    sync.Once

	// The fields below are used only by Read.
	asked bool
	ended bool
	keys  decoder
	out   []byte
}

// NewReader returns a Reader of src. resized receives a value when the window size
// changes; it may be nil.
func NewReader(src io.Reader, resized <-chan struct{}) *Reader {
	k := &Reader{
		src: src, resized: resized, ask: make(chan struct{}), got: make(chan []byte),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go k.pump()
	return k
}

// pump reads src on request. A blocked read can outlive Close.
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

// Read reads complete keys, or a single Wake or Resize.
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

// wait waits for keys and stores them in k.out, or returns an event. It delays events
// during a history search, because an event would end the search.
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

// Wake makes Read return the key Wake.
func (k *Reader) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Close makes Read return io.EOF.
func (k *Reader) Close() error {
	k.once.Do(func() { close(k.done) })
	return nil
}
