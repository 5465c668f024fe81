package shell

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
)

// says runs a line as at the prompt and returns what is printed.
func says(t *testing.T, s *Shell, output func() string, line string) string {
	t.Helper()
	commands, err := s.parse(line, grammar{separators: true, prefixes: true})
	require.NoError(t, err, line)
	_ = s.runAll(t.Context(), commands)
	return output()
}

func sentFrame(verb codec.Verb, body string) crossing {
	return crossing{connection: 1, sent: true, at: time.Unix(1, 0), verb: verb, length: len(body), body: []byte(body)}
}

func TestTheWireKeepsTheLastFramesAndOnlyTheBeginningOfContents(t *testing.T) {
	w := newWire(&Shell{})
	for i := range wireKept + 44 {
		w.note(sentFrame(codec.OK, fmt.Sprintf("exit=%d\n", i)))
	}
	w.note(sentFrame(codec.DATA, strings.Repeat("x", 5000)))
	w.note(sentFrame(codec.MakeVerb("DIR"), strings.Repeat("y", 5000)))
	all := w.last()
	require.Len(t, all, wireKept)
	require.Equal(t, "exit=46\n", string(all[0].body))
	require.Equal(t, 64, len(all[wireKept-2].body))
	require.Equal(t, 5000, all[wireKept-2].length)
	require.Equal(t, 5000, len(all[wireKept-1].body), "words are whole")
}

func TestAFrameOfATransferCostsTheWireNoMemory(t *testing.T) {
	w := newWire(&Shell{})
	x := sentFrame(codec.DATA, strings.Repeat("x", 256<<10))
	for range wireKept {
		w.note(x)
	}
	require.Zero(t, testing.AllocsPerRun(1000, func() { w.note(x) }))
}

func BenchmarkTheWireOfATransfer(b *testing.B) {
	w := newWire(&Shell{})
	x := sentFrame(codec.DATA, strings.Repeat("x", 256<<10))
	for b.Loop() {
		w.note(x)
	}
}

func TestRedactionLeavesTheLengthAndNothingElse(t *testing.T) {
	for _, row := range []struct {
		verb codec.Verb
		body string
		want string
	}{
		{codec.AUTH, cookie + "\n", strings.Repeat("*", 26) + "\n"},
		{codec.AUTH, cookie, strings.Repeat("*", 26)},
		{codec.AUTH, "a\nb\n", "***\n"},
		{codec.PAIR, "line 00ff ann\n", "*************\n"},
		{codec.OK, "proof=00ff name=ann\n", "proof=**** name=ann\n"},
		{codec.OK, "name=ann proof=00ff\n", "name=ann proof=****\n"},
		{codec.OK, "name=ann\n", "name=ann\n"},
		{codec.ERR, `bad-frame "AUTH  sec" is`, `bad-frame "AUTH ********`},
		{codec.ERR, "not-found auth", "not-found auth"},
		{codec.DATA, "auth me proof=1\n", "auth me proof=1\n"},
		{0, "auth " + cookie + "\n", "auth " + strings.Repeat("*", 27)},
		{0, "x AUTH 0000000004\nsec", "x AUTH " + strings.Repeat("*", 14)},
		{0, "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n"},
	} {
		x := sentFrame(row.verb, row.body)
		require.Equal(t, row.want, string(x.redacted().body), row.body)
		require.Equal(t, row.body, string(x.body), "the original stays")
	}
}

// TestSecretsAppearOnlyWhereTheyAreAskedFor looks for the cookie in all that can
// be shown and written of what crosses, as text and as bytes.
func TestSecretsAppearOnlyWhereTheyAreAskedFor(t *testing.T) {
	const inHex = "71 37 68 7a 6b" // its beginning
	for _, asked := range []bool{false, true} {
		option := map[bool]string{true: "--secrets "}[asked]
		s, output, _ := testShell(t)
		var recording bytes.Buffer
		s.wire.recorder = &recorder{to: &recording, full: true, secrets: asked}
		for _, line := range []string{
			"trace " + option + "on; open", "trace " + option + "hex; open", "raw PING", "trace " + option + "on", "close; raw PING",
			"raw auth " + cookie, "raw -x " + fmt.Sprintf("%x", "AUTH  "+cookie), "open; wire " + option + "show", "wire -x " + option + "show",
			"wire " + option + "save saved.txt", "wire " + option + "show saved.txt", "wire -x " + option + "show saved.txt",
		} {
			got := says(t, s, output, line)
			if !asked {
				require.NotContains(t, got, cookie, line)
				require.NotContains(t, got, inHex, line)
			} else if strings.HasPrefix(line, "wire") && !strings.Contains(line, "save ") {
				require.True(t, strings.Contains(got, cookie) || strings.Contains(got, inHex), "%s: %s", line, got)
			}
		}
		saved, err := os.ReadFile(filepath.Join(s.Dir, "saved.txt"))
		require.NoError(t, err)
		for _, text := range []string{string(saved), recording.String()} {
			require.Contains(t, text, "verb: AUTH\nlength: 27\n")
			require.Equal(t, asked, strings.Contains(text, inHex))
			require.Equal(t, asked, strings.Contains(text, cookie[:16]))
		}
	}
}

