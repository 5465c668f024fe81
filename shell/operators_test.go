package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
)

func TestOperatorsCountOutsideQuotesAndWhereAWordBegins(t *testing.T) {
	s, _, _ := testShell(t)
	for line, want := range map[string]redirection{
		`echo a`:                           {},
		`echo ">" '|' e"<" a>b a|b "> x"`:  {},
		`echo > f`:                         {to: codec.Bare("f")},
		`echo a >f b`:                      {to: codec.Bare("f")},
		`echo >>f`:                         {to: codec.Bare("f"), appends: true},
		`echo >"a f"`:                      {to: codec.Lit("a f")},
		`echo > ">"`:                       {to: codec.Lit(">")},
		`echo <f > g`:                      {from: codec.Bare("f"), to: codec.Bare("g")},
		`echo a | wc -l > f`:               {filter: "wc -l > f"},
		`echo a |wc`:                       {filter: "wc"},
		`echo < f | grep don't | cat`:      {from: codec.Bare("f"), filter: "grep don't | cat"},
		`echo | awk '{print "a;b"; x}' \;`: {filter: `awk '{print "a;b"; x}' \;`},
		`exec ls | cat`:                    {filter: "cat"},
		`sh ls | cat > f`:                  {},
		`!ls | cat > f`:                    {},
	} {
		for _, separators := range []bool{true, false} {
			commands, err := s.parse(line, grammar{separators: separators})
			require.NoError(t, err, line)
			require.Len(t, commands, 1, line)
			got := commands[0].redirection
			for _, w := range []*codec.Word{&got.from, &got.to} {
				w.Start, w.End = 0, 0
			}
			require.Equal(t, want, got, line)
		}
	}
}

func TestAFilterEndsWhereItsLineOrASeparatorThatIsNotQuotedDoes(t *testing.T) {
	s, _, _ := testShell(t)
	line := `echo a | grep "x;y" ; echo b|c; echo d | wc &`
	commands, err := s.parse(line, grammar{separators: true})
	require.NoError(t, err)
	require.Len(t, commands, 3)
	require.Equal(t, `grep "x;y"`, commands[0].filter)
	require.Equal(t, "b|c", commands[1].Words[0].Text)
	require.Equal(t, "wc", commands[2].filter)
	require.Equal(t, "echo d | wc", commands[2].typed)

	commands, err = s.parse(line, grammar{})
	require.NoError(t, err)
	require.Len(t, commands, 1, "in files ; is no separator")
	require.Equal(t, `grep "x;y" ; echo b|c; echo d | wc`, commands[0].filter)
	require.NotEmpty(t, commands[0].typed)
}

func TestNoLineIsTooOddToBeParsed(t *testing.T) {
	s, _, _ := testShell(t)
	rapid.Check(t, func(t *rapid.T) {
		line := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"echo", "sh", "!", "a", " ", " ", "|", "<", ">", ">>", ";", "&", "\"", "'", `e"`, `\`, "-", "#", "é",
		})).Draw(t, "line"), "")
		for _, g := range []grammar{{}, {separators: true}, {separators: true, prefixes: true, openQuotes: true}} {
			commands, err := s.parse(line, g)
			if err != nil {
				continue
			}
			for _, c := range commands {
				require.NotNil(t, c.row.run, line)
				require.False(t, c.filter != "" && c.to.Text != "", line)
				if !strings.ContainsAny(line, "<>|") {
					require.Equal(t, redirection{}, c.redirection, line)
				}
			}
		}
	})
}

func TestAJobHasItsOperators(t *testing.T) {
	s, output, _ := testShell(t)
	commands, err := s.parse(`echo filed > out.txt &; echo piped | tr a-z A-Z &`, grammar{separators: true})
	require.NoError(t, err)
	require.NoError(t, s.runAll(t.Context(), commands))
	require.NoError(t, s.settle(t.Context()))
	require.Equal(t, "PIPED\n", output())
	b, err := os.ReadFile(filepath.Join(s.Dir, "out.txt"))
	require.NoError(t, err)
	require.Equal(t, "filed\n", string(b))
}

func TestAfterAFilterThatHadEnoughTheShellPrintsOn(t *testing.T) {
	s, output, _ := testShell(t)
	commands, err := s.parse(`exec yes | head -n 1; echo and on; exec yes | head -c 70000 | wc -c; echo done`, grammar{separators: true})
	require.NoError(t, err)
	require.NoError(t, s.runAll(t.Context(), commands))
	lines := strings.Fields(output())
	require.Equal(t, []string{"y", "and", "on", "70000", "done"}, lines)
}

func TestWhatCannotBeWrittenToAFileIsSaid(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	s, output, _ := testShell(t)
	commands, err := s.parse(`echo lost > /dev/full; echo kept`, grammar{separators: true})
	require.NoError(t, err)
	s.KeepGoing = true
	require.Error(t, s.runAll(t.Context(), commands))
	require.Equal(t, "echo: /dev/full: no space left on the disk\nkept\n", output())
}
