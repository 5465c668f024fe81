package shell

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWhatAProgramLeavesOnTheTerminalIsUndone(t *testing.T) {
	for name, c := range map[string]struct {
		prints, undone string
		open           bool
	}{
		"nothing":                        {"", "", false},
		"lines":                          {"one\r\ntwo\r\n", "", false},
		"an open line":                   {"one\r\ntwo", "", true},
		"an editor that ended":           {"\x1b[?1049h\x1b[?1h\x1b=\x1b[?25l\x1b[1mx\x1b[m\x1b[?25h\x1b[?1l\x1b>\x1b[?1049l", "", false},
		"an editor that was killed":      {"\x1b[?1049h\x1b[?1h\x1b=\x1b[?25lx", "\x1b[?1l\x1b[?25h\x1b>\x1b[?1049l", false},
		"several modes at once":          {"\x1b[?1000;1006;2004h", "\x1b[?1000l\x1b[?1006l\x1b[?2004l", false},
		"a mode we do not know":          {"\x1b[?12h\x1b[4h\x1b[>1;2c", "", false},
		"no wrapping":                    {"\x1b[?7l", "\x1b[?7h", false},
		"a colour":                       {"\x1b[38;5;0mx", "\x1b[m", true},
		"a colour, and none":             {"\x1b[31mx\x1b[0m\n", "", false},
		"a region that scrolls":          {"\x1b[2;5r", "\x1b7\x1b[r\x1b8", false},
		"a region, and all":              {"\x1b[2;5r\x1b[r", "", false},
		"keys in another spelling":       {"\x1b[>4;2m", "\x1b[>4m\x1b[<9u\x1b[m", false},
		"the other character set":        {"\x1b(0q", "\x1b(B", true},
		"lines and corners of screen":    {"\x1b)0\x0eqqq", "\x0f", true},
		"lines, and letters again":       {"\x0eqqq\x0f\n", "", false},
		"keys as Windows spells them":    {"\x1b[?9001h\x1b[?1004h", "\x1b[?1004l\x1b[?9001l", false},
		"told of sizes and of colours":   {"\x1b[?2048h\x1b[?2031h", "\x1b[?2031l\x1b[?2048l", false},
		"a reset":                        {"\x1b[?1049h\x1b[31m\x1b[2;5r\x0e\x1bc", "", false},
		"half a title":                   {"\x1b]0;never", "\x18", false},
		"half a title behind a colour":   {"\x1b[31m\x1b]0;never", "\x18\x1b[m", false},
		"a title":                        {"\x1b]0;never\a", "", false},
		"text in a string of the device": {"\x1bPqxyz\x1b\\", "", false},
	} {
		tr := newTraces()
		tr.follow([]byte(c.prints))
		require.Equal(t, c.undone, tr.undo(), name)
		require.Equal(t, c.open, tr.open, name)
	}
}

func TestTracesAreUndoneOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := newTraces()
		for _, piece := range rapid.SliceOf(rapid.OneOf(
			rapid.StringMatching(`\x1b\[[?>=!]?[0-9;:]{0,12}[hlmrucp]`), rapid.StringMatching(`\x1b[=>()cPX\]]?[B0a-z]?`), rapid.String(),
		)).Draw(t, "pieces") {
			tr.follow([]byte(piece))
		}
		again := newTraces()
		again.follow([]byte("\x18" + tr.undo()))
		require.Empty(t, again.modes)
		require.False(t, again.region)
		require.False(t, again.styled)
		tr.follow([]byte("\x18"))
		require.Empty(t, tr.undo())
	})
}
