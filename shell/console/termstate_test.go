package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/shell/console"
)

func TestWhatAProgramLeavesOnTheTerminalIsUndone(t *testing.T) {
	for name, c := range map[string]struct {
		prints, undone string
		openLine       bool
	}{
		"nothing":      {"", "", false},
		"lines":        {"one\r\ntwo\r\n", "", false},
		"an open line": {"one\r\ntwo", "", true},
		"an editor that ended": {
			"\x1b[?1049h\x1b[?1h\x1b=\x1b[?25l\x1b[1mx\x1b[m\x1b[?25h\x1b[?1l\x1b>\x1b[?1049l", "", false,
		},
		"an editor that was killed": {
			"\x1b[?1049h\x1b[?1h\x1b=\x1b[?25lx", "\x1b[?1l\x1b[?25h\x1b>\x1b[?1049l", false,
		},
		"several modes at once":       {"\x1b[?1000;1006;2004h", "\x1b[?1000l\x1b[?1006l\x1b[?2004l", false},
		"an unknown mode":             {"\x1b[?12h\x1b[4h\x1b[>1;2c", "", false},
		"no wrapping":                 {"\x1b[?7l", "\x1b[?7h", false},
		"a color":                     {"\x1b[38;5;0mx", "\x1b[m", true},
		"a color, and none":           {"\x1b[31mx\x1b[0m\n", "", false},
		"a region that scrolls":       {"\x1b[2;5r", "\x1b7\x1b[r\x1b8", false},
		"a region, and all":           {"\x1b[2;5r\x1b[r", "", false},
		"keys in another encoding":    {"\x1b[>4;2m", "\x1b[>4m\x1b[<9u\x1b[m", false},
		"another character set":       {"\x1b(0q", "\x1b(B", true},
		"line drawing in screen":      {"\x1b)0\x0eqqq", "\x0f", true},
		"line drawing, and letters":   {"\x0eqqq\x0f\n", "", false},
		"keys as Windows sends them":  {"\x1b[?9001h\x1b[?1004h", "\x1b[?1004l\x1b[?9001l", false},
		"reports of sizes and colors": {"\x1b[?2048h\x1b[?2031h", "\x1b[?2031l\x1b[?2048l", false},
		"a reset":                     {"\x1b[?1049h\x1b[31m\x1b[2;5r\x0e\x1bc", "", false},
		"half a title":                {"\x1b]0;never", "\x18", false},
		"half a title after a color":  {"\x1b[31m\x1b]0;never", "\x18\x1b[m", false},
		"a title":                     {"\x1b]0;never\a", "", false},
		"text in a device string":     {"\x1bPqxyz\x1b\\", "", false},
	} {
		s := console.NewTermState()
		s.Follow([]byte(c.prints))
		undone, openLine := s.Undo()
		require.Equal(t, c.undone, undone, name)
		require.Equal(t, c.openLine, openLine, name)
	}
}

// Undo restores everything at once: afterwards there is nothing to restore, neither
// on the terminal nor in the state.
func TestTerminalStateIsUndoneOnce(t *testing.T) {
	const cancel = "\x18" // ends an incomplete sequence
	rapid.Check(t, func(t *rapid.T) {
		s, terminal := console.NewTermState(), console.NewTermState()
		for _, piece := range rapid.SliceOf(rapid.OneOf(
			rapid.StringMatching(`\x1b\[[?>=!]?[0-9;:]{0,12}[hlmrucp]`),
			rapid.StringMatching(`\x1b[=>()cPX\]]?[B0a-z]?`),
			rapid.String(),
		)).Draw(t, "pieces") {
			s.Follow([]byte(piece))
			terminal.Follow([]byte(piece))
		}
		sequences, _ := s.Undo()
		terminal.Follow([]byte(cancel + sequences))
		left, _ := terminal.Undo()
		require.NotContains(t, left, "\x1b[?", "modes")
		require.NotContains(t, left, "\x1b[r", "regions")
		s.Follow([]byte(cancel))
		again, _ := s.Undo()
		require.Empty(t, again)
	})
}
