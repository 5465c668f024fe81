package command_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/shell/command"
)

// rolesOf lists the tokens of a line: a letter for the role, then the text.
func rolesOf(parts []command.Part) string {
	letters := map[command.Role]string{
		command.Argument: "a", command.Operator: "o", command.File: "f", command.Filter: "|",
		command.Ampersand: "&", command.Rest: "r", command.Comment: "#",
	}
	var lines []string
	for _, p := range parts {
		var tokens []string
		for _, token := range p.Tokens {
			tokens = append(tokens, letters[token.Role]+":"+token.Text)
		}
		lines = append(lines, strings.Join(tokens, " "))
	}
	return strings.Join(lines, " / ")
}

func TestEveryTokenHasItsRole(t *testing.T) {
	for line, want := range map[string]string{
		``:                        "",
		`  `:                      "",
		`# get "`:                 `#:# get "`,
		`get a "b c"`:             "a:get a:a a:b c",
		`get a > f < in`:          "a:get a:a o:> f:f o:< f:in",
		`get a >>f`:               "a:get a:a o:>> f:f",
		`get a >"b c"`:            "a:get a:a o:> f:b c",
		`get a > |x`:              "a:get a:a o:> |:x",
		`get a | wc ; echo b`:     "a:get a:a |:wc / a:echo a:b",
		`get a | wc &`:            "a:get a:a |:wc",
		`get a & ; echo & b`:      "a:get a:a &:& / a:echo a:& a:b",
		`sh -d x ls; pwd | cat &`: "a:sh a:-d a:x r:ls; pwd | cat &:&",
		`sh "ls; pwd"`:            "a:sh r:ls; pwd",
		`echo a;!ls "x" &`:        `a:echo a:a / a:! r:ls "x" &`,
		`-! ls`:                   "a:-! r:ls",
		`explain sh ls; pwd`:      "a:explain a:sh r:ls; pwd",
		`explain !ls; pwd`:        "a:explain a:! r:ls; pwd",
		`explain get a; sh b`:     "a:explain a:get a:a / a:sh r:b",
		`> f sh ls; pwd`:          "o:> f:f a:sh r:ls; pwd",
		`EXPL SAY a;b`:            "a:EXPL a:SAY r:a;b",
		`no such;`:                "a:no a:such",
		`get a;;echo b`:           "a:get a:a /  / a:echo a:b",
		`get e"\q`:                `a:get r:e"\q`,
		`get 'a b`:                "a:get a:a b",
	} {
		require.Equal(t, want, rolesOf(newTable().Scan(line, command.PromptGrammar())), line)
	}
}

func TestOnlyAPromptReadsOpenQuotesPrefixesAndSeparators(t *testing.T) {
	table := newTable()
	require.Equal(t, "a:sa a:x;y", rolesOf(table.Scan("sa x;y", command.Grammar{})))
	require.Equal(t, "a:sa a:x / a:y", rolesOf(table.Scan("sa x;y", command.Grammar{Separators: true})))
	require.Equal(t, "a:sa r:x;y", rolesOf(table.Scan("sa x;y", command.Grammar{Prefixes: true})))
	require.Error(t, table.Scan("get 'a", command.Grammar{})[0].Err)
	require.NoError(t, table.Scan("get 'a", command.Grammar{OpenQuotes: true})[0].Err)
}

// pieces are the parts of randomly generated lines.
var pieces = []string{
	"echo", "get ", "sh ", "sh", "explain ", "!", "a", "-d ", "-", " ", " ", " ", "\t", "|", "<", ">", ">>", ";", "&",
	" &", "\"", "'", `e"`, `\`, "#", "é", "\xff",
}

func lineOf(t *rapid.T) string {
	return strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "line"), "")
}

func TestTokensStandInTheLineOneAfterAnother(t *testing.T) {
	table := newTable()
	rapid.Check(t, func(t *rapid.T) {
		line := lineOf(t)
		for _, g := range []command.Grammar{{}, {Separators: true}, command.PromptGrammar()} {
			pos := 0
			for _, p := range table.Scan(line, g) {
				require.GreaterOrEqual(t, p.Start, pos)
				pos = p.Start
				for _, token := range p.Tokens {
					require.GreaterOrEqual(t, token.Start, pos, "%q %v", line, token)
					require.GreaterOrEqual(t, token.End, token.Start, "%q %v", line, token)
					pos = token.End
				}
				require.LessOrEqual(t, pos, p.End, "%q", line)
				pos = p.End
			}
			require.LessOrEqual(t, pos, len(line))
		}
	})
}

func TestALineThatMayHoldASecretIsKnown(t *testing.T) {
	for line, want := range map[string]bool{
		"raw AUTH q7hzk2vmd4x3tn5b":    true,
		"ra 'auth' q7hz":               true,
		"raw PAIR proof=1":             true,
		"raw -x 41 55 54 48 00000011":  true,
		`raw -x "5041" 4952 00`:        true,
		`raw e"\x41UTH" q7hz`:          true,
		`raw e"AUTH q7hz"`:             true,
		`explain raw "AUTH q7hz"`:      true,
		"dir; raw auth x":              true,
		"dir;auth x":                   true,
		"# raw AUTH x":                 true,
		`! echo "AUTH x" | nc host 1`:  true,
		"dir | grep 'auth x'":          true,
		`sh "echo AUTH x"`:             true,
		`raw AUTH e"\q`:                true,
		"raw -x 44 49 52 20":           false,
		"dir author":                   false,
		"get repair.txt > auth.txt":    false,
		"":                             false,
		"echo pair-of-shoes authority": false,
	} {
		require.Equal(t, want, command.HoldsSecret(newTable().Scan(line, command.PromptGrammar())), line)
	}
}

func FuzzScan(f *testing.F) {
	f.Add(`explain sh -d "a b" ls; pwd > x | y &`)
	table := newTable()
	f.Fuzz(func(t *testing.T, line string) {
		for _, g := range []command.Grammar{{}, {Separators: true}, command.PromptGrammar()} {
			_, _ = table.Parse(line, g)
			_ = fmt.Sprint(table.Scan(line, g))
		}
	})
}
