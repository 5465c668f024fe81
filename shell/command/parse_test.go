package command_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
	"techsh/shell"
	"techsh/shell/command"
	"techsh/shell/shelltest"
)

func TestOperatorsCountOutsideQuotesAndWhereAWordBegins(t *testing.T) {
	for line, want := range map[string]command.Redirection{
		`echo a`:                           {},
		`echo ">" '|' e"<" a>b a|b "> x"`:  {},
		`echo > f`:                         {To: codec.Bare("f")},
		`echo a >f b`:                      {To: codec.Bare("f")},
		`echo >>f`:                         {To: codec.Bare("f"), Appends: true},
		`echo >"a f"`:                      {To: codec.Lit("a f")},
		`echo > ">"`:                       {To: codec.Lit(">")},
		`echo <f > g`:                      {From: codec.Bare("f"), To: codec.Bare("g")},
		`echo a | wc -l > f`:               {Filter: "wc -l > f"},
		`echo a |wc`:                       {Filter: "wc"},
		`echo < f | grep don't | cat`:      {From: codec.Bare("f"), Filter: "grep don't | cat"},
		`echo | awk '{print "a;b"; x}' \;`: {Filter: `awk '{print "a;b"; x}' \;`},
		`exec ls | cat`:                    {Filter: "cat"},
		`sh ls | cat > f`:                  {},
		`!ls | cat > f`:                    {},
	} {
		for _, separators := range []bool{true, false} {
			commands, err := shell.CommandTable().Parse(line, command.Grammar{Separators: separators})
			require.NoError(t, err, line)
			require.Len(t, commands, 1, line)
			got := commands[0].Redirection
			for _, w := range []*codec.Word{&got.From, &got.To} {
				w.Start, w.End = 0, 0
			}
			require.Equal(t, want, got, line)
		}
	}
}

func TestAFilterEndsWhereItsLineOrASeparatorThatIsNotQuotedDoes(t *testing.T) {
	line := `echo a | grep "x;y" ; echo b|c; echo d | wc &`
	commands, err := shell.CommandTable().Parse(line, command.Grammar{Separators: true})
	require.NoError(t, err)
	require.Len(t, commands, 3)
	require.Equal(t, `grep "x;y"`, commands[0].Filter)
	require.Equal(t, "b|c", commands[1].Words[0].Text)
	require.Equal(t, "wc", commands[2].Filter)
	require.Equal(t, "echo d | wc", commands[2].JobLine)

	commands, err = shell.CommandTable().Parse(line, command.Grammar{})
	require.NoError(t, err)
	require.Len(t, commands, 1, "in files ; is no separator")
	require.Equal(t, `grep "x;y" ; echo b|c; echo d | wc`, commands[0].Filter)
	require.NotEmpty(t, commands[0].JobLine)
}

func TestNoLineIsTooOddToBeParsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"echo", "sh", "!", "a", " ", " ", "|", "<", ">", ">>", ";", "&", "\"", "'", `e"`, `\`,
			"-", "#", "é",
		})).Draw(t, "line"), "")
		for _, g := range []command.Grammar{
			{},
			{Separators: true},
			{Separators: true, Prefixes: true, OpenQuotes: true},
		} {
			commands, err := shell.CommandTable().Parse(line, g)
			if err != nil {
				continue
			}
			for _, c := range commands {
				require.NotNil(t, c.Row.Run, line)
				require.False(t, c.Filter != "" && c.To.Text != "", line)
				if !strings.ContainsAny(line, "<>|") {
					require.Equal(t, command.Redirection{}, c.Redirection, line)
				}
			}
		}
	})
}

func TestAnAmpersandAtTheEndIsAnOperator(t *testing.T) {
	for line, want := range map[string]string{
		"get a &":                     "get a|a",
		"get a\t&  ":                  "get a|a",
		`get "a b" 'c' &`:             `get "a b" 'c'|a b+c`,
		"get a&":                      "|a&",
		`get a "&"`:                   "|a+&",
		"get a & b":                   "|a+&+b",
		"get & &":                     "get &|&",
		"-get a &":                    "-get a|a",
		"sh a; echo &":                "sh a; echo|a; echo",
		`sh "sleep 1 &"`:              "|sleep 1 &",
		`sh "sleep 1 &" &`:            `sh "sleep 1 &"|sleep 1 &`,
		"sh -d x don't &":             "sh -d x don't|don't",
		"sh echo 'a &":                "|echo 'a &",
		"say you & me &":              "say you & me|you & me",
		"say you & me":                "|you & me",
		"!sleep 9 &":                  "|sleep 9 &", // that is for the shell here
		`echo a; -! "x y" ; 'z`:       `|a,|"x y" ; 'z`,
		"echo a & ; echo b &; echo c": "echo a|a,echo b|b,|c",
	} {
		commands, err := shell.CommandTable().Parse(line, command.Grammar{Separators: true})
		require.NoError(t, err, line)
		var got []string
		for _, c := range commands {
			var words []string
			for _, w := range c.Words {
				words = append(words, w.Text)
			}
			got = append(got, c.JobLine+"|"+strings.Join(words, "+"))
		}
		require.Equal(t, want, strings.Join(got, ","), line)
	}
}

func TestAWordOfACommandLineIsAWord(t *testing.T) {
	c, err := shell.CommandTable().ParseWords([]string{"echo", "a", "&"})
	require.NoError(t, err)
	require.Empty(t, c.JobLine)
	require.Len(t, c.Words, 2)
	s := shelltest.NewPlain(t)
	require.Zero(t, s.Batch(t.Context(), shell.Task{Words: []string{"!", "echo", "a", "-b"}}))
	require.Equal(t, "a -b\n", s.Printed())
}
