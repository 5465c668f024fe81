package console

import (
	"image/color"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"techsh/codec"
	"techsh/shell/lineedit"
)

// EditorText returns the text functions for a line editor.
func EditorText() lineedit.Text {
	return lineedit.Text{
		Width:        ansi.StringWidth,
		Strip:        ansi.Strip,
		Truncate:     ansi.Truncate,
		TruncateLeft: ansi.TruncateLeft,
		FirstCluster: func(text string) (cluster string, width int) {
			return ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
		},
		Visible: visible,
	}
}

// visible is like codec.Visible, but also returns true for blanks, and for characters
// that this program does not know but the terminal may know. These characters are allowed
// because the user typed them.
func visible(before string, r rune, after string) bool {
	known := []*unicode.RangeTable{unicode.C, unicode.L, unicode.M, unicode.S, unicode.Zl, unicode.Zp}
	return codec.Visible(before, r, after) || !unicode.In(r, known...) || unicode.Is(unicode.Co, r)
}

// Color256 returns the index, 16 to 255, of the nearest color in the xterm palette.
func Color256(c color.Color) uint8 { return uint8(ansi.Convert256(c)) }
