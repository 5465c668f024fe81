package manual_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"techsh/codec/manual"
)

func TestEveryPageFitsTheWindow(t *testing.T) {
	require.Equal(t,
		[]string{"commands", "transfers", "screen", "scripts", "trust", "service", "windows", "hand", "course"},
		manual.Names())
	for _, topic := range manual.Topics() {
		require.NotEmpty(t, topic.Line, topic.Name)
		for _, columns := range []int{20, 40, 80, 1000} {
			page, found := manual.Page(topic.Name, columns, nil)
			require.True(t, found)
			require.True(t, strings.HasPrefix(page, topic.Name+": "+topic.Line+"\n"))
			for line := range strings.Lines(page) {
				line = strings.TrimSuffix(line, "\n")
				longWord := !strings.Contains(strings.TrimSpace(line), " ")
				asItIs := strings.HasPrefix(line, "    ") || strings.HasPrefix(line, topic.Name+": ")
				isHeading := columns < 40
				if !longWord && !asItIs && !isHeading {
					require.LessOrEqual(t, utf8.RuneCountInString(line), min(columns, 100), "%s: %s", topic.Name, line)
				}
			}
		}
	}
}

func TestThePageOfATopicInAnyCase(t *testing.T) {
	page, found := manual.Page("TRUST", 80, nil)
	require.True(t, found)
	require.NotEmpty(t, page)
	for _, topic := range []string{"", "nothing", "../manual", "manual.go", "trust.txt"} {
		_, found := manual.Page(topic, 80, nil)
		require.False(t, found, topic)
	}
}

func TestHeadingsAndLinesToTypeAreBold(t *testing.T) {
	page, _ := manual.Page("course", 80, func(text string) string { return "<" + text + ">" })
	require.Contains(t, page, "<1. echo: bytes>\n")
	require.Contains(t, page, "<    $ printf Barak | nc 127.0.0.1 8820>\n")
	require.Contains(t, page, "\n    Barak\n")
	page, _ = manual.Page("commands", 80, func(text string) string { return "<" + text + ">" })
	require.Contains(t, page, "<    office-pc> exec ls logs>\n")
}
