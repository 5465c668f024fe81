//go:build unix

package shell_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/shelltest"
)

func TestPastedLinesRunAfterOneConfirmation(t *testing.T) {
	var ran []string
	s, _ := shelltest.NewHostile(t, shelltest.Answers{
		"ECHO": func(c *codec.Conn, words []codec.Word) {
			ran = append(ran, codec.Join(words))
			shelltest.OK(c)
		},
	})
	p := s.Prompt()
	asks := func(text string, n string) {
		p.Types(text)
		p.Until(func(rows []string) bool {
			return len(rows) > 2 && strings.HasSuffix(rows[len(rows)-1], "run these "+n+" lines? [y/N]")
		})
	}
	for _, paste := range []string{
		"\x1b[200~echo a;b\n# a comment\necho !c\n\x1b[201~",
		"\x1b[200~echo a;b\r# a comment\r\necho !c\x1b[201~",
	} {
		ran = nil
		asks(paste, "2")
		rows := p.Rows()
		require.Equal(t, []string{"   1  echo a;b", "   2  echo !c"}, rows[len(rows)-3:len(rows)-1])
		p.Types("n\r")
		p.SeesLine("")
		require.Empty(t, ran)
		asks(paste, "2")
		p.Types("y\r")
		p.SeesLine("")
		require.Equal(t, []string{`a;b`, `!c`}, ran)
	}
}

func TestPasteWithABadLineRunsNothing(t *testing.T) {
	ran := false
	s, _ := shelltest.NewHostile(t, shelltest.Answers{
		"ECHO": func(c *codec.Conn, _ []codec.Word) { ran = true; shelltest.OK(c) },
	})
	p := s.Prompt()
	p.Types("\x1b[200~echo a\recho b\rnonsense x\r\x1b[201~")
	p.Until(func(rows []string) bool {
		text := strings.Join(rows, "\n")
		return strings.Contains(text, "paste:3: nonsense: unknown command") && strings.HasSuffix(text, ">")
	})
	require.False(t, ran)
}

func TestPasteStopsAtTheFirstFailure(t *testing.T) {
	s := shelltest.NewPlain(t)
	p := s.Prompt()
	p.Types("\x1b[200~cat nowhere\rmkdir made\r\x1b[201~")
	p.Until(func(rows []string) bool { return strings.HasSuffix(rows[len(rows)-1], "lines? [y/N]") })
	p.Types("y\r")
	p.Until(func(rows []string) bool {
		text := strings.Join(rows, "\n")
		return strings.Contains(text, "paste:1: cat: nowhere: no such file") && strings.HasSuffix(text, ">")
	})
	require.NotContains(t, shelltest.Everything(t, s.Tree), "made/")
}
