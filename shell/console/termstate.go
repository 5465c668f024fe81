package console

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/parser"
)

// A TermState records the terminal modes that the output of a program has changed and
// not reset. A program that is killed, or whose connection is lost, may leave behind the
// alternate screen, a hidden cursor or mouse reporting.
type TermState struct {
	parser       *ansi.Parser
	modes        map[int]bool // private modes that differ from the default, and whether they are set
	keyboard     bool         // the terminal sends keys in an encoding that is not the default
	scrollRegion bool         // only a part of the screen scrolls
	styled       bool
	charset      bool // the character set G0 is not ASCII
	shiftedOut   bool // the character set G1 is in use
	openLine     bool // the line with the cursor contains text
}

// Control characters.
const (
	asciiSO  = 0x0e // switches to the character set G1, whose letters tmux and GNU screen display as line drawing
	asciiSI  = 0x0f // switches back to the character set G0
	asciiCAN = 0x18 // ends an escape sequence, even an incomplete one
)

// modeKeypad is the private mode for the application keypad. The sequence ESC = also sets
// this mode, and the sequence ESC > also resets it.
const modeKeypad = 66

// defaultMode returns whether a private mode is set by default. known is false for a
// mode that does not disturb later use of the terminal.
func defaultMode(mode int) (set, known bool) {
	switch mode {
	case 7, 25: // line wrap, visible cursor
		return true, true
	case 1, 5, 6, 9, 47, modeKeypad, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049,
		2004, 2026, 2031, 2048, 9001:
		return false, true
	}
	return false, false
}

// NewTermState returns the state of a terminal in its default modes, with the cursor
// on an empty line.
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

// Follow updates the state with output of the program, which may be split anywhere.
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
	if !set && (mode == 47 || mode == 1047 || mode == 1049) { // back to the main screen, which contains the prompt
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
	case cmd.Final() == 'c': // full reset
		clear(t.modes)
		t.resetRest()
	}
}

// resetRest resets everything but the modes.
func (t *TermState) resetRest() {
	t.keyboard, t.scrollRegion, t.styled, t.charset, t.shiftedOut = false, false, false, false, false
}

// Undo returns the sequences that restore the defaults, or "", and reports whether
// the cursor is then on a line with text. It also resets the state.
func (t *TermState) Undo() (sequences string, openLine bool) {
	var b strings.Builder
	if t.parser.State() != parser.GroundState {
		b.WriteByte(asciiCAN) // ends an incomplete sequence
	}
	if t.scrollRegion {
		b.WriteString("\x1b7\x1b[r\x1b8") // setting a region moves the cursor, so the cursor is saved and restored
	}
	for _, mode := range slices.Sorted(maps.Keys(t.modes)) {
		set := t.modes[mode]
		switch {
		case mode == modeKeypad: // this older sequence is supported by all terminals
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
	if t.styled || t.keyboard { // old terminals interpret the first keyboard sequence as a style
		b.WriteString("\x1b[m")
	}
	t.resetRest()
	return b.String(), t.openLine
}
