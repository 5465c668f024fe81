package console_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/console"
)

func TestSizesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1500": 1500, "500k": 500 << 10, "500K": 500 << 10, "2M": 2 << 20, "2MiB": 2 << 20, "2mb": 2 << 20,
		"1.5G": 3 << 29, "1T": 1 << 40, "7B": 7,
	} {
		n, err := console.ParseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n, text)
	}
	for _, text := range []string{
		"", "k", "-1", "+1", "1x", "1 k", "1kk", "0x10", "1e3", "NaN", "inf", "9999999T", "1.2.3", ".",
	} {
		_, err := console.ParseSize(text)
		require.Error(t, err, text)
	}
}

func TestSizesAreFormatted(t *testing.T) {
	require.Equal(t, "?", console.FormatSize(-1))
	require.Equal(t, "88 B", console.FormatSize(88))
	for want, n := range map[string][2]int64{
		"41.2 of 100 MiB": {43200283, 100 << 20},
		"0 of 5 B":        {0, 5},
		"0.5 of 1 KiB":    {512, 1024},
		"1 of 1.5 GiB":    {1 << 30, 3 << 29},
	} {
		require.Equal(t, want, console.FormatPart(n[0], n[1]))
	}
	require.Equal(t, "1 file in 2 folders", console.FilesInFolders(1, 2))
	require.Equal(t, "12 files", console.FilesInFolders(12, 0))
}

func TestDurationsAreFormatted(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0 ms": 0, "9 ms": 9 * time.Millisecond, "2.1 s": 2100 * time.Millisecond, "1:05": 65 * time.Second,
		"1:00:01": time.Hour + time.Second,
	} {
		require.Equal(t, want, console.FormatElapsed(d))
	}
	for want, d := range map[string]time.Duration{
		"12 s": 12 * time.Second, "3 m 12 s": 192 * time.Second, "1 h 0 m": time.Hour, "2 d 5 h": 53 * time.Hour,
		"106751 d 23 h": math.MaxInt64, "9.0 s": 9 * time.Second, "0.04 ms": 40 * time.Microsecond,
		"4.0 ms": 4 * time.Millisecond, "999 ms": 999 * time.Millisecond,
	} {
		require.Equal(t, want, console.FormatSpan(d))
	}
	require.Equal(t, "1 day 1:01", console.FormatUptime(25*time.Hour+time.Minute))
	require.Equal(t, "1:02:03", console.FormatUptime(time.Hour+2*time.Minute+3*time.Second))
}

func TestDurationsAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"5s": 5 * time.Second, "1m": time.Minute, "0.5": 500 * time.Millisecond, "250ms": 250 * time.Millisecond,
	} {
		d, ok := console.ParseDuration(text)
		require.True(t, ok, text)
		require.Equal(t, want, d, text)
	}
	for _, text := range []string{"", "0", "-1", "-1s", "soon", "1x"} {
		_, ok := console.ParseDuration(text)
		require.False(t, ok, text)
	}
}

func table(t *testing.T, rows [][]string, right ...int) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, console.WriteTable(&b, slices.Values(rows), right...))
	return b.String()
}

// A single very long name must not widen every row of a list.
func TestAWideCellDoesNotWidenItsColumn(t *testing.T) {
	wide := strings.Repeat("x", 60_000)
	require.Equal(t, wide+"  1\na"+strings.Repeat(" ", 200)+" 2\n",
		table(t, [][]string{{wide, "1"}, {"a", "2"}}))
}

func TestColumnsAreAlignedByTheWidthOfTheirText(t *testing.T) {
	require.Equal(t, "a      1  x\n世界  20\n", table(t, [][]string{{"a", "1", "x"}, {"世界", "20", ""}}, 1))
	require.Empty(t, table(t, nil))
}

func TestOnlyAFileHasASize(t *testing.T) {
	require.Equal(t, "7 B", console.FormatEntrySize(codec.Entry{Kind: codec.Regular, Size: 7}))
	require.Equal(t, "folder", console.FormatEntrySize(codec.Entry{Kind: codec.Folder}))
}