func TestWhatIsSavedIsForNobodyElseAndReplacesNothing(t *testing.T) {
	s, output, _ := testShell(t)
	require.Empty(t, says(t, s, output, "wire save frames.txt"))
	fi, err := os.Stat(filepath.Join(s.Dir, "frames.txt"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), fi.Mode().Perm())
	require.Contains(t, says(t, s, output, "wire save frames.txt"), "wire: frames.txt: exists already")
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink("aim.txt", filepath.Join(s.Dir, "link.txt")))
		require.Contains(t, says(t, s, output, "wire save link.txt"), "wire: link.txt: exists already")
		require.NoFileExists(t, filepath.Join(s.Dir, "aim.txt"))
	}
	require.Contains(t, says(t, s, output, "wire show frames.txt"), " < HELO ")
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "other.txt"), []byte("# 1 > 2026-11-22T12:00:00.000000000Z\nverb: OK\nlength: 0\n4f 4b\n"), 0o644))
	require.Contains(t, says(t, s, output, "wire show other.txt"), "wire: other.txt:1: no record of a frame")
}

// TestARecordSaysWhatCrossed checks that records are read as they were written,
// and are cases of testdata/wire: the bytes in one that is ok are the frame.
func TestARecordSaysWhatCrossed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := crossing{
			connection: rapid.IntRange(1, 9).Draw(t, "connection"), sent: rapid.Bool().Draw(t, "sent"), at: time.Unix(rapid.Int64Range(0, 1<<37).Draw(t, "at"), 7).UTC(),
			verb: rapid.SampledFrom([]codec.Verb{0, codec.OK, codec.DATA, codec.FILE, codec.MakeVerb("DIR")}).Draw(t, "verb"),
			body: rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "body"),
		}
		x.length = len(x.body)
		whole := rapid.Bool().Draw(t, "whole")
		if !whole && x.verb != 0 {
			x.length += rapid.IntRange(0, 1000).Draw(t, "missing")
		}
		if x.verb == 0 && len(x.body) == 0 {
			return
		}
		all, err := parseRecords("f", x.record()+x.record())
		require.NoError(t, err)
		require.Len(t, all, 2)
		got := all[1]
		require.Equal(t, string(x.body), string(got.body))
		got.body = x.body
		require.Equal(t, x, got)
		require.Equal(t, x.verb != 0 && x.length == len(x.body), strings.Contains(x.record(), "\nexpect: ok\n"))
		if x.verb != 0 && x.length == len(x.body) {
			f, err := codec.NewConn(given{bytes.NewReader(x.bytes())}).ReadFrame()
			require.NoError(t, err)
			require.Equal(t, x.verb, f.Verb)
			require.Equal(t, string(x.body), string(f.Body))
		}
	})
}

func TestAJobIsRecordedWithItsShellAndNotTraced(t *testing.T) {
	s, output, _ := testShell(t)
	var recording bytes.Buffer
	s.wire.recorder = &recorder{to: &recording}
	got := says(t, s, output, "trace on; echo beside &")
	require.NoError(t, s.settle(t.Context()))
	got += output()
	require.Contains(t, got, "beside")
	require.NotContains(t, got, "> ECHO")
	all, err := parseRecords("recording", recording.String())
	require.NoError(t, err)
	require.Contains(t, recording.String(), "verb: ECHO\n")
	require.Equal(t, 2, all[len(all)-1].connection)
	for _, x := range s.wire.last() {
		require.NotEqual(t, codec.MakeVerb("ECHO"), x.verb, "what is kept is of the shell's own connection")
	}
}
