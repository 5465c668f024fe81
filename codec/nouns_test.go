package codec_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
)

func TestEntriesAreWholeLines(t *testing.T) {
	var names []string
	each := func(e codec.Entry) error {
		names = append(names, e.Name)
		return nil
	}
	require.NoError(t, codec.Entries(nil, each))
	require.NoError(t, codec.Entries([]byte("f 0644 1 - a\nd 0755 - - \"b c\"\n"), each))
	require.Equal(t, []string{"a", "b c"}, names)
	require.ErrorIs(t, codec.Entries([]byte("f 0644 1 - c\nf 0644 1 - d"), each), is(codec.BadFrame))
	require.ErrorIs(t, codec.Entries([]byte("f 0644 1 - c\n\n"), each), is(codec.BadRequest))
	stop := errors.New("enough")
	require.ErrorIs(
		t, codec.Entries([]byte("f 0644 1 - c\nnonsense\n"), func(codec.Entry) error { return stop }),
		stop,
	)
}

func TestATimeOfAnyZoneIsWrittenInUTC(t *testing.T) {
	east := time.FixedZone("", 14*3600)
	for want, at := range map[string]time.Time{
		"2026-11-22T10:00:00.000000000Z": time.Date(2026, 11, 23, 0, 0, 0, 0, east),
		"9999-12-31T10:00:00.000000000Z": time.Date(10000, 1, 1, 0, 0, 0, 0, east),
		"0000-01-01T00:00:00.000000000Z": time.Date(0, 1, 1, 0, 0, 0, 0, east), // in UTC this is the year before 0
		"9999-12-31T23:59:59.000000000Z": time.Date(12_000, 1, 1, 0, 0, 0, 0, east),
		"-":                              {},
	} {
		e := codec.Entry{Kind: codec.Regular, Name: "x", Time: at}
		require.Equal(t, "f 0000 0 "+want+" x", e.String())
		_, err := codec.ParseEntry(e.String())
		require.NoError(t, err)
	}
}

func TestKindsInWords(t *testing.T) {
	for kind, want := range map[codec.Kind]string{
		codec.Regular: "file", codec.Folder: "folder", codec.Link: "link", codec.Pipe: "pipe",
		codec.Socket: "socket",
		codec.Block:  "device", codec.Char: "device", 'x': "unknown", 0: "unknown",
	} {
		require.Equal(t, want, kind.String())
	}
}

func TestNumbersHaveOneSpelling(t *testing.T) {
	for s, want := range map[string]int64{"0": 0, "7": 7, "10": 10, "9223372036854775807": 1<<63 - 1} {
		n, ok := codec.ParseNumber(s)
		require.True(t, ok, s)
		require.Equal(t, want, n)
	}
	for _, s := range []string{
		"", "-", "-1", "+1", "00", "01", " 1", "1 ", "1.0", "1e3", "0x1", "1_0", "٣",
		"9223372036854775808", "9999999999999999999", "18446744073709551617", "10000000000000000000",
	} {
		_, ok := codec.ParseNumber(s)
		require.False(t, ok, s)
	}
}

func TestPairs(t *testing.T) {
	pairs := codec.Pairs{
		codec.PairOf("done", 8), codec.PairOf("of", int64(1)<<40), codec.PairOf("why", "a=b c"),
	}
	line := codec.Join(pairs.Words())
	require.Equal(t, `done=8 of=1099511627776 "why=a=b c"`, line)
	words, err := codec.Split(line)
	require.NoError(t, err)
	back, err := codec.ParsePairs(words)
	require.NoError(t, err)
	require.Equal(t, pairs, back)

	n, ok := back.Int("done")
	require.True(t, ok)
	require.EqualValues(t, 8, n)
	for _, key := range []string{"why", "nothing"} {
		_, ok = back.Int(key)
		require.False(t, ok)
	}
	_, ok = back.Get("nothing")
	require.False(t, ok)
}

