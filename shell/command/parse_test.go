package command_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

// textsOf returns the texts of words.
func textsOf(words []codec.Word) []string {
	var texts []string
	for _, w := range words {
		texts = append(texts, w.Text)
	}
	return texts
}

func TestOperatorsCountOutsideQuotesAndWhereAWordBegins(t *testing.T) {
	type redirection = command.Redirection
	for line, want := range map[string]redirection{
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
		`echo a |"a program" b`:            {Filter: `"a program" b`},
		`exec ls | cat`:                    {Filter: "cat"},
		`sh ls | cat > f`:                  {},
		`!ls | cat > f`:                    {},
	} {
		for _, separators := range []bool{true, false} {
			commands, err := newTable().Parse(line, command.Grammar{Separators: separators})
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

func TestAFilterEndsWithTheLineOrAtASeparator(t *testing.T) {
	line := `echo a | grep "x;y" ; echo b|c; echo d | wc &`
	commands, err := newTable().Parse(line, command.Grammar{Separators: true})
	require.NoError(t, err)
	require.Len(t, commands, 3)
	require.Equal(t, `grep "x;y"`, commands[0].Filter)
	require.Equal(t, "b|c", commands[1].Words[0].Text)
	require.Equal(t, "wc", commands[2].Filter)
	require.Equal(t, "echo d | wc", commands[2].JobLine)

	commands, err = newTable().Parse(line, command.Grammar{})
	require.NoError(t, err)
	require.Len(t, commands, 1, "in files ; is no separator")
	require.Equal(t, `grep "x;y" ; echo b|c; echo d | wc`, commands[0].Filter)
	require.NotEmpty(t, commands[0].JobLine)
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
		"get a > f &":                 "get a > f|a",
		"sh a; echo &":                "sh a; echo|a; echo",
		`sh "sleep 1 &"`:              "|sleep 1 &",
		`sh "sleep 1 &" &`:            `sh "sleep 1 &"|sleep 1 &`,
		"sh -d x don't &":             "sh -d x don't|don't",
		"sh echo 'a &":                "|echo 'a &",
		"say you & me &":              "say you & me|you & me",
		"say you & me":                "|you & me",
		"!sleep 9 &":                  "|sleep 9 &", // the whole line is for the local shell
		`echo a; -! "x y" ; 'z`:       `|a,|"x y" ; 'z`,
		"echo a & ; echo b &; echo c": "echo a|a,echo b|b,|c",
	} {
		commands, err := newTable().Parse(line, command.Grammar{Separators: true})
		require.NoError(t, err, line)
		var got []string
		for _, c := range commands {
			got = append(got, c.JobLine+"|"+strings.Join(textsOf(c.Words), "+"))
		}
		require.Equal(t, want, strings.Join(got, ","), line)
	}
}

func TestWrongLinesAreRefused(t *testing.T) {
	for line, want := range map[string]string{
		"echo >":            ">: a file is missing",
		"echo > > f":        "", // the file is called ">"
		"echo > f > g":      ">: the file f is named already",
		"echo < f < g":      "<: the file f is named already",
		"echo |":            "|: a command is missing after it",
		"echo | | wc":       "|: a command is missing after it",
		"> f":               "a command is missing before the operators",
		"| wc":              "a command is missing before the operators",
		"echo > f | wc":     "output goes to a file or to a command, not both",
		"get":               "get: too few words",
		"cd a b":            "cd: too many words",
		"get -x a":          "get: there is no option -x",
		"nothing":           "nothing: unknown command",
		"&":                 `"&": unknown command`,
		"sh &":              "sh: too few words",
		"exit &":            "exit: &: only commands that use the remote can run in the background",
		"!ls; exit":         "", // the whole line is for the local shell
		"cd logs &":         "cd: &: it has no effect in the background",
		"explain get a &":   "explain: &: only commands that use the remote can run in the background",
		"explain":           "explain: too few words",
		"explain nothing":   "nothing: unknown command",
		`echo "a`:           `the quote " at column 6 is not closed`,
		`echo a; echo e"\q`: `column 17: after \ comes n, t, r, \, " or xHH`,
		`sh "a`:             "", // the line is for the remote shell
	} {
		_, err := newTable().Parse(line, command.Grammar{Separators: true})
		if want == "" {
			require.NoError(t, err, line)
			continue
		}
		require.EqualError(t, err, want, line)
	}
	_, err := newTable().Parse("get", command.Grammar{})
	require.Equal(t, "usage: get [-r] [--sum sha256] PATH… [TARGET]", console.HintOf(err))
}

func TestAnyLineCanBeParsed(t *testing.T) {
	table := newTable()
	rapid.Check(t, func(t *rapid.T) {
		line := lineOf(t)
		for _, g := range []command.Grammar{{}, {Separators: true}, command.PromptGrammar()} {
			commands, err := table.Parse(line, g)
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

// Quoted output can be pasted into a command.
func TestQuotedWordsAreParsedBack(t *testing.T) {
	table := newTable()
	rapid.Check(t, func(t *rapid.T) {
		var want []string
		line := "echo --"
		for range rapid.IntRange(1, 4).Draw(t, "n") {
			special := rapid.SampledFrom([]string{"&", ";", ">f", "|wc", "<", "a;b", "#", "!x", "-r", `\`, ""})
			text := rapid.OneOf(rapid.String(), special).Draw(t, "text")
			want = append(want, text)
			line += " " + codec.Quote(codec.Lit(text))
		}
		commands, err := table.Parse(line, command.Grammar{Separators: true})
		require.NoError(t, err, line)
		require.Len(t, commands, 1, line)
		require.Equal(t, want, textsOf(commands[0].Words), line)
		require.Equal(t, command.Redirection{}, commands[0].Redirection, line)
	})
}

func TestExplainedLinesAreParsedLikeAnyOther(t *testing.T) {
	for line, want := range map[string][]string{
		"explain get a 'b c'":     {"get", "a", "b c"},
		"explain sh ls; pwd | wc": {"sh", "ls; pwd | wc"},
		"explain !ls; pwd":        {"!", "ls; pwd"},
		"explain RUN ls -l":       {"run", "ls", "-l"},
		"explain explain say a;b": {"explain", "say", "a;b"},
	} {
		commands, err := newTable().Parse(line, command.PromptGrammar())
		require.NoError(t, err, line)
		require.Len(t, commands, 1, line)
		explained := commands[0].Explained
		require.NotNil(t, explained, line)
		require.Equal(t, want, append([]string{explained.Name}, textsOf(explained.Words)...), line)
	}
}

func TestTheArgumentsOfAProcessAreLiteralWords(t *testing.T) {
	table := newTable()
	c, err := table.ParseWords([]string{"echo", "a;b", "&", "> f", `"q`})
	require.NoError(t, err)
	require.Empty(t, c.JobLine)
	require.Equal(t, []string{"a;b", "&", "> f", `"q`}, textsOf(c.Words))
	require.Equal(t, command.Redirection{}, c.Redirection)

	c, err = table.ParseWords([]string{"!", "echo", "a", "-b"})
	require.NoError(t, err)
	require.Equal(t, []string{"echo a -b"}, textsOf(c.Words))
	c, err = table.ParseWords([]string{"explain", "sh", "-d", "x", "echo", "a  b"})
	require.NoError(t, err)
	require.Equal(t, []string{"echo a  b"}, textsOf(c.Explained.Words))

	_, err = table.ParseWords(nil)
	require.EqualError(t, err, "a command is missing")
	_, err = table.ParseWords([]string{"ec", "a"})
	require.Error(t, err, "prefixes are for the prompt")
}

func TestAScriptIsParsedCompletelyAndErrorsHaveALocation(t *testing.T) {
	table := newTable()
	commands, err := table.ParseScript("a.tsh", []byte("\xef\xbb\xbf# comment\r\necho a;b\r\n\r\n-get x"))
	require.NoError(t, err)
	require.Len(t, commands, 2)
	require.Equal(t, "a.tsh:2: ", commands[0].Where)
	require.Equal(t, []string{"a;b"}, textsOf(commands[0].Words))
	require.Equal(t, "a.tsh:4: ", commands[1].Where)
	require.False(t, commands[0].MayFail)
	require.True(t, commands[1].MayFail)

	_, err = table.ParseScript("a.tsh", []byte("echo a\necho \"b\n"))
	require.EqualError(t, err, `a.tsh:2: the quote " at column 6 is not closed`)
}

func TestTheOptionsOfFindMayHaveOneDash(t *testing.T) {
	for _, line := range []string{"find . -name a -n", "find . --name a -n"} {
		commands, err := newTable().Parse(line, command.Grammar{})
		require.NoError(t, err, line)
		require.True(t, commands[0].Has("name"), line)
		require.True(t, commands[0].Has("n"), line)
	}
	_, err := newTable().Parse("find -- -name", command.Grammar{})
	require.NoError(t, err)
}
