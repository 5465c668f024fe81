package console

import (
	"image/color"

	"github.com/charmbracelet/x/ansi"

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
	}
}

// Color256 returns the index, 16 to 255, of the nearest color in the xterm palette.
func Color256(c color.Color) uint8 { return uint8(ansi.Convert256(c)) }
