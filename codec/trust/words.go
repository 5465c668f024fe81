package trust

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"strings"

	"techsh/codec"
)

// wordList has 2048 words, one on each line. No two begin with the same four letters.
//
//go:embed words.txt
var wordList string

const (
	codeWords = 4
	wordBits  = 11
)

// Words returns the four words of the code, 44 bits, separated by spaces. The token
// cannot be derived from them.
func (i Invitation) Words() string {
	sum := sha256.Sum256([]byte("techsh words\x00" + i.Token))
	bits := binary.BigEndian.Uint64(sum[:])
	list := strings.Fields(wordList)
	words := make([]string, codeWords)
	for n := range words {
		words[n] = list[bits>>(64-wordBits)]
		bits <<= wordBits
	}
	return strings.Join(words, " ")
}

// ParseCodeWords parses four words of a code as a person types them: in upper or lower
// case, separated by blanks, commas or hyphens. Only the first four letters of each word
// count. If a word is unknown, the error names it.
func ParseCodeWords(s string) (string, error) {
	typed := strings.FieldsFunc(
		strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" \t\r\n-,.;", r) },
	)
	if len(typed) != codeWords {
		return "", codec.Errorf(codec.BadRequest, "a pairing code has %d words, not %d", codeWords, len(typed))
	}
	list := map[string]string{}
	for _, w := range strings.Fields(wordList) {
		list[firstFour(w)] = w
	}
	words := make([]string, codeWords)
	for n, t := range typed {
		w, ok := list[firstFour(t)]
		if !ok {
			return "", codec.Errorf(
				codec.BadRequest, "%s is not a word of a pairing code",
				quoteForError(t),
			)
		}
		words[n] = w
	}
	return strings.Join(words, " "), nil
}

func firstFour(word string) string { return word[:min(len(word), 4)] }
