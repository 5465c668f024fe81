package codec_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// A vector is one case of ../testdata/wire, whose README describes the format.
type vector struct {
	title  string
	fields []field
	bytes  []byte
	expect string
}

type field struct{ key, value string }

func vectors(t testing.TB, file string) []vector {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "wire", file))
	require.NoError(t, err)
	var all []vector
	for block := range strings.SplitSeq(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n\n") {
		if v, ok := parseVector(t, strings.TrimRight(block, "\n")); ok {
			all = append(all, v)
		}
	}
	require.NotEmpty(t, all)
	return all
}

func parseVector(t testing.TB, block string) (v vector, ok bool) {
	for i, line := range strings.Split(block, "\n") {
		if i == 0 {
			v.title = strings.TrimPrefix(line, "# ")
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		first, _, _ := strings.Cut(line, " ")
		if key, ok := strings.CutSuffix(first, ":"); ok {
			value := strings.TrimPrefix(line[len(first):], " ")
			if key == "expect" {
				v.expect = value
				continue
			}
			if k, ok := strings.CutSuffix(key, "-hex"); ok {
				key, value = k, string(unhex(t, value))
			}
			v.fields = append(v.fields, field{key, value})
			continue
		}
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); words[0] == "repeat" {
			n, err := strconv.Atoi(words[1])
			require.NoError(t, err, line)
			v.bytes = append(v.bytes, bytes.Repeat(unhex(t, words[2]), n)...)
		} else {
			v.bytes = append(v.bytes, unhex(t, line)...)
		}
	}
	return v, v.expect != ""
}

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	require.NoError(t, err)
	return b
}

// get returns the value of the only field with that key.
func (v vector) get(key string) string {
	for _, f := range v.fields {
		if f.key == key {
			return f.value
		}
	}
	return ""
}

func (v vector) words() []codec.Word {
	var words []codec.Word
	for _, f := range v.fields {
		switch f.key {
		case "word":
			words = append(words, codec.Bare(f.value))
		case "quoted":
			words = append(words, codec.Lit(f.value))
		}
	}
	return words
}

func (v vector) pairs() codec.Pairs {
	var pairs codec.Pairs
	for _, f := range v.fields {
		if f.key == "pair" {
			key, value, _ := strings.Cut(f.value, "=")
			pairs = append(pairs, codec.Pair{Key: key, Value: value})
		}
	}
	return pairs
}

// frames splits the fields at each verb.
func (v vector) frames() iter.Seq[vector] {
	return func(yield func(vector) bool) {
		for at := 0; at < len(v.fields); {
			end := at + 1
			for end < len(v.fields) && v.fields[end].key != "verb" {
				end++
			}
			if !yield(vector{fields: v.fields[at:end]}) {
				return
			}
			at = end
		}
	}
}

// number parses a field of digits; - is unknown.
func number(t testing.TB, s string, base int) int64 {
	if s == "-" {
		return codec.Unknown
	}
	n, err := strconv.ParseInt(s, base, 64)
	require.NoError(t, err)
	return n
}

func moment(t testing.TB, s string) time.Time {
	if s == "-" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	require.NoError(t, err)
	return at
}

func eachVector(t *testing.T, file string, check func(t *testing.T, v vector)) {
	for _, v := range vectors(t, file) {
		t.Run(v.title, func(t *testing.T) { check(t, v) })
	}
}

// bare returns words without their positions.
func bare(words []codec.Word) []codec.Word {
	var out []codec.Word
	for _, w := range words {
		out = append(out, codec.Word{Text: w.Text, Quoted: w.Quoted})
	}
	return out
}

// over returns a connection that reads from in and writes to out.
func over(in io.Reader, out io.Writer) *codec.Conn {
	return codec.NewConn(struct {
		io.Reader
		io.WriteCloser
	}{in, struct {
		io.Writer
		io.Closer
	}{out, io.NopCloser(nil)}})
}

func reading(b []byte) *codec.Conn { return over(bytes.NewReader(b), io.Discard) }
