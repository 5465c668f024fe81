package command_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

// newEnv returns an unconnected Env whose local folder contains a few files.
func newEnv(t *testing.T) *command.Env {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"listing.txt", ".hidden", "a (1).txt"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	for _, name := range []string{"site", "My Site"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	return &command.Env{
		Console: console.New(console.Stream{}, console.Stream{}, console.Stream{}, nil),
		Table:   newTable(),
		Local:   &command.Local{Dir: dir},
		Hosts:   func() []string { return []string{"office-pc", "lab"} },
	}
}

func TestTabCompletesTheWordAtTheCursor(t *testing.T) {
	env := newEnv(t)
	for line, want := range map[string]string{
		"":               "",
		"ge":             "get ",
		"ec":             "echo ",
		"qui":            "quit ", // another name of exit
		"ech a; ge":      "ech a; get ",
		"get --s":        "get --sum ", // not quoted, because it would be a name then
		"get n":          "get notes.txt ",
		"-get n":         "-get notes.txt ",
		`get "My`:        `get "My Documents/`,
		"get M":          `get "My Documents/`,
		"get lo":         "get logs/",
		"get logs a":     `get logs "a (1).txt" `, // the target is local
		"get --sum s":    "get --sum s",
		"explain ge":     "explain get ",
		"explain get lo": "explain get logs/",
		"exec -d x":      "exec -d x", // a remote path, but there is no connection
		"sh --t":         "sh --timeout ",
		"sh l":           "sh l",
		"sh ls; ge":      "sh ls; ge", // the whole text is for the remote shell
		"!ge":            "!ge",
		"! l":            "! l",
		"# ge":           "# ge",
		"nothing l":      "nothing l",
		`get e"\q`:       `get e"\q`,
	} {
		require.Equal(t, want, env.Complete(t.Context(), line, len(line)).Line, line)
	}
}

func TestTabKeepsTheTextAfterTheCursor(t *testing.T) {
	env := newEnv(t)
	want := command.Completion{Line: "get notes.txt behind", Pos: 13}
	require.Equal(t, want, env.Complete(t.Context(), "get n behind", 5))
	require.Equal(t, command.Completion{Line: "get x", Pos: 4}, env.Complete(t.Context(), "gex", 2))
}

func TestTabHidesNothing(t *testing.T) {
	env := newEnv(t)
	local := func(name string) {
		require.NoError(t, os.WriteFile(filepath.Join(env.Local.Dir, name), nil, 0o644))
	}
	local("x\u034f\U000e0100.txt")
	c := env.Complete(t.Context(), "get logs x", 10)
	require.Equal(t, `get logs e"x\xcd\x8f\xf3\xa0\x84\x80.txt" `, c.Line)
	words, err := codec.Split(c.Line)
	require.NoError(t, err)
	require.Equal(t, "x\u034f\U000e0100.txt", words[2].Text)
	local("x\u034f\U000e0101.txt")
	c = env.Complete(t.Context(), "get logs x", 10)
	require.Equal(t, `get logs e"x\xcd\x8f`, c.Line)
	c = env.Complete(t.Context(), c.Line, len(c.Line))
	require.Equal(t, []string{`e"x\xcd\x8f\xf3\xa0\x84\x80.txt"`, `e"x\xcd\x8f\xf3\xa0\x84\x81.txt"`}, c.List)
	local("❤️.txt")
	require.Equal(t, "get logs ❤️.txt ", env.Complete(t.Context(), "get logs ❤", 12).Line)
}

func TestTabAfterTheOptionsCompletesNamesThatBeginWithADash(t *testing.T) {
	env := newEnv(t)
	for _, name := range []string{"-dash 1", "-dash2", "-x"} {
		require.NoError(t, os.WriteFile(filepath.Join(env.Local.Dir, name), nil, 0o644))
	}
	for line, want := range map[string]string{
		"get x -":             "get x -",
		"get -- x -x":         `get -- x "-x" `,
		"get -- x -d":         `get -- x "-dash`,
		`get x "-x`:           `get x "-x" `,
		"get -- --":           "get -- --",
		"get > -x":            `get > "-x" `,
		"exec x -":            "exec x -", // the options of exec have ended
		"explain get -- x -d": `explain get -- x "-dash`,
		"explain get --s":     "explain get --sum ",
	} {
		require.Equal(t, want, env.Complete(t.Context(), line, len(line)).Line, line)
	}
	require.Empty(t, env.Complete(t.Context(), "exec x -", 8).List)
}

func TestTabInFrontOfOtherTextKeepsItApart(t *testing.T) {
	env := newEnv(t)
	for line, want := range map[string]string{ // "^" is the cursor
		`get M^ x`:      `get "My Documents/^" x`,
		`get M^;dir`:    `get "My Documents/^";dir`,
		`get "M^" x`:    `get "My Documents/^" x`,
		`get 'M^' x`:    `get "My Documents/^" x`,
		`get "M^"`:      `get "My Documents/^`,
		`get "l^" x`:    `get "logs/^" x`,
		`get "l^`:       `get "logs/^`, // what follows may need the quotes
		`get "n^" x`:    `get notes.txt^ x`,
		`get "n^o" x`:   `get "n^o" x`,
		`get x "a^"`:    `get x "a (1).txt" ^`,
		`get x "a^"; x`: `get x "a (1).txt" ^; x`,
		`get l^ x`:      `get logs/^ x`,
		`get ^ x`:       `get ^ x`,
	} {
		line, tail, _ := strings.Cut(line, "^")
		c := env.Complete(t.Context(), line+tail, len(line))
		require.Equal(t, want, c.Line[:c.Pos]+"^"+c.Line[c.Pos:], line)
	}
}

// Whatever a name is, the words of the completed line must be that name.
func TestCompletedNamesParseBack(t *testing.T) {
	env := newEnv(t)
	var list []command.Candidate
	env.Table.Rows[0].Kinds = []command.Kind{func(context.Context, *command.Env, codec.Word) command.Candidates {
		return command.Listed(list)
	}}
	name := env.Table.Rows[0].Name()
	rapid.Check(t, func(t *rapid.T) {
		const all = "a e - -- ~ ! # @ \" ' ; & | < > $ * ? \\ \x01 \n \xff é 文 e\" %1"
		pieces := rapid.SliceOfN(rapid.SampledFrom(strings.Split(all, " ")), 1, 6)
		text := strings.Join(pieces.Draw(t, "text"), rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
		more := rapid.Bool().Draw(t, "more")
		list = []command.Candidate{{Text: text, More: more}}
		typed := name + " -- " + rapid.SampledFrom([]string{"", `"`, "'"}).Draw(t, "quote")
		tail := rapid.SampledFrom([]string{"", " x", ";x"}).Draw(t, "tail")
		c := env.Complete(context.Background(), typed+tail, len(typed))
		parts := env.Table.Scan(c.Line, command.PromptGrammar())
		require.NotEmpty(t, parts)
		require.NoError(t, parts[0].Err, c.Line)
		tokens := parts[0].Tokens
		require.Greater(t, len(tokens), 2, c.Line)
		require.Equal(t, command.Argument, tokens[2].Role, c.Line)
		require.Equal(t, text, tokens[2].Text, c.Line)
		require.Len(t, tokens, 3+strings.Count(tail, " "), c.Line)
	})
}

func TestTabKnowsTheCandidatesThatAreNotListed(t *testing.T) {
	env := newEnv(t)
	var all command.Candidates
	env.Table.Rows[0].Kinds = []command.Kind{func(context.Context, *command.Env, codec.Word) command.Candidates {
		return all
	}}
	line := env.Table.Rows[0].Name() + " x"
	all = command.Candidates{List: []command.Candidate{{Text: "xx-0", Label: "xx-0"}}, More: 1000, Common: "x"}
	c := env.Complete(t.Context(), line, len(line))
	require.Equal(t, command.Completion{Line: line, Pos: len(line), List: []string{"xx-0"}, More: 1000}, c)
	all.Common = "xx-"
	require.Equal(t, line+"x-", env.Complete(t.Context(), line, len(line)).Line)
	all.More, all.Common = command.Unknown, ""
	c = env.Complete(t.Context(), line, len(line))
	require.Equal(t, line, c.Line, "an older remote has cut the list")
	require.Equal(t, command.Unknown, c.More)
}

func TestTabListsCandidates(t *testing.T) {
	env := newEnv(t)
	for line, want := range map[string][]string{
		"ex":    {"exec", "exit", "explain"},
		"get ":  {"My Documents/", "logs/", "notes.txt"},
		"get -": {"--sum", "-r"},
		"sh -":  {"--timeout", "-d", "-t"},
	} {
		c := env.Complete(t.Context(), line, len(line))
		require.Equal(t, want, c.List, line)
		require.Equal(t, line, c.Line)
	}
}

func TestTabBehindAnOperatorCompletesLocalFiles(t *testing.T) {
	env := newEnv(t)
	for line, want := range map[string]string{
		"get > li":              "get > listing.txt ",
		"get >li":               "get >listing.txt ",
		"get logs >> li":        "get logs >> listing.txt ",
		"exec sort < in > li":   "exec sort < in > listing.txt ",
		"get | li":              "get | li",
		"get | sort > li":       "get | sort > li",
		"get > x lo":            "get > x lo",
		"get lo":                "get logs/",
		"sh ls > li":            "sh ls > li",
		`get > "a`:              `get > "a (1).txt" `,
		"get a > f; get > site": "get a > f; get > site" + string(filepath.Separator),
	} {
		require.Equal(t, want, env.Complete(t.Context(), line, len(line)).Line, line)
	}
}

func TestLocalNamesAreCompleted(t *testing.T) {
	env := newEnv(t)
	texts := func(kind command.Kind, typed string) (list []string) {
		for _, c := range kind(t.Context(), env, codec.Bare(typed)).List {
			list = append(list, filepath.ToSlash(c.Text))
		}
		return list
	}
	require.Equal(t, []string{"My Site/", "a (1).txt", "listing.txt", "site/"}, texts(command.LocalFile, ""))
	require.Equal(t, []string{".hidden"}, texts(command.LocalFile, ".h"))
	require.Equal(t, []string{"My Site/", "site/"}, texts(command.LocalFolder, ""))
	require.Empty(t, texts(command.LocalFile, "nowhere/x"))
	require.Equal(t, []string{"lab", "office-pc"}, texts(command.HostName, ""))
	require.Empty(t, texts(command.RemotePath, ""), "there is no connection")
}

func TestOnlyWhatIsOfferedIsCompletedOrSuggested(t *testing.T) {
	env := newEnv(t)
	env.Table.Offers = func(r command.Row) bool { return r.Verb != "EXEC" }
	_, err := env.Table.Find("exe", true)
	require.EqualError(t, err, "exe: unknown command")
	require.Equal(t, "did you mean get?", hintOf(t, env.Table, "gte"))
	require.Equal(t, "did you mean exit?", hintOf(t, env.Table, "exet"))
	require.Equal(t, "it could be explain, exit", hintOf(t, env.Table, "ex"))
	require.Equal(t, "help lists the commands", hintOf(t, env.Table, "incomprehensible"))
	r, err := env.Table.Find("EXEC", false)
	require.NoError(t, err, "the whole name is known: the remote refuses it")
	require.Equal(t, "exec", r.Name())
}

func hintOf(t *testing.T, table command.Table, name string) string {
	t.Helper()
	_, err := table.Find(name, true)
	require.Error(t, err, name)
	return console.HintOf(err)
}

func TestTabNeverFails(t *testing.T) {
	env := newEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		line := lineOf(t)
		pos := rapid.IntRange(0, len(line)).Draw(t, "pos")
		c := env.Complete(context.Background(), line, pos)
		require.LessOrEqual(t, c.Pos, len(c.Line))
		require.Equal(t, line[pos:], c.Line[c.Pos:], "%q %d", line, pos)
	})
}
