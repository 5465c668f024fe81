package console

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// MaxTableBytes is how many bytes of a remote list a command keeps until it is
// printed as a table.
const MaxTableBytes = 8 << 20

const maxColumnWidth = 200 // a cell that is wider does not widen its column

// FormatTable returns rows of cells as lines of columns. The columns whose numbers,
// from 0, are in right are aligned to the right, the others to the left.
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
