package codec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestWordsHavePositions(t *testing.T) {
	const line = ` get  "My Docs" e"\n"`
	words, err := codec.Split(line)
	require.NoError(t, err)
	var pieces []string
	for _, w := range words {
		pieces = append(pieces, line[w.Start:w.End])
	}
	require.Equal(t, []string{`get`, `"My Docs"`, `e"\n"`}, pieces)
}

func TestAnOpenQuoteKeepsItsWord(t *testing.T) {
	for line, want := range map[string]codec.Word{
		`cd "My Do`:   {Text: "My Do", Quoted: true, Open: '"', Start: 3, End: 9},
		`cd 'My Do`:   {Text: "My Do", Quoted: true, Open: '\'', Start: 3, End: 9},
		`cd C:\"My D`: {Text: `C:\My D`, Quoted: true, Open: '"', Start: 3, End: 11},
		`cd e"My Do`:  {Text: "My Do", Quoted: true, Open: '"', Start: 3, End: 10},
		`cd "`:        {Quoted: true, Open: '"', Start: 3, End: 4},
	} {
		words, err := codec.Split(line)
		require.ErrorIs(t, err, is(codec.BadRequest), line)
		require.ErrorContains(t, err, "column 4", line)
		require.Equal(t, []codec.Word{codec.Bare("cd"), want}, append(bare(words[:1]), words[1:]...), line)
	}
}

func TestScanStopsAtEnds(t *testing.T) {
	for _, row := range []struct{ line, text, rest string }{
		{"a;b", "a", ";b"},
		{"  a ;b", "a", " ;b"},
		{`";"b;c`, ";b", ";c"},
		{`e";"|c`, ";", "|c"},
		{";a", "", ";a"},
		{"  ;a", "", ";a"},
		{"", "", ""},
		{"'a;'", "a;", ""},
	} {
		w, next, err := codec.Scan(row.line, 0, ";|")
		require.NoError(t, err)
		require.Equal(t, row.text, w.Text, row.line)
		require.Equal(t, row.rest, row.line[next:], row.line)
		require.Equal(t, row.text == "", w.Start == w.End, row.line)
	}
}

func TestRestIsTheLineAsItWasTyped(t *testing.T) {
	for line, want := range map[string]string{
		``:                          ``,
		`say`:                       ``,
		`say hello`:                 `hello`,
		`say  "a  b"`:               `a  b`,
		`say a  "b"  c `:            `a  "b"  c`,
		`say for %f in (*) do "%f"`: `for %f in (*) do "%f"`,
		`say e"\n"`:                 "\n",
	} {
		words, err := codec.Split(line)
		require.NoError(t, err)
		require.Equal(t, want, codec.Rest(line, words[min(1, len(words)):]), line)
	}
}

// hostile returns names of files that would harm a terminal if they were written to it
// unchanged.
func hostile() map[string]string {
	return map[string]string{
		"clear the screen":       "\x1b[2J",
		"title":                  "\x1b]0;owned\x07",
		"bell":                   "a\ab",
		"back over it":           "safe.txt\b\b\b\bexe",
		"begin the line again":   "a\rb",
		"another line":           "a\nb",
		"tab":                    "a\tb",
		"NUL":                    "a\x00b",
		"DEL":                    "a\x7fb",
		"C1 as UTF-8":            "\u009b2J",
		"C1 as a byte":           "\x9b2J",
		"not UTF-8":              "\xff\xfe",
		"half a surrogate pair":  "\xed\xa0\x80",
		"right to left override": "txt.\u202eexe",
		"isolate":                "\u2066a\u2069",
		"right to left mark":     "a\u200fb",
		"zero width":             "a\u200bb\u200db",
		"byte order mark":        "\ufeffa",
		"soft hyphen":            "a\u00adb",
		"no-break space":         "a\u00a0b",
		"wide space":             "a\u3000b",
		"line separator":         "a\u2028b",
		"hangul fillers":         "\u3164\u115f\u1160\uffa0",
		"empty braille":          "a\u2800b",
		"empty note":             "a\U0001d159b",
		"khmer vowels":           "a\u17b4\u17b5b",
		"mongolian selectors":    "a\u180b\u180fb",
		"variation selectors":    "a\ufe00\ufe0eb",
		"more of them":           "a\U000e0100\U000e01efb",
		"combining joiner":       "a\u034fb",
		"emoji selector":         "a\ufe0fb",
		"two emoji selectors":    "❤\ufe0f\ufe0f",
		"joiner behind an emoji": "❤\u200d",
		"joiner before an emoji": "\u200d❤",
		"two joiners":            "👩\u200d\u200d🚀",
		"no keycap":              "1\ufe0f",
		"flag of tags":           "🏴\U000e0067\U000e007f",
		"tags":                   "a\U000e0041b",
		"private use":            "a\ue000b",
		"no character":           "a\uffffb",
	}
}

func TestANameShowsNothingHostileAndCanBePastedBack(t *testing.T) {
	for what, text := range hostile() {
		name := codec.Name(text)
		require.NotContains(t, name, text, what)
		require.Equal(t, name, codec.Show(name), what)
		words, err := codec.Split(name)
		require.NoError(t, err)
		require.Len(t, words, 1)
		require.Equal(t, text, words[0].Text, what)
	}
	require.Equal(t, `e"txt.\xe2\x80\xaeexe"`, codec.Name("txt.\u202eexe"))
	require.Equal(t, `"my file"`, codec.Name("my file"))
	require.Equal(t, `größe.txt`, codec.Name("größe.txt"))
	require.Equal(t, `"-rf"`, codec.Name("-rf"), "a name is no option")
}

func TestCommonPrefixHasWholeRunes(t *testing.T) {
	for _, c := range []struct{ a, b, want, folded string }{
		{"", "", "", ""},
		{"abc", "abd", "ab", "ab"},
		{"abc", "ab", "ab", "ab"},
		{"ab", "abc", "ab", "ab"},
		{"abc", "abc", "abc", "abc"},
		{"Report-1", "report-2", "", "Report-"},
		{"文件", "文书", "文", "文"},
		{"é", "è", "", ""},
		{"a\xff1", "a\xff2", "a\xff", "a\xff"},
		{"\xe4\xb8a", "\u4e2d", "", ""}, // "\u4e2d" begins with these bytes
		{"\u212A", "k", "", "\u212A"},   // the Kelvin sign is three bytes long
	} {
		require.Equal(t, c.want, codec.CommonPrefix(c.a, c.b, false), "%q %q", c.a, c.b)
		require.Equal(t, c.folded, codec.CommonPrefix(c.a, c.b, true), "%q %q", c.a, c.b)
	}
}
