package command_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/command"
)

func TestACollectorKeepsTheFirstCandidates(t *testing.T) {
	var c command.Collector
	for i := range 100_000 {
		text := fmt.Sprintf("name-%05d", i*7919%100_000)
		c.Add(command.Candidate{Text: text, Label: text})
	}
	got := c.Candidates()
	require.Len(t, got.List, 1000)
	require.Equal(t, "name-00000", got.List[0].Text)
	require.Equal(t, "name-00999", got.List[999].Text)
	require.Equal(t, 99_000, got.More)
	require.Equal(t, "name-", got.Common)
}

func TestACollectorKeepsFewLongCandidates(t *testing.T) {
	var c command.Collector
	long := strings.Repeat("x", 60_000)
	for i := range 1000 {
		c.Add(command.Candidate{Text: fmt.Sprintf("%03d%s", i, long), Label: long})
	}
	got := c.Candidates()
	require.NotEmpty(t, got.List)
	require.Less(t, len(got.List), 20)
	require.Equal(t, 1000, got.More+len(got.List))
	require.Equal(t, "000", got.List[0].Text[:3])

	var one command.Collector
	one.Add(command.Candidate{Text: strings.Repeat(long, 100), Label: long})
	require.Len(t, one.Candidates().List, 1)
	require.Empty(t, new(command.Collector).Candidates().List)
}
