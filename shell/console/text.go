package console

import (
	"image/color"

	"github.com/charmbracelet/x/ansi"

	"techsh/shell/lineedit"
)

// EditorText returns what measures the text of a line editor.
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

// Color256 returns the index of the color of the xterm palette, 16 to 255, that is
// nearest to c.
func Color256(c color.Color) uint8 { return uint8(ansi.Convert256(c)) }
