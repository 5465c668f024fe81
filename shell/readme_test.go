package shell_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell"
	"techsh/shell/command"
)

// TestTheREADMEHasTheRowsOfItsSession compares the table in the README with the rows
// of the commands in the session shown there. If UPDATE=1 is set, it writes the
// table.
func TestTheREADMEHasTheRowsOfItsSession(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	readme := string(text)
	all, used := shell.CommandTable(), command.Table{}
	for _, m := range regexp.MustCompile(`(?m)^office-pc \S+> (\w+)`).FindAllStringSubmatch(readme, -1) {
		row, err := all.Find(m[1], false)
		require.NoError(t, err)
		if !slices.ContainsFunc(used.Rows, func(r command.Row) bool { return r.Name() == row.Name() }) {
			used.Rows = append(used.Rows, row)
		}
	}
	require.Len(t, used.Rows, 10)
	table := regexp.MustCompile(`(?m)^\| command \|.*\n\|---\|---\|\n(\|.*\n)*`)
	require.Len(t, table.FindAllString(readme, -1), 1)
	if os.Getenv("UPDATE") != "" {
		readme = table.ReplaceAllLiteralString(readme, used.Markdown())
		require.NoError(t, os.WriteFile("../README.md", []byte(readme), 0o644))
	}
	require.Equal(t, used.Markdown(), table.FindString(readme))
	require.LessOrEqual(t, strings.Count(readme, "\n"), 140)
}
