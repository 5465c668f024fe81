package shell

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
	"pgregory.net/rapid"

	"techsh/codec"
)

func TestConsoleTextIsUTF8OrElseOfTheCodePage(t *testing.T) {
	long := string(bytes.Repeat([]byte("ä"), 5000))
	for name, c := range map[string]struct{ in, out string }{
		"ASCII":                      {"dir\r\n", "dir\r\n"},
		"UTF-8":                      {"Straße 文\r\n", "Straße 文\r\n"},
		"the code page":              {"Stra\xe1e\r\n", "Straße\r\n"},
		"each line for itself":       {"Stra\xe1e\nStraße\n\x84\n", "Straße\nStraße\nä\n"},
		"boxes of tree":              {"\xc3\xc4\xc4\xc4a\n\xc0\xc4\xc4\xc4b", "├───a\n└───b"},
		"what looks like a cut rune": {"caf\x82\xc3", "café├"},
		"a rune that is cut":         {"caf\xc3", "caf├"},
		"a line longer than buffers": {long, long},
	} {
		for _, step := range []int{1, 2, 7, len(c.in)} {
			var out bytes.Buffer
			w := transform.NewWriter(&out, &consoleText{page: charmap.CodePage850.NewDecoder()})
			for at := 0; at < len(c.in); at += step {
				_, err := w.Write([]byte(c.in[at:min(at+step, len(c.in))]))
				require.NoError(t, err)
			}
			require.NoError(t, w.Close())
			require.Equal(t, c.out, out.String(), "%s, %d bytes at a time", name, step)
		}
	}
}

func TestConsoleTextNeverStopsNorLosesUTF8(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.String()).Draw(t, "pieces")
		var in []byte
		for _, p := range pieces {
			in = append(in, p...)
		}
		var out bytes.Buffer
		w := transform.NewWriter(&out, &consoleText{page: charmap.CodePage437.NewDecoder()})
		for rest := in; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			_, err := w.Write(rest[:n])
			require.NoError(t, err)
			rest = rest[n:]
		}
		require.NoError(t, w.Close())
		require.Equal(t, string(in), out.String())
	})
}

func TestEncodingsHaveTheirNamesAndNumbers(t *testing.T) {
	for _, name := range []string{
		"utf-8", "CP850", "850", "ibm437", "cp1252", "1252", "windows-1252", "ISO-8859-1", "latin1", "Shift_JIS", "GBK", "Big5", "EUC-KR", "koi8-r", "IBM00858",
		"utf8", "cp65001", "cp858", "cp932", "cp936", "949", "cp950", "cp037", "sjis", "shift-jis", "windows-31j", "ks_c_5601-1987", "utf16",
	} {
		e, err := encodingOf(name)
		require.NoError(t, err, name)
		require.NotNil(t, e, name)
	}
	for _, name := range []string{"", "nonsense", "cp", "cp99999", "cp857", "cp-850", "cp0", "0", "utf-7", "iso-2022-kr", "replacement"} {
		_, err := encodingOf(name)
		require.Error(t, err, "%q", name)
	}
}

// Nothing has been sent then.
func TestWrongOptionsOfAProgramAreMisuse(t *testing.T) {
	for _, line := range []string{"exec --timeout foo true", "sh --timeout 0 true", "exec --timeout -1s true", "exec --encoding nope true", "exec --encoding utf-8 --raw true"} {
		s, output, _, _ := hostile(t, answers{
			"EXEC": func(*codec.Conn, []codec.Word) { t.Error("it was asked") }, "SH": func(*codec.Conn, []codec.Word) { t.Error("it was asked") },
		})
		s.Alone = true
		err := s.does(t, line)
		require.Equal(t, StatusUsage, s.status(err), "%s: %s", line, output())
	}
}

// Windows writes no mark in front.
func TestUTF16IsLittleEndianUnlessAMarkSaysOtherwise(t *testing.T) {
	for in, want := range map[string]string{"a\x00\xe4\x00": "aä", "\xff\xfea\x00": "a", "\xfe\xff\x00a": "a"} {
		for _, name := range []string{"utf-16", "UTF16"} {
			e, err := encodingOf(name)
			require.NoError(t, err)
			out, err := e.NewDecoder().String(in)
			require.NoError(t, err)
			require.Equal(t, want, out, "%s %q", name, in)
		}
	}
}

func TestConsolesOfAnUnknownEncodingAreToldOfOnce(t *testing.T) {
	var errs, out bytes.Buffer
	s := &Shell{Out: Stream{instead: io.Discard}, Err: Stream{instead: &errs}, conn: &connection{hello: codec.Hello{More: codec.Pairs{{Key: "encoding", Value: "IBM857"}}}}}
	s.begin()
	for _, terminal := range []bool{false, true, true} {
		w, end, err := s.decoded(&screenful{ctx: context.Background(), w: &out, flush: func() error { return nil }, safe: terminal}, invocation{})
		require.NoError(t, err)
		_, err = w.Write([]byte("x"))
		require.NoError(t, err)
		end()
		if !terminal {
			require.Empty(t, errs.String())
		}
	}
	require.Equal(t, "the consoles there write IBM857, which is not known here: what is no UTF-8 comes byte by byte\n", errs.String())
	require.Equal(t, "xxx", out.String())
}

// What the server says of its consoles counts on a terminal, and nowhere else.
func TestOutputOfConsolesIsDecodedForTheEyeOnly(t *testing.T) {
	s := &Shell{conn: &connection{hello: codec.Hello{More: codec.Pairs{{Key: "encoding", Value: "IBM850"}}}}}
	for name, c := range map[string]struct {
		words    []codec.Word
		terminal bool
		out      string
	}{
		"a terminal":                      {nil, true, "é"},
		"a file":                          {nil, false, "\x82"},
		"a file, asked for":               {codec.Lits("--encoding", "850"), false, "é"},
		"a terminal, another one":         {codec.Lits("--encoding", "1252"), true, "‚"},
		"a terminal, the bytes asked for": {codec.Lits("--raw"), true, "\x82"},
	} {
		for i := range c.words {
			c.words[i].Quoted = false
		}
		args, err := codec.Options(c.words, programRows()[0].options, true)
		require.NoError(t, err, name)
		var out bytes.Buffer
		in := invocation{Args: args}
		w, end, err := s.decoded(&screenful{ctx: context.Background(), w: &out, flush: func() error { return nil }, safe: c.terminal && !in.Has("raw")}, in)
		require.NoError(t, err, name)
		_, err = w.Write([]byte("\x82"))
		require.NoError(t, err, name)
		end()
		require.Equal(t, c.out, out.String(), name)
	}
}
