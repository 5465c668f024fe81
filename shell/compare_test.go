package shell

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// as is a shell whose remote is of that system.
func as(system string) *Shell {
	return &Shell{conn: &connection{hello: codec.Hello{System: system}}}
}

func TestBaseIsTheLastNameOfAPathThere(t *testing.T) {
	for path, want := range map[string][2]string{ // on Linux, on Windows
		"a.log": {"a.log", "a.log"}, "logs/a.log": {"a.log", "a.log"}, "logs/": {"logs", "logs"}, "/": {"", ""}, "..": {"..", ".."}, "~": {"~", "~"},
		`C:\Users\ann`: {`C:\Users\ann`, "ann"}, `C:\`: {`C:\`, "C"}, "C:x": {"C:x", "x"}, `a\b`: {`a\b`, "b"}, "": {"", ""},
	} {
		require.Equal(t, want, [2]string{as("linux").base(path), as("windows").base(path)}, path)
	}
	require.Equal(t, "a.txt", as("ex27").base(`C:\tmp\a.txt`), "it may be Windows")
	require.Equal(t, "a.txt", as("ex27").base("/tmp/a.txt"))
}

func TestSizesAndTimesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1500": 1500, "500k": 500 << 10, "500K": 500 << 10, "2M": 2 << 20, "2MiB": 2 << 20, "2mb": 2 << 20, "1.5G": 3 << 29, "1T": 1 << 40, "7B": 7,
	} {
		n, err := bytesOf(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n, text)
	}
	for _, text := range []string{"", "k", "-1", "+1", "1x", "1 k", "1kk", "0x10", "1e3", "NaN", "inf", "9999999T", "1.2.3", "."} {
		_, err := bytesOf(text)
		require.Error(t, err, text)
	}
	for want, d := range map[string]time.Duration{"0 ms": 0, "9 ms": 9 * time.Millisecond, "2.1 s": 2100 * time.Millisecond, "1:05": 65 * time.Second, "1:00:01": time.Hour + time.Second} {
		require.Equal(t, want, tookText(d))
	}
	for want, n := range map[string][2]int64{
		"41.2 of 100 MiB": {43200283, 100 << 20}, "0 of 5 B": {0, 5}, "0.5 of 1 KiB": {512, 1024}, "1 of 1.5 GiB": {1 << 30, 3 << 29},
	} {
		require.Equal(t, want, ofSize(n[0], n[1]))
	}
	for text, ago := range map[string]time.Duration{"90m": 90 * time.Minute, "12h": 12 * time.Hour, "7d": 7 * 24 * time.Hour, "1.5h": 90 * time.Minute} {
		got, err := newerCondition(text)
		require.NoError(t, err)
		at, err := time.Parse(time.RFC3339Nano, got)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(-ago), at, time.Minute, text)
	}
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local).UTC().Format("2006-01-02T15:04:05.000000000Z")
	for _, text := range []string{"2026-11-22T12:00", "2026-11-22 12:00:00", "2026-11-22T12:00:00"} {
		got, err := newerCondition(text)
		require.NoError(t, err)
		require.Equal(t, noon, got, text)
	}
	for _, text := range []string{"", "yesterday", "7", "d", "-7d", "7dd", "7d2h", "2026"} {
		_, err := newerCondition(text)
		require.Error(t, err, text)
		require.NotEmpty(t, hintOf(err))
	}
	require.True(t, errors.Is(about("x", os.ErrNotExist), os.ErrNotExist))
}
