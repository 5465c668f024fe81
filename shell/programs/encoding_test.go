package programs_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
	"pgregory.net/rapid"

	"techsh/codec"
	"techsh/shell"
	"techsh/shell/programs"
	"techsh/shell/shelltest"
)

func TestConsoleTextIsUTF8OrElseOfTheCodePage(t *testing.T) {
	long := strings.Repeat("ä", 5000)
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
			w := transform.NewWriter(&out, programs.NewConsoleDecoder(charmap.CodePage850))
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
		in := strings.Join(rapid.SliceOf(rapid.String()).Draw(t, "pieces"), "")
		var out bytes.Buffer
		w := transform.NewWriter(&out, programs.NewConsoleDecoder(charmap.CodePage437))
		for rest := in; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			_, err := w.Write([]byte(rest[:n]))
			require.NoError(t, err)
			rest = rest[n:]
		}
		require.NoError(t, w.Close())
		require.Equal(t, in, out.String())
	})
}

func TestEncodingsHaveTheirNamesAndNumbers(t *testing.T) {
	for _, name := range []string{
		"utf-8", "CP850", "850", "ibm437", "cp1252", "1252", "windows-1252", "ISO-8859-1", "latin1", "Shift_JIS",
		"GBK", "Big5", "EUC-KR", "koi8-r", "IBM00858", "utf8", "cp65001", "cp858", "cp932", "cp936", "949", "cp950",
		"cp037", "sjis", "shift-jis", "windows-31j", "ks_c_5601-1987", "utf16",
	} {
		e, err := programs.FindEncoding(name)
		require.NoError(t, err, name)
		require.NotNil(t, e, name)
	}
	for _, name := range []string{
		"", "nonsense", "cp", "cp99999", "cp857", "cp-850", "cp0", "0", "utf-7", "iso-2022-kr", "replacement",
	} {
		_, err := programs.FindEncoding(name)
		require.Error(t, err, "%q", name)
	}
}

// Windows writes UTF-16 without a byte order mark.
func TestUTF16IsLittleEndianUnlessAMarkSaysOtherwise(t *testing.T) {
	for in, want := range map[string]string{"a\x00\xe4\x00": "aä", "\xff\xfea\x00": "a", "\xfe\xff\x00a": "a"} {
		for _, name := range []string{"utf-16", "UTF16"} {
			e, err := programs.FindEncoding(name)
			require.NoError(t, err)
			out, err := e.NewDecoder().String(in)
			require.NoError(t, err)
			require.Equal(t, want, out, "%s %q", name, in)
		}
	}
}

func TestWrongOptionsOfAProgramAreUsageErrors(t *testing.T) {
	for _, line := range []string{
		"exec --timeout foo true",
		"sh --timeout 0 true",
		"exec --timeout -1s true",
		"exec --encoding nope true",
		"exec --encoding utf-8 --raw true",
	} {
		called := func(*codec.Conn, []codec.Word) { t.Error("nothing may be sent") }
		s, _ := shelltest.NewHostile(t, shelltest.Answers{"EXEC": called, "SH": called})
		status := s.Batch(t.Context(), shell.Task{Words: strings.Fields(line)})
		require.Equal(t, shell.StatusUsage, status, "%s: %s", line, s.Printed())
	}
}

// consoleSession returns a session whose remote programs print output, on consoles
// with the given encoding.
func consoleSession(t *testing.T, encoding, output string) *shelltest.Session {
	answers := shelltest.Answers{"EXEC": func(c *codec.Conn, _ []codec.Word) {
		_ = c.Write(codec.DATA, []byte(output))
		_ = c.WriteWords(codec.OK, codec.Bare("exit=0"))
	}}
	hello := codec.Hello{System: "windows", Host: "evil", Cwd: `C:\`}
	hello.More = codec.Pairs{{Key: "encoding", Value: encoding}}
	return shelltest.New(t, answers.Dial(t, hello))
}

func TestAnUnknownEncodingIsReportedOnceAConnection(t *testing.T) {
	s := consoleSession(t, "IBM857", "x")
	require.Equal(t, "x", s.Says("exec cmd"), "standard output is a file")
	s.Terminals(true, false)
	const report = "the remote consoles use the unknown encoding IBM857: " +
		"bytes that are not UTF-8 are shown as escapes\n"
	require.Equal(t, report+"x", s.Says("exec cmd"))
	require.Equal(t, "x", strings.TrimPrefix(s.Says("exec cmd"), "\n"), "the second time")
}

func TestOutputOfConsolesIsDecodedOnATerminal(t *testing.T) {
	s := consoleSession(t, "IBM850", "\x82\n")
	for _, c := range []struct {
		line     string
		terminal bool
		prints   string
	}{
		{"exec cmd", false, "\x82\n"},
		{"exec --encoding 850 cmd", false, "é\n"},
		{"exec cmd", true, "é\n"},
		{"exec --encoding 1252 cmd", true, "‚\n"},
		{"exec --raw cmd", true, "\x82\n"},
	} {
		s.Terminals(c.terminal, false)
		require.Equal(t, c.prints, s.Says(c.line), "%s, terminal %v", c.line, c.terminal)
	}
}
