//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTraceSpoilsNeitherThePromptNorWhatAProgramShows traces what a person sees:
// each frame on a line of its own, none while a line is typed.
func TestTraceSpoilsNeitherThePromptNorWhatAProgramShows(t *testing.T) {
	x := sit(t, 100, 40)
	x.atPrompt("tree>")
	x.runs("trace on")
	x.atPrompt("tree>")
	x.runs("exec printf abc")
	x.sees("< OK         7  exit=0")
	x.atPrompt("tree>")
	lines := strings.Split(x.text(), "\n")
	end := lines[len(lines)-6:]
	require.Equal(t, []string{"> EXEC      14  -- printf abc", "< DATA       3  abc", "abc", "< OK         7  exit=0"}, end[1:5])

	x.types("cat not\t")
	x.sees("cat notes.txt")
	x.types("\x03")
	x.runs("explain pwd")
	x.sees("|PWD  |")
	x.atPrompt("tree>")
	require.NotContains(t, x.text(), "> DIR", "what Tab asks is nobody's command")

	x.runs("exec -t sh -c 'echo ready; read x; echo got $x'")
	x.atPrompt("\nready")
	x.types("it\r")
	x.sees("\ngot it\n")
	x.atPrompt("tree>")
	require.Equal(t, 1, strings.Count(x.text(), "> EXEC"), "the terminal was the program's")
	x.runs("wire show")
	x.sees("> DIR  ")
	x.sees("> EXEC ")
	x.leaves()
}
