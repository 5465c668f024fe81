package codec_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"image"
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

// A vector is one case of ../testdata/wire; its README describes the format.
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

// get returns the value of the only field of that key.
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

// frames cuts the fields at each verb.
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

// number is what a field of digits means; - is unknown.
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

// bare forgets where words stood.
func bare(words []codec.Word) []codec.Word {
	var out []codec.Word
	for _, w := range words {
		out = append(out, codec.Word{Text: w.Text, Quoted: w.Quoted})
	}
	return out
}

// over is a connection that reads in and writes to out.
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

func TestFramesByHeader(t *testing.T) {
	eachVector(t, "frames.txt", func(t *testing.T, v vector) { checkFrames(t, v, false) })
}

func TestLinesTypedByHand(t *testing.T) {
	eachVector(t, "hand.txt", func(t *testing.T, v vector) { checkFrames(t, v, true) })
}

func checkFrames(t *testing.T, v vector, hand bool) {
	conn := reading(v.bytes)
	conn.Hand = hand
	var again bytes.Buffer
	back := over(nil, &again)
	var words error
	for want := range v.frames() {
		require.NoError(t, words)
		f, err := conn.ReadFrame()
		require.NoError(t, err)
		require.Equal(t, want.get("verb"), f.Verb.String())
		require.Equal(t, want.get("typed"), f.Word)
		var got []codec.Word
		if !f.Verb.Raw() {
			got, words = f.Words()
		}
		for _, w := range want.fields {
			switch w.key {
			case "body":
				require.Equal(t, w.value, string(f.Body))
			case "length":
				require.Equal(t, w.value, strconv.Itoa(len(f.Body)))
			case "word", "quoted":
				require.NoError(t, words)
				require.Equal(t, want.words(), bare(got))
			}
		}
		require.NoError(t, back.Write(f.Verb, f.Body))
	}
	if v.expect == "bad-request" {
		require.ErrorIs(t, words, &codec.Error{Code: codec.BadRequest})
		return
	}
	require.NoError(t, words)
	f, err := conn.ReadFrame()
	switch v.expect {
	case "ok":
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, back.Flush())
		require.True(t, bytes.Equal(v.bytes, again.Bytes()), "written otherwise: %.99q", again.Bytes())
	case "read":
		require.ErrorIs(t, err, io.EOF)
	case "bad-frame":
		require.ErrorIs(t, err, &codec.Error{Code: codec.BadFrame}, "%v", f)
	case "cut":
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%v", f)
	default:
		t.Fatal("no such outcome: ", v.expect)
	}
}

func TestWords(t *testing.T) {
	eachVector(t, "words.txt", func(t *testing.T, v vector) {
		line := string(v.bytes)
		words, err := codec.Split(line)
		if v.expect == "bad-request" {
			require.ErrorIs(t, err, &codec.Error{Code: codec.BadRequest})
			return
		}
		require.NoError(t, err)
		if v.expect == "written" {
			for i, w := range v.words() {
				require.Equal(t, w.Text, words[i].Text)
			}
		} else {
			require.Equal(t, v.words(), bare(words))
		}
		if v.expect == "read" {
			require.NotEqual(t, line, codec.Join(v.words()))
		} else {
			require.Equal(t, line, codec.Join(v.words()))
		}
	})
}

// checkNoun checks a noun's vectors: want makes the noun of the fields.
func checkNoun[T interface{ String() string }](t *testing.T, file string, parse func(string) (T, error), want func(*testing.T, vector) T) {
	eachVector(t, file, func(t *testing.T, v vector) {
		got, err := parse(string(v.bytes))
		if v.expect != "ok" {
			require.ErrorIs(t, err, &codec.Error{Code: codec.Code(v.expect)}, "%v", got)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want(t, v), got)
		require.Equal(t, string(v.bytes), got.String())
	})
}

func parseEntry(line string) (*codec.Entry, error) {
	e, err := codec.ParseEntry(line)
	return &e, err
}

func TestEntries(t *testing.T) {
	checkNoun(t, "entries.txt", parseEntry, func(t *testing.T, v vector) *codec.Entry {
		return &codec.Entry{
			Kind: codec.Kind(v.get("kind")[0]), Mode: int(number(t, v.get("mode"), 8)), Size: number(t, v.get("size"), 10),
			Time: moment(t, v.get("time")), Name: v.get("name"), Target: v.get("target"), More: v.pairs(),
		}
	})
}

func TestHosts(t *testing.T) {
	checkNoun(t, "hosts.txt", codec.ParseHost, func(t *testing.T, v vector) codec.Host {
		up, _ := strconv.Atoi(v.get("uptime"))
		return codec.Host{
			System: v.get("system"), Version: v.get("version"), Machine: v.get("machine"), Name: v.get("host"),
			User: v.get("user"), Uptime: time.Duration(up) * time.Second, More: v.pairs(),
		}
	})
}

func TestDisplays(t *testing.T) {
	checkNoun(t, "displays.txt", codec.ParseDisplay, func(t *testing.T, v vector) codec.Display {
		w, h, _ := strings.Cut(v.get("size"), "x")
		x, y, _ := strings.Cut(v.get("at"), ",")
		at := image.Pt(int(number(t, x, 10)), int(number(t, y, 10)))
		size := image.Pt(int(number(t, w, 10)), int(number(t, h, 10)))
		return codec.Display{
			Number: int(number(t, v.get("number"), 10)), Bounds: image.Rectangle{Min: at, Max: at.Add(size)},
			Name: v.get("name"), More: v.pairs(),
		}
	})
}

func TestProcesses(t *testing.T) {
	checkNoun(t, "processes.txt", codec.ParseProcess, func(t *testing.T, v vector) codec.Process {
		return codec.Process{
			PID: int(number(t, v.get("pid"), 10)), PPID: int(number(t, v.get("ppid"), 10)), User: v.get("user"),
			Started: moment(t, v.get("started")), CPU: time.Duration(number(t, v.get("cpu"), 10)) * time.Millisecond,
			Memory: number(t, v.get("memory"), 10), Name: v.get("name"), More: v.pairs(),
		}
	})
}

// readError reads the words of an ERR or a NOTE.
func readError(verb, line string) (*codec.Error, error) {
	words, err := codec.Split(line)
	if err != nil {
		return nil, err
	}
	if verb == "NOTE" {
		return codec.ParseNote(words)
	}
	return codec.ParseError(words)
}

func writeError(verb string, e *codec.Error) string {
	if verb == "NOTE" {
		return codec.Join(e.Note())
	}
	return codec.Join(e.Words())
}

func TestErrorsOnTheWire(t *testing.T) {
	eachVector(t, "errors.txt", func(t *testing.T, v vector) {
		line := string(v.bytes)
		got, err := readError(v.get("verb"), line)
		if v.expect != "ok" && v.expect != "read" {
			require.ErrorIs(t, err, &codec.Error{Code: codec.Code(v.expect)}, "%v", got)
			return
		}
		require.NoError(t, err)
		want := &codec.Error{
			Code: codec.Code(v.get("code")), Text: v.get("text"), Name: v.get("name"), Hint: v.get("hint"), More: v.pairs(),
		}
		require.Equal(t, want, got)
		require.Equal(t, v.expect == "ok", writeError(v.get("verb"), got) == line)
		if own, ok := strings.CutSuffix(v.title, " in its own words"); ok {
			require.Equal(t, line, codec.Join(codec.Errorf(codec.Code(own), "").Words()))
			require.False(t, own != string(codec.Internal) && errors.Is(got, &codec.Error{Code: codec.Internal}))
		}
	})
}
