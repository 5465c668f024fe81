package programs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/parser"
)

// Traces are what a program on a terminal has changed there and not changed
// back yet. One that ends well leaves none; one that is killed, or whose link
// is lost, leaves the other screen, no cursor, a mouse that types.
type termState struct {
	parser  *ansi.Parser
	modes   map[int]bool // the private modes that are not as they began, and what they are now
	keys    bool         // they come in another spelling
	region  bool         // only a part of the screen scrolls
	styled  bool
	charset bool
	shifted bool // to the other of two character sets
	open    bool // there is text on the cursor's line
}

// initially returns how a private mode is at the beginning, of those that are
// in the way of whoever has the terminal next.
func initially(mode int) (on, known bool) {
	switch mode {
	case 7, 25: // the line wraps, the cursor is seen
		return true, true
	case 1, 5, 6, 9, 47, 66, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049, 2004, 2026, 2031, 2048, 9001:
		return false, true
	}
	return false, false
}

const (
	cancel   = 0x18 // ends an escape sequence, whole or not
	shiftOut = 0x0e // lines and corners come for letters, in tmux and screen
	shiftIn  = 0x0f
)

func newTermState() *termState {
	t := &termState{parser: ansi.NewParser(), modes: map[int]bool{}}
	t.parser.SetHandler(ansi.Handler{
		Print:     func(rune) { t.open = true },
		Execute:   t.control,
		HandleCsi: t.csi,
		HandleEsc: t.esc,
	})
	return t
}

// follow looks at what a program writes.
func (t *termState) follow(b []byte) {
	for _, c := range b {
		t.parser.Advance(c)
	}
}

func (t *termState) control(b byte) {
	switch b {
	case '\n':
		t.open = false
	case shiftOut, shiftIn:
		t.shifted = b == shiftOut
	}
}

func (t *termState) csi(cmd ansi.Cmd, params ansi.Params) {
	switch final := cmd.Final(); {
	case cmd.Prefix() == '?' && (final == 'h' || final == 'l'):
		params.ForEach(0, func(_, mode int, _ bool) { t.mode(mode, final == 'h') })
	case cmd.Prefix() == '>' && (final == 'm' || final == 'u'), cmd.Prefix() == '=' && final == 'u':
		t.keys = true
	case cmd.Prefix() != 0 || cmd.Intermediate() != 0:
	case final == 'm':
		t.styled = slices.ContainsFunc(params, func(p ansi.Param) bool { return p.Param(0) != 0 })
	case final == 'r':
		t.region = len(params) > 0
	}
}

func (t *termState) mode(mode int, on bool) {
	if first, known := initially(mode); known && on != first {
		t.modes[mode] = on
	} else {
		delete(t.modes, mode)
	}
	if !on && (mode == 47 || mode == 1047 || mode == 1049) { // back on the screen with the prompt
		t.open = false
	}
}

func (t *termState) esc(cmd ansi.Cmd) {
	switch {
	case cmd.Intermediate() == '(':
		t.charset = cmd.Final() != 'B'
	case cmd.Final() == '=':
		t.mode(66, true)
	case cmd.Final() == '>':
		t.mode(66, false)
	case cmd.Final() == 'c': // all is as at the beginning
		clear(t.modes)
		t.keys, t.region, t.styled, t.charset, t.shifted = false, false, false, false, false
	}
}

// undo returns what makes the terminal again what it was.
func (t *termState) undo() string {
	var b strings.Builder
	if t.parser.State() != parser.GroundState {
		b.WriteByte(cancel) // or the sequence that was cut would go on
	}
	if t.region {
		b.WriteString("\x1b7\x1b[r\x1b8") // which else moves the cursor
	}
	for _, mode := range slices.Sorted(maps.Keys(t.modes)) {
		letter := 'h'
		if t.modes[mode] {
			letter = 'l'
		}
		if mode == 66 { // the keypad, whose mode has an older spelling that all know
			b.WriteString("\x1b>")
		} else {
			fmt.Fprintf(&b, "\x1b[?%d%c", mode, letter)
		}
		t.mode(mode, !t.modes[mode])
	}
	if t.keys {
		b.WriteString("\x1b[>4m\x1b[<9u")
	}
	if t.charset {
		b.WriteString("\x1b(B")
	}
	if t.shifted {
		b.WriteByte(shiftIn)
	}
	if t.styled || t.keys { // old terminals take the former for a style
		b.WriteString("\x1b[m")
	}
	t.keys, t.region, t.styled, t.charset, t.shifted = false, false, false, false, false
	return b.String()
}
