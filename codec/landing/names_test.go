package landing_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
)

func TestNamesThatWindowsWouldNotKeep(t *testing.T) {
	for _, name := range []string{
		"a<b", "a>b", "a:b", `a"b`, `a\b`, "a|b", "a?b", "a*b", "a\x01b", "a\x1f", "tab\t", "x.", "x ",
		"x..", ". ",
		"CON", "con", "Con.txt", "con.tar.gz", "CON .txt", "PRN", "AUX", "aux.c", "NUL", "nul.",
		"nul .x", "CONIN$", "conout$", "CONOUT$.txt",
		"COM0", "COM1", "com9.txt", "COM¹", "com².txt", "COM³", "LPT0", "lpt1", "LPT9.x", "LPT¹",
		"file.txt:stream", "C:",
	} {
		require.Error(t, landing.CheckWindowsName(name), "%q", name)
	}
	for _, name := range []string{
		"a", "a b", ".a", "a.b", "console", "CONX", "XCON", "con1", "NULL", "COM", "COM10", "COMA",
		"LPT", "LPT10", "LPTX", "com.1", "ümläut", "日本",
		"[1]", "{a}", "~", "$", "a'b", "-x", "a;b", "a=b", strings.Repeat("x", 255),
	} {
		require.NoError(t, landing.CheckWindowsName(name), "%q", name)
	}
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{"", ".", "..", "a/b", "/", "\x00", "a\x00b", strings.Repeat("x", 256)} {
		requireCode(t, landing.CheckName(name), codec.BadName)
	}
	for _, name := range []string{"a", ".a", "a b", "äö", strings.Repeat("x", 255)} {
		require.NoError(t, landing.CheckName(name))
	}
}
