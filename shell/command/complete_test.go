package command_test

import (
	"context"
	"os"
	"path/filepath"
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
		for _, c := range kind(t.Context(), env, codec.Bare(typed)) {
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
