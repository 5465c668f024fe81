package codec_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestShowLetsNothingHostileThrough(t *testing.T) {
	for what, text := range hostile() {
		shown := codec.Show(text)
		require.NotEqual(t, text, shown, what)
		require.Regexp(t, `\\(x[0-9a-f]{2}|u\{[0-9a-f]+\})`, shown, what)
		require.Equal(t, shown, codec.Show(shown), what)
	}
}

func TestShow(t *testing.T) {
	for text, want := range map[string]string{
		"":               "",
		"plain":          "plain",
		`C:\Users\ann`:   `C:\Users\ann`,
		"größe 日本 עברית": "größe 日本 עברית",
		"e\u0301 😀":      "e\u0301 😀",
		"\ufffd":         "\ufffd",
		"\ufffd\xff":     "\ufffd\\xff",
		"\x1b[2J":        `\x1b[2J`,
		"\u009b2J":       `\u{9b}2J`,
		"\x9b2J":         `\x9b2J`,
		"a\nb":           `a\x0ab`,
		"a\tb":           `a\x09b`,
		"txt.\u202eexe":  `txt.\u{202e}exe`,
		"\U000e0041":     `\u{e0041}`,
		"\u3164":         `\u{3164}`,
		"ü\xc3":          `ü\xc3`,
	} {
		require.Equal(t, want, codec.Show(text))
	}
}

func TestShowEscapesWhatNobodyCanSee(t *testing.T) {
	// DerivedCoreProperties.txt of Unicode, Default_Ignorable_Code_Point
	for _, ignorable := range [][2]rune{
		{0xad, 0xad},
		{0x34f, 0x34f},
		{0x61c, 0x61c},
		{0x115f, 0x1160},
		{0x17b4, 0x17b5},
		{0x180b, 0x180f},
		{0x200b, 0x200f},
		{0x202a, 0x202e},
		{0x2060, 0x206f},
		{0x3164, 0x3164},
		{0xfe00, 0xfe0f},
		{0xfeff, 0xfeff},
		{0xffa0, 0xffa0},
		{0xfff0, 0xfff8},
		{0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff},
	} {
		for r := ignorable[0]; r <= ignorable[1]; r++ {
			for _, text := range []string{string(r), "a" + string(r) + "b", "日" + string(r) + "😀", "°" + string(r)} {
				require.Contains(t, codec.Show(text), fmt.Sprintf(`\u{%x}`, r))
				require.NotContains(t, codec.Name(text), string(r))
			}
		}
	}
}

func TestShowKeepsEmoji(t *testing.T) {
	for _, text := range []string{
		"❤️", "☀️ ©️ ™️ ↔️ ‼️ 〰️ ㊙️ ▶️", "1️⃣ #️⃣ *️⃣", "👩‍🚀 👩🏽‍🚀 👨‍👩‍👧‍👦 ❤️‍🔥 👁️‍🗨️ 🧔‍♂️ 🏳️‍🌈 🏴‍☠️", "🇮🇱", "👍🏽", "❤",
	} {
		require.Equal(t, text, codec.Show(text))
		require.Equal(t, codec.Quote(codec.Lit(text)), codec.Name(text))
	}
}

func TestShowLinesKeepsLines(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb\tc\n":    "a\nb\tc\n",
		"a\r\nb\r\n":   "a\r\nb\r\n",
		"a\rb":         `a\x0db`,
		"a\r\r\nb":     "a\\x0d\r\nb",
		"a\r\nb\rc":    "a\r\nb\\x0dc",
		"\x1b[1mb\r\n": "\\x1b[1mb\r\n",
		"\n\r":         "\n\\x0d",
		"\u2028":       `\u{2028}`,
	} {
		require.Equal(t, want, codec.ShowLines(text), "%q", text)
	}
}

func TestShowOutputKeepsCR(t *testing.T) {
	for text, want := range map[string]string{
		"10%\r20%\r\n":  "10%\r20%\r\n",
		"\r\x1b[K50%\r": "\r\\x1b[K50%\r",
		"a\tb\b\u034f":  "a\tb\\x08\\u{34f}",
	} {
		require.Equal(t, want, codec.ShowOutput(text), "%q", text)
	}
}

func TestMatch(t *testing.T) {
	for _, row := range []struct {
		pattern, name string
		fold, want    bool
	}{
		{"*.txt", "a.txt", false, true},
		{"*.txt", ".txt", false, true},
		{"*.txt", "a.TXT", false, false},
		{"*.txt", "a.TXT", true, true},
		{"*.TXT", "a.txt", true, true},
		{"GRÖ*", "größe", true, true},
		{"*", "", false, true},
		{"?", "", false, false},
		{"?", "ä", false, true},
		{"?", "\xff", false, true},
		{"a*", "a\xff", false, true},
		{"a\xff*", "a\xffb", false, true},
		{"a\xff*", "a\xfeb", false, false},
		{"a\xff*", "A\xffb", true, true},
		{"a\xff*", "a\xfeb", true, false},
		{"a?b*a?b", "a1b-a2b", false, true},
		{"[1]*", "[1].txt", false, true},
		{"[1]*", "1.txt", false, false},
		{"[a-z]*", "b", false, false},
		{"[*", "[", false, true},
		{"*]", "]", false, true},
		{"[^a]*", "b", false, false},
		{"{a,b}*", "{a,b}", false, true},
		{"{a,b}*", "a", false, false},
		{`\*`, `\x`, false, true},
		{`\*`, `*`, false, false},
		{`a\`, `a\`, false, true},
		{`*\`, `a\`, false, true},
		{"*", "a/b", false, false},
		{"**", "a", false, true},
		{"a-b*", "a-b-c", false, true},
	} {
		require.Equal(t, row.want, codec.Match(row.pattern, row.name, row.fold), "%q %q", row.pattern, row.name)
	}
}

func TestOnlyStarAndQuestionMarkMakeAPattern(t *testing.T) {
	for _, text := range []string{"*", "?", "a*b", "**"} {
		require.True(t, codec.HasPattern(text))
	}
	for _, text := range []string{"", "[1]", "{a}", `a\b`, "$x", "~", "."} {
		require.False(t, codec.HasPattern(text))
	}
}