func TestHello(t *testing.T) {
	for _, line := range []string{
		`techsh/1 session=7 system=linux host=office-pc user=ann cwd=/home/ann verbs=DIR,CD`,
		`techsh/1 techsh/2 session=7 system=windows host=pc user=OFFICE\ann "cwd=C:\My Docs" verbs=DIR color=blue`,
		`techsh/2 techsh/1 session= system= host= user= cwd= verbs=`,
	} {
		words, err := codec.Split(line)
		require.NoError(t, err)
		h, err := codec.ParseHello(words)
		require.NoError(t, err)
		require.Equal(t, line, codec.Join(h.Words()))
		require.NotContains(t, h.Verbs, "", "no verbs are not one without a name")
	}
}

func TestHelloOfAnotherVersionIsRefused(t *testing.T) {
	for line, code := range map[string]codec.Code{
		``:                        codec.Unsupported,
		`techsh/2 session=1`:      codec.Unsupported,
		`session=1 techsh/1`:      codec.BadRequest,
		`techsh/1 host=a host=b`:  codec.BadRequest,
		`techsh/1 host=a nothing`: codec.BadRequest,
	} {
		words, err := codec.Split(line)
		require.NoError(t, err)
		_, err = codec.ParseHello(words)
		require.ErrorIs(t, err, is(code), line)
	}
}

func TestErrorOfABadNounQuotesOnlyItsBeginning(t *testing.T) {
	long := "f 0644 - - " + strings.Repeat(" ", 60_000)
	_, err := codec.ParseEntry(long)
	require.Error(t, err)
	require.Less(t, len(err.Error()), 300)
	_, err = codec.ParseHost(strings.Repeat("- ", 30_000))
	require.Error(t, err)
	require.Less(t, len(err.Error()), 300)
}

// anyText generates arbitrary bytes, many of them special characters.
func anyText(t *rapid.T, what string) string {
	runes := rapid.StringOf(rapid.RuneFrom([]rune("ab=-\"'\\*~ \t\n\x00\x1bé\u202e")))
	return rapid.OneOf(
		runes, rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	).Draw(t, what)
}

// anyPairs generates pairs whose keys are none of not.
func anyPairs(t *rapid.T, not ...string) codec.Pairs {
	var pairs codec.Pairs
	for range rapid.IntRange(0, 3).Draw(t, "pairs") {
		key := anyText(t, "key")
		if _, twice := pairs.Get(key); key == "" || strings.Contains(key, "=") || slices.Contains(not, key) ||
			twice {
			continue
		}
		pairs = append(pairs, codec.PairOf(key, anyText(t, "value")))
	}
	return pairs
}

func TestEveryEntryRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := codec.Entry{
			Kind: rapid.SampledFrom([]codec.Kind("fdlpsbc")).Draw(t, "kind"),
			Mode: rapid.IntRange(codec.Unknown, 0o7777).Draw(t, "mode"),
			Size: rapid.Int64Min(codec.Unknown).Draw(t, "size"),
			Name: "n" + anyText(t, "name"),
			More: anyPairs(t),
		}
		if rapid.Bool().Draw(t, "plain") {
			e.Name = e.Name[1:] + "n"
		}
		if rapid.Bool().Draw(t, "timed") {
			e.Time = time.Unix(
				rapid.Int64Range(-62167219200, 253402300799).Draw(t, "second"),
				rapid.Int64Range(0, 999_999_999).Draw(t, "ns"),
			).UTC()
		}
		if e.Kind == codec.Link {
			e.Target = anyText(t, "target")
		}
		back, err := codec.ParseEntry(e.String())
		require.NoError(t, err)
		require.Equal(t, e, back)
	})
}

func TestEveryErrorRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := &codec.Error{
			Code: codec.Busy, Text: "t" +
				anyText(t, "text"), Name: anyText(t, "name"), Hint: anyText(t, "hint"),
			More: anyPairs(t, "name", "hint"),
		}
		for verb, want := range map[string]*codec.Error{
			"ERR": e, "NOTE": {Code: e.Code, Text: e.Text, Name: e.Name},
		} {
			back, err := readError(verb, writeError(verb, e))
			require.NoError(t, err)
			require.Equal(t, want, back)
		}
	})
}
