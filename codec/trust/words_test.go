package trust_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

func wordList(t testing.TB) []string {
	b, err := os.ReadFile("words.txt")
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func TestFirstFourLettersTellAWord(t *testing.T) {
	list := wordList(t)
	require.Len(t, list, 2048)
	require.True(t, slices.IsSorted(list))
	first := map[string]bool{}
	for _, w := range list {
		require.Regexp(t, regexp.MustCompile(`^[a-z]{4,}$`), w)
		require.False(t, first[w[:4]], w)
		first[w[:4]] = true
	}
}

// The numbers of the words were computed with Python 3, for the token of these tests:
//
//	n = int.from_bytes(hashlib.sha256(b"techsh words\0" + token).digest()[:6]) >> 4
//	[n >> s & 2047 for s in (33, 22, 11, 0)]
func TestWordsAreTheSumOfTheToken(t *testing.T) {
	list := wordList(t)
	var want []string
	for _, n := range []int{1679, 1894, 1922, 524} {
		want = append(want, list[n])
	}
	require.Equal(t, strings.Join(want, " "), trust.Invitation{Token: token}.Words())
	require.NotEqual(
		t, trust.Invitation{Token: token}.Words(), trust.Invitation{Token: token[1:] + "a"}.Words(),
	)
}

func TestWordsAreReadAsAPersonTypesThem(t *testing.T) {
	words := trust.Invitation{Token: token}.Words()
	four := strings.Fields(words)
	short := make([]string, 4)
	for i, w := range four {
		short[i] = w[:4]
	}
	for _, typed := range []string{
		words, strings.ToUpper(words), "  " + strings.Join(four, "   ") +
			"\r\n", strings.Join(four, "-"), strings.Join(four, ", ") + ".",
		strings.Join(short, " "), strings.Join(short, "x ") + "ing",
	} {
		got, err := trust.ParseCodeWords(typed)
		require.NoError(t, err, typed)
		require.Equal(t, words, got)
	}
	for _, w := range wordList(t) {
		got, err := trust.ParseCodeWords(strings.Repeat(w+" ", 4))
		require.NoError(t, err)
		require.Equal(t, strings.TrimSpace(strings.Repeat(w+" ", 4)), got)
	}
	for typed, says := range map[string]string{
		"":                                        "a pairing code has 4 words, not 0",
		strings.Join(four[:3], " "):               "a pairing code has 4 words, not 3",
		words + " " + four[0]:                     "a pairing code has 4 words, not 5",
		strings.Join(four[:3], " ") + " qqqq":     "qqqq is not a word of a pairing code",
		strings.Join(four[:3], " ") + " abo":      "abo is not a word of a pairing code",
		strings.Join(four[:3], " ") + " \x1b[2Jx": `e"\x1b[2jx" is not a word of a pairing code`,
	} {
		_, err := trust.ParseCodeWords(typed)
		require.ErrorIs(t, err, codec.Errorf(codec.BadRequest, ""))
		require.EqualError(t, err, says)
	}
}
