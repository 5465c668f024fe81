package files_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/shelltest"
)

// find returns a session, and a function that returns the value of an option that the
// last find sent.
func find(t *testing.T) (s *shelltest.Session, sent func(option string) string) {
	t.Helper()
	calls := make(chan []codec.Word, 1)
	s, _ = shelltest.NewHostile(t, shelltest.Answers{"FIND": func(c *codec.Conn, words []codec.Word) {
		calls <- words
		shelltest.OK(c)
	}})
	return s, func(option string) string {
		words := <-calls
		require.GreaterOrEqual(t, len(words), 2)
		require.Equal(t, option, words[0].Text)
		return words[1].Text
	}
}

func TestFindReadsSizes(t *testing.T) {
	s, sent := find(t)
	for typed, want := range map[string]string{
		"0":     "0",
		"1500":  "1500",
		"+10M":  "+10485760",
		"-4k":   "-4096",
		"+1.5G": "+1610612736",
	} {
		require.NoError(t, s.Run("find . -size "+typed), typed)
		require.Equal(t, want, sent("--size"), typed)
	}
	for _, typed := range []string{`""`, "+", "many", "+-1", "1x", `"10 M"`} {
		require.Error(t, s.Run("find . --size "+typed), typed)
	}
}

func TestFindReadsTimesAndAges(t *testing.T) {
	s, sent := find(t)
	for typed, age := range map[string]time.Duration{
		"90m":  90 * time.Minute,
		"12h":  12 * time.Hour,
		"7d":   7 * 24 * time.Hour,
		"2w":   14 * 24 * time.Hour,
		"1.5h": 90 * time.Minute,
	} {
		before := time.Now().Add(-age)
		require.NoError(t, s.Run("find . -newer "+typed), typed)
		got, err := time.Parse(codec.TimeLayout, sent("--newer"))
		require.NoError(t, err, typed)
		require.False(t, got.Before(before) || got.After(time.Now().Add(-age)), typed)
	}
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local).UTC().Format(codec.TimeLayout)
	for _, typed := range []string{"2026-11-22T12:00", "2026-11-22 12:00:00", "2026-11-22T12:00:00"} {
		require.NoError(t, s.Run(`find . -newer "`+typed+`"`), typed)
		require.Equal(t, noon, sent("--newer"), typed)
	}
	for _, typed := range []string{"yesterday", "7", "d", "-7d", "7dd", "7d2h", "2026"} {
		require.Regexp(t, "not a time\n  2026-11-22, ", s.Says("find . --newer "+typed), typed)
	}
}
