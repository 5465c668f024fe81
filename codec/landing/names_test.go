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
		"caf\xe9", "\xff", "\xed\xa0\xbd\xed\xb2\xa9", "\xc0\x80", "a\xed\xa0", // not WTF-8
		strings.Repeat("x", 256), strings.Repeat("日", 256), strings.Repeat("\U0001f4a9", 128),
		strings.Repeat("\xed\xb2\xa9", 256),
	} {
		require.Error(t, landing.CheckWindowsName(name), "%q", name)
	}
	for _, name := range []string{
		"a", "a b", ".a", "a.b", "console", "CONX", "XCON", "con1", "NULL", "COM", "COM10", "COMA",
		"LPT", "LPT10", "LPTX", "com.1", "ümläut", "日本",
		"[1]", "{a}", "~", "$", "a'b", "-x", "a;b", "a=b", strings.Repeat("x", 255),
		strings.Repeat("日", 255), strings.Repeat("\U0001f4a9", 127), strings.Repeat("\xed\xb2\xa9", 255), "\ufffd",
		"\xed\xa0\xbd", "\xed\xb2\xa9", "\xed\xb2\xa9\xed\xa0\xbd", "\xed\xa0\xbd\xed\xa0\xbd", // WTF-8
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
