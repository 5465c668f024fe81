package winname_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/winname"
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
		require.Error(t, winname.Check(name), "%q", name)
	}
	for _, name := range []string{
		"a", "a b", ".a", "a.b", "console", "CONX", "XCON", "con1", "NULL", "COM", "COM10", "COMA",
		"LPT", "LPT10", "LPTX", "com.1", "ümläut", "日本",
		"[1]", "{a}", "~", "$", "a'b", "-x", "a;b", "a=b", strings.Repeat("x", 255),
		strings.Repeat("日", 255), strings.Repeat("\U0001f4a9", 127), strings.Repeat("\xed\xb2\xa9", 255), "\ufffd",
		"\xed\xa0\xbd", "\xed\xb2\xa9", "\xed\xb2\xa9\xed\xa0\xbd", "\xed\xa0\xbd\xed\xa0\xbd", // WTF-8
	} {
		require.NoError(t, winname.Check(name), "%q", name)
	}
}

func TestLinksCrossFromAndToWindows(t *testing.T) {
	for own, sent := range map[string]string{
		`a`: "a", `..\a\b.txt`: "../a/b.txt", `.\a`: "./a", `..`: "..", `\Users\ann`: "/Users/ann",
		`C:\Users\ann`: `C:\Users\ann`, `\\server\share\x`: `\\server\share\x`,
		`\\?\Volume{1}\x`: `\\?\Volume{1}\x`, "\xed\xa0\xbd\\x": "\xed\xa0\xbd/x", `a\`: "a/",
	} {
		require.Equal(t, sent, winname.SentTarget(own))
		got, err := winname.OwnTarget(sent)
		require.NoError(t, err, sent)
		require.Equal(t, own, got)
	}
	for _, sent := range []string{
		`a\b`, `../a\b`, "aux", "../nul/x", "a:b", "c:/x", "x/y:z", "trailing./x", "a ", "caf\xe9", "a*",
	} {
		_, err := winname.OwnTarget(sent)
		require.ErrorIs(t, err, &codec.Error{Code: codec.BadName})
		require.ErrorContains(t, err, "its target", sent)
	}
}

// See REPARSE_DATA_BUFFER in the documentation of Windows.
func TestDataOfALinkOnWindows(t *testing.T) {
	data, ok := winname.LinkData(`..\b`)
	require.True(t, ok)
	require.Equal(t, []byte{
		0x0c, 0, 0, 0xa0, // tag
		12 + 16, 0, 0, 0, // length, reserved
		0, 0, 8, 0, 8, 0, 8, 0, // where the name for the system is, and the one for people
		1, 0, 0, 0, // relative
		'.', 0, '.', 0, '\\', 0, 'b', 0, '.', 0, '.', 0, '\\', 0, 'b', 0,
	}, data)
	for target, system := range map[string]string{
		`C:\a`: `\??\C:\a`, `\\server\share`: `\??\UNC\server\share`, `\\?\Volume{1}\a`: `\??\Volume{1}\a`,
		`C:\日\U0001f4a9`: `\??\C:\日\U0001f4a9`,
	} {
		data, ok := winname.LinkData(target)
		require.True(t, ok)
		require.Zero(t, data[16], target)
		names := make([]uint16, 0, len(data))
		for i := 20; i < len(data); i += 2 {
			names = append(names, uint16(data[i])|uint16(data[i+1])<<8)
		}
		require.Equal(t, system+target, string(utf16.Decode(names)))
		require.Equal(t, 2*len(utf16.Encode([]rune(system))), int(data[10]), target)
		require.Equal(t, data[10], data[12])
		require.Equal(t, 2*len(utf16.Encode([]rune(target))), int(data[14]), target)
	}
	_, ok = winname.LinkData("caf\xe9")
	require.False(t, ok)
	units, ok := winname.AppendUTF16(nil, "a\xed\xa0\xbd\xed\xa0\xbd\xed\xb2\xa9"[:7]+"\U0001f4a9")
	require.True(t, ok)
	require.Equal(t, []uint16{'a', 0xd83d, 0xd83d, 0xd83d, 0xdca9}, units)
}
