package command_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/shell/command"
	"techsh/shell/console"
)

func TestHelpIsRenderedFromTheRow(t *testing.T) {
	r, err := newTable().Find("get", false)
	require.NoError(t, err)
	require.Equal(t, `get [-r] [--sum sha256] PATH… [TARGET]
  fetches files
  -r           folders too
  --sum KIND   checks them
  for example  get notes.txt
               get -r logs
`, r.Help(console.NewPalette(false)))
	exit, err := newTable().Find("bye", false)
	require.NoError(t, err)
	require.Equal(t, "exit|quit|bye", exit.Usage())
	require.Contains(t, newTable().Markdown(), "| `exit\\|quit\\|bye` | leaves |\n")
	require.Equal(t, []string{"ECHO", "GET", "CD", "EXEC", "SH", "SAY", "FIND"}, newTable().Verbs())
}

func TestARowInADialectShowsLess(t *testing.T) {
	table := newTable()
	table.Rows = command.InDialect(table.Rows)
	r, err := table.Find("get", false)
	require.NoError(t, err)
	require.Equal(t, "get [-r] PATH\n  fetches files\n  -r           folders too\n  for example  get notes.txt\n",
		r.Help(console.NewPalette(false)))
	_, err = table.Parse("get --sum sha256 a", command.Grammar{})
	require.NoError(t, err, "the gateway says what is wrong with it")
	full, err := newTable().Find("get", false)
	require.NoError(t, err)
	require.Len(t, full.Examples, 2)
}

func TestTheWordsOfACallHaveTheOptionsInFront(t *testing.T) {
	commands, err := newTable().Parse(`find -n "-x"`, command.Grammar{})
	require.NoError(t, err)
	in := commands[0].Invocation
	require.Equal(t, []string{"-n", "-x"}, textsOf(in.CallWords("n", "name")))
	require.Equal(t, []string{"-x"}, textsOf(in.CallWords()))

	commands, err = newTable().Parse("find --name a -- -x", command.Grammar{})
	require.NoError(t, err)
	require.Equal(t, []string{"--name", "--", "-x"}, textsOf(commands[0].CallWords("name")), "-x stays a name")
}

func TestOnlyABareDashIsAStandardStream(t *testing.T) {
	require.True(t, command.IsStandardStream(codec.Bare("-")))
	require.False(t, command.IsStandardStream(codec.Lit("-")))
	require.False(t, command.IsStandardStream(codec.Bare("--")))
}

func TestLocalNamesAreThoseOfTheSessionsFolder(t *testing.T) {
	env := newEnv(t)
	local := env.Local
	require.Equal(t, filepath.Join(local.Dir, "x"), local.Path("x"))
	f, err := local.Open(t.Context(), codec.Bare("list*"), os.O_RDONLY)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = local.Open(t.Context(), codec.Bare("*s*"), os.O_RDONLY)
	require.ErrorIs(t, err, &codec.Error{Code: codec.BadRequest}, "several match")
	_, err = local.Open(t.Context(), codec.Bare("nowhere"), os.O_RDONLY)
	require.True(t, errors.Is(err, fs.ErrNotExist))
	require.EqualError(t, err, "nowhere: no such file or folder")
}

func TestAnUnknownDialectIsAnErrorUntilItIsRecognised(t *testing.T) {
	env := newEnv(t)
	spoken, err := env.SpokenDialect()
	require.NoError(t, err)
	require.Empty(t, spoken)
	env.Dialect = "ex27"
	spoken, err = env.SpokenDialect()
	require.NoError(t, err)
	require.Equal(t, "ex27", spoken)
	env.Dialect = dialect.Auto
	_, err = env.SpokenDialect()
	require.Equal(t, "open finds out", console.HintOf(err))

	env.Target = "office-pc"
	in := command.Invocation{}
	require.Equal(t, "office-pc", env.DialTarget(in))
	in.Words = []codec.Word{codec.Bare("lab")}
	require.Equal(t, "lab", env.DialTarget(in))
	require.False(t, env.Offers(command.Row{FramesOnly: true}))
	require.True(t, env.Offers(command.Row{Verb: "GET"}), "not known without a connection")
}
