//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell"
)

func TestAnExistingFileForARecordingIsMadePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "frames.txt")
	require.NoError(t, os.WriteFile(path, []byte("before\n"), 0o600))
	require.NoError(t, os.Chmod(path, 0o666))
	args, err := codec.Options([]codec.Word{codec.Bare("--wire"), codec.Lit(path)}, options(), false)
	require.NoError(t, err)
	end, err := recordTo(new(shell.Shell), args)
	require.NoError(t, err)
	require.NoError(t, end())
	is, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), is.Mode().Perm())
	require.EqualValues(t, len("before\n"), is.Size(), "the old content stays")
}

func TestARecordingIsNotWrittenThroughALink(t *testing.T) {
	dir := t.TempDir()
	aim, path := filepath.Join(dir, "aim"), filepath.Join(dir, "frames.txt")
	require.NoError(t, os.WriteFile(aim, nil, 0o600))
	require.NoError(t, os.Symlink(aim, path))
	wire := func(path string) error {
		args, err := codec.Options([]codec.Word{codec.Bare("--wire"), codec.Lit(path)}, options(), false)
		require.NoError(t, err)
		_, err = recordTo(new(shell.Shell), args)
		return err
	}
	require.ErrorIs(t, wire(path), codec.Errorf(codec.NotRegular, ""))
	require.NoError(t, os.Remove(aim))
	require.ErrorIs(t, wire(path), codec.Errorf(codec.NotRegular, ""))
	require.NoFileExists(t, aim)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Symlink(os.DevNull, path))
	require.NoError(t, wire(path), "a device stays as it is")
}

// TestTraceSpoilsNeitherThePromptNorTheOutputOfPrograms requires that each frame is
// on a separate row, and that none is shown while a line is typed.
func TestTraceSpoilsNeitherThePromptNorTheOutputOfPrograms(t *testing.T) {
	x := newSession(t, 100, 40)
	x.atPrompt("tree>")
	x.runs("trace on")
	x.atPrompt("tree>")
	x.runs("exec printf abc")
	x.sees("< OK         7  exit=0")
	x.atPrompt("tree>")
	lines := strings.Split(x.text(), "\n")
	end := lines[len(lines)-6:]
	require.Equal(t, []string{
		"> EXEC      14  -- printf abc",
		"< DATA       3  abc",
		"abc",
		"< OK         7  exit=0",
	}, end[1:5])

	x.types("cat not\t")
	x.sees("cat notes.txt")
	x.types("\x03")
	x.runs("explain pwd")
	x.sees("|PWD  |")
	x.atPrompt("tree>")
	require.NotContains(t, x.text(), "> DIR", "the calls of completion are not traced")

	x.runs("exec -t sh -c 'echo ready; read x; echo got $x'")
	x.atPrompt("\nready")
	x.types("it\r")
	x.sees("\ngot it\n")
	x.atPrompt("tree>")
	require.Equal(t, 1, strings.Count(x.text(), "> EXEC"), "nothing is traced while a program has the terminal")
	x.runs("wire show")
	x.sees("> DIR  ")
	x.sees("> EXEC ")
	x.leaves()
}
