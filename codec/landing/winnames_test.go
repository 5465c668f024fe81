package landing_test

import (
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
)

func TestLinksCrossFromAndToWindows(t *testing.T) {
	for own, sent := range map[string]string{
		`a`: "a", `..\a\b.txt`: "../a/b.txt", `.\a`: "./a", `..`: "..", `\Users\ann`: "/Users/ann",
		`C:\Users\ann`: `C:\Users\ann`, `\\server\share\x`: `\\server\share\x`,
		`\\?\Volume{1}\x`: `\\?\Volume{1}\x`, "\xed\xa0\xbd\\x": "\xed\xa0\xbd/x", `a\`: "a/",
	} {
		require.Equal(t, sent, landing.SentWindowsTarget(own))
		got, err := landing.OwnWindowsTarget(sent)
		require.NoError(t, err, sent)
		require.Equal(t, own, got)
	}
	for _, sent := range []string{
		`a\b`, `../a\b`, "aux", "../nul/x", "a:b", "c:/x", "x/y:z", "trailing./x", "a ", "caf\xe9", "a*",
	} {
		_, err := landing.OwnWindowsTarget(sent)
		requireCode(t, err, codec.BadName)
		require.ErrorContains(t, err, "its target", sent)
	}
}

// See REPARSE_DATA_BUFFER in the documentation of Windows.
func TestDataOfALinkOnWindows(t *testing.T) {
	data, ok := landing.WindowsLink(`..\b`)
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
		data, ok := landing.WindowsLink(target)
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
	_, ok = landing.WindowsLink("caf\xe9")
	require.False(t, ok)
	units, ok := landing.AppendUTF16(nil, "a\xed\xa0\xbd\xed\xa0\xbd\xed\xb2\xa9"[:7]+"\U0001f4a9")
	require.True(t, ok)
	require.Equal(t, []uint16{'a', 0xd83d, 0xd83d, 0xd83d, 0xdca9}, units)
}
