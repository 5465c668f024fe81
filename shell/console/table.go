package console

import (
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const maxColumnWidth = 200 // a wider cell does not widen its column

// WriteTable writes rows of cells in columns. right lists the columns, counted from 0,
// that are aligned to the right. WriteTable iterates over rows twice, so that the rows
// need not be kept in memory.
func WriteTable(w io.Writer, rows iter.Seq[[]string], right ...int) error {
	var widths []int
	for row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], min(ansi.StringWidth(cell), maxColumnWidth))
		}
	}
	for row := range rows {
		line := ""
		for i, cell := range row {
			gap := strings.Repeat(" ", max(0, widths[i]-ansi.StringWidth(cell)))
			if slices.Contains(right, i) {
				cell, gap = gap+cell, ""
			}
			line += cell + gap + "  "
		}
		if _, err := io.WriteString(w, strings.TrimRight(line, " ")+"\n"); err != nil {
			return err
		}
	}
	return nil
}
