package codec_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// seed passes the short vectors of a file to add.
func seed[T []byte | string](f *testing.F, file string, add func(T)) {
	for _, v := range vectors(f, file) {
		if len(v.bytes) < 1000 {
			add(T(v.bytes))
		}
	}
}

func FuzzFrame(f *testing.F) {
	seed(f, "frames.txt", func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, wire []byte) {
		conn := reading(wire)
		var again bytes.Buffer
		back := over(nil, &again)
		for {
			frame, err := conn.ReadFrame()
			if err != nil {
				require.NoError(t, back.Flush())
				require.True(
					t, bytes.HasPrefix(wire, again.Bytes()),
					"written otherwise: %q", again.Bytes(),
				)
				require.Equal(t, err == io.EOF, again.Len() == len(wire), "bytes were lost: %v", err)
				return
			}
			require.Equal(t, frame.Verb, codec.MakeVerb(frame.Verb.String()))
			_, _ = frame.Words()
			require.NoError(t, back.Write(frame.Verb, frame.Body))
		}
	})
}

func FuzzHand(f *testing.F) {
	seed(f, "hand.txt", func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, wire []byte) {
		conn := reading(wire)
		conn.Hand = true
		for {
			frame, err := conn.ReadFrame()
			if err != nil {
				return
			}
			if frame.Word == "" {
				require.False(t, conn.Hand)
				continue
			}
			require.True(t, conn.Hand, "a typed line after a header")
			require.LessOrEqual(t, len(frame.Body), codec.MaxHand)
			if len(frame.Body) == 0 {
				continue
			}
			require.Equal(
				t, len(frame.Body)-1, bytes.IndexByte(frame.Body, '\n'), "the body is not one line: %v",
				frame,
			)
			if frame.Verb != 0 { // the frame that the line stands for
				var spelt bytes.Buffer
				out := over(nil, &spelt)
				require.NoError(t, out.Write(frame.Verb, frame.Body))
				require.NoError(t, out.Flush())
				same, err := over(&spelt, io.Discard).ReadFrame()
				require.NoError(t, err)
				require.Equal(t, frame.Verb, same.Verb)
				require.Equal(t, frame.Body, same.Body)
			}
		}
	})
}

func FuzzWords(f *testing.F) {
	seed(f, "words.txt", func(s string) { f.Add(s, false); f.Add(s, true) })
	f.Fuzz(func(t *testing.T, text string, quoted bool) {
		w := codec.Word{Text: text, Quoted: quoted}
		back, err := codec.Split(codec.Quote(w))
		require.NoError(t, err)
		require.Len(t, back, 1)
		require.Equal(t, text, back[0].Text)
		switch {
		case quoted && !back[0].Quoted:
			require.NotRegexp(t, `[*?;|<>&$]|^[-~!#@]`, text, "this means something when it is bare")
		case !quoted && back[0].Quoted:
			sayable := text != "" && utf8.ValidString(text) && text[0] != '\'' &&
				!strings.ContainsFunc(
					text,
					func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f },
				)
			require.False(t, sayable, "this can be said bare")
		}

		back, err = codec.Split(codec.Name(text))
		require.NoError(t, err)
		require.Len(t, back, 1)
		require.Equal(t, text, back[0].Text)

		words, err := codec.Split(text) // as a line
		at := 0
		for _, w := range words {
			require.True(t, at <= w.Start && w.Start < w.End && w.End <= len(text), "%+v", w)
			at = w.End
		}
		if err != nil {
			return
		}
		again, err := codec.Split(codec.Join(words))
		require.NoError(t, err)
		require.Len(t, again, len(words))
		for i := range words {
			require.Equal(t, words[i].Text, again[i].Text)
		}
	})
}

// fuzzNoun checks that String returns every line that can be parsed unchanged.
func fuzzNoun[T interface{ String() string }](f *testing.F, file string, parse func(string) (T, error)) {
	seed(f, file, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, line string) {
		if noun, err := parse(line); err == nil {
			require.Equal(t, line, noun.String())
			require.NotContains(t, line, "\n")
		}
	})
}

func FuzzEntry(f *testing.F)    { fuzzNoun(f, "entries.txt", parseEntry) }
func FuzzHost(f *testing.F)     { fuzzNoun(f, "hosts.txt", codec.ParseHost) }
func FuzzDisplay(f *testing.F)  { fuzzNoun(f, "displays.txt", codec.ParseDisplay) }
func FuzzProcess(f *testing.F)  { fuzzNoun(f, "processes.txt", codec.ParseProcess) }
func FuzzUser(f *testing.F)     { fuzzNoun(f, "users.txt", codec.ParseUser) }
func FuzzEndpoint(f *testing.F) { fuzzNoun(f, "endpoints.txt", codec.ParseEndpoint) }
func FuzzVolume(f *testing.F)   { fuzzNoun(f, "volumes.txt", codec.ParseVolume) }

// FuzzError is more lenient than fuzzNoun, because a server may send an unknown code:
// only an error that was written by this package must stay the same.
func FuzzError(f *testing.F) {
	seed(f, "errors.txt", func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, line string) {
		for _, verb := range []string{"ERR", "NOTE"} {
			e, err := readError(verb, line)
			if err != nil {
				continue
			}
			written := writeError(verb, e)
			back, err := readError(verb, written)
			require.NoError(t, err)
			require.Equal(t, written, writeError(verb, back))
			require.Equal(t, e.Code, back.Code)
			require.Equal(t, e.Error(), back.Error())
		}
	})
}

func FuzzShow(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	seed(f, "words.txt", func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, text string) {
		fit := func(shown string) {
			require.True(t, utf8.ValidString(shown))
			for _, r := range shown {
				require.True(
					t, unicode.IsPrint(r) && !strings.ContainsRune(
						"\u3164\u115f\u1160\uffa0\u2800", r,
					),
					"%q", shown,
				)
			}
			require.Equal(t, shown, codec.Show(shown))
		}
		shown := codec.Show(text)
		fit(shown)
		fit(codec.Name(text))
		lines := codec.ShowLines(text)
		require.Equal(t, lines, codec.ShowLines(lines))
		require.Equal(t, strings.Count(text, "\n"), strings.Count(lines, "\n"))
		fit(strings.NewReplacer("\r\n", "", "\n", "", "\t", "").Replace(lines))
	})
}
