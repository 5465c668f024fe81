package shell

import (
	"io"
	"sync"
)

// The keys that readline has no control character for travel as Unicode
// noncharacters, which nobody can type: the decoder drops them.
const (
	keyWake      = '\uFDD0' + iota // somebody called Wake
	keyResize                      // the window has another size
	keyDelete                      // Delete
	keyWordLeft                    // Ctrl-Left
	keyWordRight                   // Ctrl-Right
	keyCutRight                    // Alt-D
	keyCutLeft                     // Alt-Backspace
	keyPaste                       // a paste begins: its text follows, on one line
	keyPasteEnd                    // and has ended
	keyTooLong                     // a paste was longer than maxPaste and is left out
	lastKey      = '\uFDEF'
)

func isKey(r rune) bool { return r >= keyWake && r <= lastKey }

// The control characters that readline edits by.
const (
	ctrlA     = 1
	ctrlB     = 2
	ctrlC     = 3
	ctrlD     = 4
	ctrlE     = 5
	ctrlF     = 6
	ctrlH     = 8
	ctrlJ     = 10
	enter     = 13
	ctrlN     = 14
	ctrlP     = 16
	ctrlR     = 18
	ctrlS     = 19
	ctrlU     = 21
	escape    = 27
	backspace = 127
)

// ends tells whether readline stops reading at r, until it has seen to it.
func ends(r rune) bool {
	return r == enter || r == ctrlJ || r == ctrlC || r == ctrlD
}

// A keyReader is the terminal as readline reads it: keys translated, no
// escape sequences. It reads only when it is asked to, so between two
// prompts the terminal is free for others.
type keyReader struct {
	src     io.Reader
	ask     chan struct{}
	got     chan []byte // nil is the end
	wake    chan struct{}
	resized <-chan struct{}
	done    chan struct{}
	once    sync.Once

	// These belong to Read.
	asked bool
	ended bool
	keys  decoder
	out   []byte
}

func newKeyReader(src io.Reader, resized <-chan struct{}) *keyReader {
	k := &keyReader{
		src: src, resized: resized, ask: make(chan struct{}), got: make(chan []byte),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go k.pump()
	return k
}

// pump reads src when asked. A read that blocks outlives Close.
func (k *keyReader) pump() {
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

// Read returns whole keys, or one keyWake or keyResize.
func (k *keyReader) Read(p []byte) (int, error) {
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
// have to wait while history is searched: readline would end the search.
func (k *keyReader) wait() rune {
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
		return keyWake
	case _, ok := <-resized:
		if ok {
			return keyResize
		}
		k.resized = nil
	case <-k.done:
		k.ended = true
	}
	return 0
}

// Wake makes the next Read return keyWake.
func (k *keyReader) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Close makes Read return the end of file.
func (k *keyReader) Close() error {
	k.once.Do(func() { close(k.done) })
	return nil
}
