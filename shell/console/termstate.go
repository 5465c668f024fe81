package console

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/parser"
)

// A TermState follows the output of a program on a terminal and knows which modes
// the program has changed and not yet changed back. A program that ends well leaves
// none; one that is killed, or whose link is lost, can leave the alternate screen, a
// hidden cursor and a mouse that types.
type TermState struct {
	parser       *ansi.Parser
	modes        map[int]bool // the private modes that are not as by default, and whether they are set
	keyboard     bool         // keys are sent in another encoding
	scrollRegion bool         // only a part of the screen scrolls
	styled       bool
	charset      bool // G0 is not ASCII
	shiftedOut   bool // G1 is in use
	openLine     bool // there is text on the line of the cursor
}

// Control characters.
const (
	asciiSO  = 0x0e // switches to G1: in tmux and screen, letters become line drawing
	asciiSI  = 0x0f // switches to G0
	asciiCAN = 0x18 // ends an escape sequence, complete or not
)

// modeKeypad is the application keypad, which also has sequences of its own.
const modeKeypad = 66

// defaultMode returns whether a private mode is set by default. Only modes that
// would disturb what uses the terminal next are known.
func defaultMode(mode int) (set, known bool) {
	switch mode {
	case 7, 25: // lines wrap, the cursor is visible
		return true, true
	case 1, 5, 6, 9, 47, modeKeypad, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049,
		2004, 2026, 2031, 2048, 9001:
		return false, true
	}
	return false, false
}

// NewTermState returns the state of a terminal with all modes as by default, and
// the cursor on an empty line.
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

// Follow takes a piece of the program's output, cut anywhere.
func (t *TermState) Follow(output []byte) {
	for _, c := range output {
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

func (t *TermState) setMode(mode int, set bool) {
	if before, known := defaultMode(mode); known && set != before {
		t.modes[mode] = set
	} else {
		delete(t.modes, mode)
	}
	if !set && (mode == 47 || mode == 1047 || mode == 1049) { // the main screen, where the prompt was
		t.openLine = false
	}
}

func (t *TermState) onEscape(cmd ansi.Cmd) {
	switch {
	case cmd.Intermediate() == '(':
		t.charset = cmd.Final() != 'B'
	case cmd.Final() == '=':
		t.setMode(modeKeypad, true)
	case cmd.Final() == '>':
		t.setMode(modeKeypad, false)
	case cmd.Final() == 'c': // a full reset
		clear(t.modes)
		t.resetRest()
	}
}

// resetRest sets to their defaults all but the modes.
func (t *TermState) resetRest() {
	t.keyboard, t.scrollRegion, t.styled, t.charset, t.shiftedOut = false, false, false, false, false
}

// Undo returns the sequences that change everything back, "" if nothing was changed,
// and reports whether the cursor is then on a line with text. The state is that of a
// terminal to which they were written.
func (t *TermState) Undo() (sequences string, openLine bool) {
	var b strings.Builder
	if t.parser.State() != parser.GroundState {
		b.WriteByte(asciiCAN) // ends the incomplete sequence
	}
	if t.scrollRegion {
		b.WriteString("\x1b7\x1b[r\x1b8") // saves the cursor, which a new region moves
	}
	for _, mode := range slices.Sorted(maps.Keys(t.modes)) {
		set := t.modes[mode]
		switch {
		case mode == modeKeypad: // all terminals know this older sequence
			b.WriteString("\x1b>")
		case set:
			fmt.Fprintf(&b, "\x1b[?%dl", mode)
		default:
			fmt.Fprintf(&b, "\x1b[?%dh", mode)
		}
		t.setMode(mode, !set)
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
	if t.styled || t.keyboard { // old terminals take the first sequence of keyboard for a style
		b.WriteString("\x1b[m")
	}
	t.resetRest()
	return b.String(), t.openLine
}
