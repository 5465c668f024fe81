//go:build unix

package terminal

import (
	"fmt"
	"image/color"
	"strings"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// Sizes in a picture of the screen, in SVG units.
const (
	cellWidth  = 8
	cellHeight = 16
	baseline   = 12 // distance from the top of a cell to the baseline of its text
	margin     = 12
	background = "#1c1f26"
	foreground = "#d8dee9"
)

// theme has the colours that programs select by the numbers 0 to 15.
var theme = [16]string{
	"#1c1f26", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9",
	"#5c6370", "#ef7e88", "#a9d48a", "#f0cf8f", "#7cc0ff", "#d48ee8", "#6cc7d3", "#ffffff",
}

// SVG returns a picture of the screen down to its last non-empty row. mask is applied
// to each run of characters with the same style.
func (e *Terminal) SVG(mask func(text string) string) string {
	rows := len(e.Rows())
	width, height := e.Screen.Width()*cellWidth+2*margin, rows*cellHeight+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="6" fill="%s"/>`+"\n", width, height, background)
	fmt.Fprintf(&b, `<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13" `+
		`xml:space="preserve" fill="%s">`+"\n", foreground)
	for y := range rows {
		e.writeRow(&b, y, mask)
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// writeRow writes a row. It draws a run of upper half blocks as two rectangles, because
// pictures consist of such blocks.
func (e *Terminal) writeRow(b *strings.Builder, y int, mask func(string) string) {
	column := 0 // differs from x if mask changes lengths
	for x := 0; x < e.Screen.Width(); {
		style, text, end := e.run(x, y)
		if text = mask(text); strings.TrimSpace(text) != "" || style.Bg != nil {
			writeRun(b, column, y, style, text)
		}
		column += utf8.RuneCountInString(text)
		x = end
	}
}

// run returns the style of the cell at x, the text of that cell and of the cells after it
// with the same style, and the column after the text.
func (e *Terminal) run(x, y int) (style uv.Style, text string, end int) {
	for end = x; end < e.Screen.Width(); end++ {
		cell := e.Screen.CellAt(end, y)
		if cell == nil {
			cell = &uv.EmptyCell
		}
		if end == x {
			style = cell.Style
		} else if !cell.Style.Equal(&style) {
			break
		}
		text += cell.Content
	}
	return style, text, end
}

func writeRun(b *strings.Builder, column, y int, style uv.Style, text string) {
	left, top := margin+column*cellWidth, margin+y*cellHeight
	width := utf8.RuneCountInString(text) * cellWidth
	if strings.Trim(text, "▀") == "" {
		const half = cellHeight / 2
		writeRect(b, left, top, width, half, hex(style.Fg, foreground))
		writeRect(b, left, top+half, width, half, hex(style.Bg, background))
		return
	}
	if style.Bg != nil {
		writeRect(b, left, top, width, cellHeight, hex(style.Bg, background))
	}
	look := ""
	if style.Fg != nil {
		look += fmt.Sprintf(` fill="%s"`, hex(style.Fg, foreground))
	}
	if style.Attrs&uv.AttrBold != 0 {
		look += ` font-weight="bold"`
	}
	if style.Attrs&uv.AttrFaint != 0 {
		look += ` opacity="0.6"`
	}
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(strings.TrimRight(text, " "))
	fmt.Fprintf(b, `<text x="%d" y="%d" textLength="%d"%s>%s</text>`+"\n",
		left, top+baseline, utf8.RuneCountInString(text)*cellWidth, look, text)
}

func writeRect(b *strings.Builder, x, y, width, height int, fill string) {
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s" shape-rendering="crispEdges"/>`+"\n",
		x, y, width, height, fill)
}

// hex returns c in the notation of SVG. If c is nil, it returns its second argument.
func hex(c color.Color, otherwise string) string {
	if c == nil {
		return otherwise
	}
	if basic, ok := c.(ansi.BasicColor); ok && int(basic) < len(theme) {
		return theme[basic]
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
