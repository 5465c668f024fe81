package codec

import (
	"strconv"
	"strings"
)

// A Pair is a word key=value, split at the first "=".
type Pair struct{ Key, Value string }

// Pairs are the pairs of one line, in their order. No two have the same key.
type Pairs []Pair

// PairOf returns a pair with a text or a number.
func PairOf[T string | int | int64](key string, value T) Pair {
	switch v := any(value).(type) {
	case int:
		return Pair{key, strconv.Itoa(v)}
	case int64:
		return Pair{key, strconv.FormatInt(v, 10)}
	}
	return Pair{key, any(value).(string)}
}

// ParsePairs parses words that must all be pairs.
func ParsePairs(words []Word) (Pairs, error) {
	var pairs Pairs
	for _, w := range words {
		key, value, ok := strings.Cut(w.Text, "=")
		if !ok || key == "" {
			return nil, Errorf(BadRequest, "%s is not a pair key=value", Quote(w))
		}
		if _, twice := pairs.Get(key); twice {
			return nil, Errorf(BadRequest, "the key %s is given twice", Quote(Lit(key)))
		}
		pairs = append(pairs, Pair{key, value})
	}
	return pairs, nil
}

// Get returns the value of key.
func (p Pairs) Get(key string) (value string, ok bool) {
	for _, pair := range p {
		if pair.Key == key {
			return pair.Value, true
		}
	}
	return "", false
}

// Int returns the value of key as a number that is not negative. ok reports whether there
// is such a number.
func (p Pairs) Int(key string) (n int64, ok bool) {
	value, _ := p.Get(key)
	return ParseNumber(value)
}

// Words returns the pairs as the words of a line.
func (p Pairs) Words() []Word {
	words := make([]Word, len(p))
	for i, pair := range p {
		words[i] = Lit(pair.Key + "=" + pair.Value)
	}
	return words
}

func appendPairs(dst []byte, pairs Pairs) []byte {
	for _, p := range pairs {
		dst = append(dst, ' ')
		dst = AppendQuote(dst, p.Key+"="+p.Value, true)
	}
	return dst
}

// ParseNumber parses a number below 2^63 that is written as digits without a sign or
// leading zeros. No other spelling is accepted.
func ParseNumber[T string | []byte](s T) (n int64, ok bool) {
	if len(s) == 0 || len(s) > 19 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, n >= 0
}
