package console

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// MaxTableBytes limits how many bytes of a remote list a command keeps before it
// prints them as a table.
const MaxTableBytes = 8 << 20

const maxColumnWidth = 200 // a wider cell does not widen its column

// FormatTable formats rows of cells in columns. right lists the columns, counted from
// 0, that are aligned to the right.
func FormatTable(rows [][]string, right ...int) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], min(ansi.StringWidth(cell), maxColumnWidth))
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
