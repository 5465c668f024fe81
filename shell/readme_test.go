package shell

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheCommandTableInTheREADMEIsThatOfTheRows guards the README; UPDATE=1
// writes the table anew.
func TestTheCommandTableInTheREADMEIsThatOfTheRows(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	table := regexp.MustCompile(`(?m)^\| command \|.*\n\|---\|---\|\n(\|.*\n)*`)
	require.Len(t, table.FindAll(readme, -1), 1)
	if os.Getenv("UPDATE") != "" {
		readme = []byte(table.ReplaceAllLiteralString(string(readme), Table()))
		require.NoError(t, os.WriteFile("../README.md", readme, 0o644))
	}
	require.Equal(t, Table(), string(table.Find(readme)))
}

func TestEveryRowIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rows() {
		require.NotEmpty(t, r.line, r.name())
		require.NotNil(t, r.run, r.name())
		require.NotEmpty(t, r.examples, "%s has no example", r.name())
		require.LessOrEqual(t, len(r.examples), 3, r.name())
		for _, n := range r.names {
			require.False(t, seen[n], "%s is two commands", n)
			require.Equal(t, strings.ToLower(n), n)
			seen[n] = true
		}
		for _, o := range r.options {
			flag, _, _ := strings.Cut(o.String(), ",")
			require.Contains(t, r.synopsis, strings.Fields(flag)[0], "%s: the synopsis has all options", r.name())
		}
		for _, e := range r.examples {
			words := strings.Fields(strings.TrimPrefix(e, "!"))
			if r.name() != "!" {
				require.Contains(t, r.names, words[0], "%s: an example is of its own command", r.name())
			}
		}
	}
}
