package console

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// MaxTableBytes is how many bytes of a list are kept until it is laid out, lest a
// remote fill our memory.
const MaxTableBytes = 8 << 20

const widest = 200 // column: what is wider sticks out, and does not widen every row

// table lays cells out in columns; those in right, which count from 0, end
// where they end, the others begin where they begin.
func FormatTable(rows [][]string, right ...int) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], min(ansi.StringWidth(cell), widest))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			gap := strings.Repeat(" ", max(0, widths[i]-ansi.StringWidth(cell)))
			if slices.Contains(right, i) {
				cell, gap = gap+cell, ""
			}
			line += cell + gap + "  "
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
