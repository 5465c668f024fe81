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
type TermState struct {
	parser       *ansi.Parser
	modes        map[int]bool // the private modes that are not as they began, and what they are now
	keyboard     bool         // they come in another spelling
	scrollRegion bool         // only a part of the screen scrolls
	styled       bool
	charset      bool
	shiftedOut   bool // to the other of two character sets
	openLine     bool // there is text on the cursor's line
}

// defaultMode returns how a private mode is at the beginning, of those that are
// in the way of whoever has the terminal next.
func defaultMode(mode int) (on, known bool) {
	switch mode {
	case 7, 25: // the line wraps, the cursor is seen
		return true, true
	case 1, 5, 6, 9, 47, 66, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049, 2004, 2026, 2031, 2048, 9001:
		return false, true
	}
	return false, false
}

const (
	asciiCAN = 0x18 // ends an escape sequence, whole or not
	asciiSO  = 0x0e // lines and corners come for letters, in tmux and screen
	asciiSI  = 0x0f
)

func NewTermState() *TermState {
	t := &TermState{parser: ansi.NewParser(), modes: map[int]bool{}}
	t.parser.SetHandler(ansi.Handler{
		Print:     func(rune) { t.openLine = true },
		Execute:   t.onControl,
		HandleCsi: t.onCSI,
		HandleEsc: t.onEscape,
	})
	return t
}

// Follow looks at what a program writes.
func (t *TermState) Follow(b []byte) {
	for _, c := range b {
		t.parser.Advance(c)
	}
}

func (t *TermState) onControl(b byte) {
	switch b {
	case '\n':
		t.openLine = false
	case asciiSO, asciiSI:
		t.shiftedOut = b == asciiSO
	}
}

func (t *TermState) onCSI(cmd ansi.Cmd, params ansi.Params) {
	switch final := cmd.Final(); {
	case cmd.Prefix() == '?' && (final == 'h' || final == 'l'):
		params.ForEach(0, func(_, mode int, _ bool) { t.setMode(mode, final == 'h') })
	case cmd.Prefix() == '>' && (final == 'm' || final == 'u'), cmd.Prefix() == '=' && final == 'u':
		t.keyboard = true
	case cmd.Prefix() != 0 || cmd.Intermediate() != 0:
	case final == 'm':
		t.styled = slices.ContainsFunc(params, func(p ansi.Param) bool { return p.Param(0) != 0 })
	case final == 'r':
		t.scrollRegion = len(params) > 0
	}
}

func (t *TermState) setMode(mode int, on bool) {
	if first, known := defaultMode(mode); known && on != first {
		t.modes[mode] = on
	} else {
		delete(t.modes, mode)
	}
	if !on && (mode == 47 || mode == 1047 || mode == 1049) { // back on the screen with the prompt
		t.openLine = false
	}
}

func (t *TermState) onEscape(cmd ansi.Cmd) {
	switch {
	case cmd.Intermediate() == '(':
		t.charset = cmd.Final() != 'B'
	case cmd.Final() == '=':
		t.setMode(66, true)
	case cmd.Final() == '>':
		t.setMode(66, false)
	case cmd.Final() == 'c': // all is as at the beginning
		clear(t.modes)
		t.keyboard, t.scrollRegion, t.styled, t.charset, t.shiftedOut = false, false, false, false, false
	}
}

// Undo returns what makes the terminal again what it was.
func (t *TermState) Undo() string {
	var b strings.Builder
	if t.parser.State() != parser.GroundState {
		b.WriteByte(asciiCAN) // or the sequence that was cut would go on
	}
	if t.scrollRegion {
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
		t.setMode(mode, !t.modes[mode])
	}
	if t.keyboard {
		b.WriteString("\x1b[>4m\x1b[<9u")
	}
	if t.charset {
		b.WriteString("\x1b(B")
	}
	if t.shiftedOut {
		b.WriteByte(asciiSI)
	}
	if t.styled || t.keyboard { // old terminals take the former for a style
		b.WriteString("\x1b[m")
	}
	t.keyboard, t.scrollRegion, t.styled, t.charset, t.shiftedOut = false, false, false, false, false
	return b.String()
}
