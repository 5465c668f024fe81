//go:build unix

package main

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newTransferSession starts techsh with an empty local folder. The remote folder is a
// copy of testdata/tree.
func newTransferSession(t *testing.T, columns int) (x *session, tree, local string) {
	t.Helper()
	home := t.TempDir()
	tree, local = filepath.Join(home, "tree"), filepath.Join(home, "here")
	require.NoError(t, os.CopyFS(tree, os.DirFS("../../testdata/tree")))
	require.NoError(t, os.Mkdir(local, 0o755))
	x = newSessionIn(t, home, tree, columns, 40)
	x.atPrompt("tree>")
	x.runs("lcd ../here")
	x.atPrompt("tree>")
	return x, tree, local
}

// holds requires that a file has the given content.
func holds(t *testing.T, want string, path ...string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	require.Equal(t, want, string(b))
}

func TestOverwritingAsksAndNoLeavesTheOldFile(t *testing.T) {
	x, tree, local := newTransferSession(t, 120)
	x.runs("get logs/*.log")
	x.sees("2 files, 8 B in ")
	x.atPrompt("tree>")
	old := filepath.Join(local, "a.log")
	require.NoError(t, os.WriteFile(old, []byte("mine"), 0o600))
	at := time.Date(2020, 2, 2, 12, 0, 0, 0, time.Local)
	require.NoError(t, os.Chtimes(old, at, at))
	before, err := os.Stat(old)
	require.NoError(t, err)

	x.runs("get logs/a.log")
	x.sees("replace a.log, 4 B of 2020-02-02 12:00, by 4 B of ")
	x.atPrompt("[y/N/all]")
	x.types("\r")
	x.sees("1 kept")
	x.atPrompt("tree>")
	x.runs("get logs/*.log")
	x.atPrompt("[y/N/all]")
	x.types("no\r")
	x.sees("replace b.log, 4 B of")
	x.atPrompt("[y/N/all]")
	x.types("\x03")
	x.sees("nothing was transferred")
	x.atPrompt("tree>")
	after, err := os.Stat(old)
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())
	require.True(t, os.SameFile(before, after))
	holds(t, "mine", old)

	x.runs("get logs/a.log")
	x.atPrompt("[y/N/all]")
	x.types("y\r")
	x.sees("1 file, 4 B in ")
	x.atPrompt("tree>")
	holds(t, "one\n", old)
	require.NoError(t, os.WriteFile(filepath.Join(local, "a.log"), []byte("mine"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(local, "b.log"), []byte("mine"), 0o600))
	x.runs("get logs/*.log")
	x.atPrompt("[y/N/all]")
	x.types("all\r")
	x.atPrompt("tree>")
	holds(t, "one\n", local, "a.log")
	holds(t, "two\n", local, "b.log")

	require.NoError(t, os.WriteFile(filepath.Join(local, "a.log"), []byte("for there"), 0o600))
	x.runs("put a.log logs")
	x.sees("replace a.log, 4 B of ")
	x.sees(", by 9 B of ")
	x.atPrompt("[y/N/all]")
	x.types("n\r")
	x.atPrompt("tree>")
	holds(t, "one\n", tree, "logs/a.log")
	x.runs("put *.log logs")
	x.atPrompt("[y/N/all]")
	x.types("y\r")
	x.sees("replace b.log")
	x.atPrompt("[y/N/all]")
	x.types("n\r")
	x.sees("1 file, 9 B in ")
	x.atPrompt("tree>")
	holds(t, "for there", tree, "logs/a.log")
	holds(t, "two\n", tree, "logs/b.log")
	x.leaves()
}

func TestATreeAsksBeforeItReplacesAFile(t *testing.T) {
	x, tree, local := newTransferSession(t, 120)
	require.NoError(t, os.Mkdir(filepath.Join(local, "logs"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(local, "logs/b.log"), []byte("mine"), 0o600))
	x.runs("get -r logs")
	x.sees("replace logs/b.log, 4 B of ")
	x.atPrompt("[y/N/all]")
	x.types("n\r")
	x.sees("1 file, 4 B in ")
	x.atPrompt("tree>")
	holds(t, "one\n", local, "logs/a.log")
	holds(t, "mine", local, "logs/b.log")
	x.runs("put -ru logs")
	x.sees("replace logs/b.log, 4 B of ")
	x.atPrompt("[y/N/all]")
	x.types("y\r")
	x.sees("1 equal")
	x.atPrompt("tree>")
	holds(t, "mine", tree, "logs/b.log")
	x.leaves()
}

func TestATreeWithFollowedLinksAsksToo(t *testing.T) {
	x, tree, local := newTransferSession(t, 120)
	require.NoError(t, os.Symlink("../notes.txt", filepath.Join(tree, "logs/link")))
	require.NoError(t, os.Symlink("../My Documents", filepath.Join(tree, "logs/docs")))
	x.runs("get -rL logs")
	x.sees("4 files, ")
	x.atPrompt("tree>")
	link := filepath.Join(local, "logs/link")
	require.NoError(t, os.WriteFile(link, []byte("mine"), 0o600))
	x.runs("get -rLu logs")
	x.sees("replace logs/link, 4 B of ")
	x.atPrompt("[y/N/all]")
	x.types("n\r")
	x.sees("3 equal, 1 kept")
	x.atPrompt("tree>")
	holds(t, "mine", link)
	x.runs("put -rL logs")
	x.atPrompt("[y/N/all]")
	x.types("\x03")
	x.atPrompt("tree>")
	x.runs("get -rL logs")
	x.atPrompt("[y/N/all]")
	x.types("all\r")
	x.sees("4 files, ")
	x.atPrompt("tree>")
	notes, err := os.ReadFile("../../testdata/tree/notes.txt")
	require.NoError(t, err)
	holds(t, string(notes), link)
	x.leaves()
}

func TestATransferAfterCtrlCGoesOnWithTheSameCommand(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"get --limit 2M big", "put --limit 2M big"} {
		x, tree, local := newTransferSession(t, 100)
		big := make([]byte, 20<<20)
		_, _ = rand.Read(big)
		from, to := tree, local
		if strings.HasPrefix(line, "put") {
			from, to = local, tree
		}
		require.NoError(t, os.WriteFile(filepath.Join(from, "big"), big, 0o600))
		x.runs(line)
		x.sees("% of 20 MiB  2.0 MiB/s  0:0")
		x.sees("left  big")
		x.types("\x03")
		x.sees("of 20 MiB; the same command continues from there\n")
		x.atPrompt("tree>")
		require.NotContains(t, x.text(), "% of", "the progress line is erased")
		require.NotContains(t, x.text(), "^C")
		require.NotContains(t, x.text(), "cancelled", "one message is enough")
		x.runs(strings.Replace(line, "--limit 2M ", "", 1))
		x.sees("of 20 MiB (verified)")
		x.sees("1 file, 1")
		x.atPrompt("tree>")
		holds(t, string(big), to, "big")
		left, err := filepath.Glob(filepath.Join(to, ".techsh-part-*"))
		require.NoError(t, err)
		require.Empty(t, left)
		x.leaves()
	}
}

func TestATreeShowsItsProgressAndCanBeInterrupted(t *testing.T) {
	t.Parallel()
	x, tree, local := newTransferSession(t, 60)
	deep := filepath.Join(tree, "many/"+strings.Repeat("folder/", 8))
	require.NoError(t, os.MkdirAll(deep, 0o755))
	for i := range 8 {
		require.NoError(t, os.WriteFile(filepath.Join(deep, strings.Repeat("x", i+1)), make([]byte, 1<<20), 0o600))
	}
	x.runs("get -r --limit 2M many")
	x.sees(" of 8 files")
	x.sees("% of 8.0 MiB  0:0")
	x.types("\x03")
	x.sees("with -u the same")
	x.atPrompt("tree>")
	x.runs("get -ru many")
	x.sees("equal")
	x.atPrompt("tree>")
	for i := range 8 {
		holds(t, strings.Repeat("\x00", 1<<20),
			local, "many", strings.Repeat("folder/", 8), strings.Repeat("x", i+1))
	}
	x.leaves()
}

func TestSyncAsksBeforeItDeletes(t *testing.T) {
	x, tree, local := newTransferSession(t, 100)
	require.NoError(t, os.MkdirAll(filepath.Join(local, "logs/old"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(local, "logs/old/x"), []byte("12345"), 0o600))
	x.runs("sync --delete r:logs l:logs")
	x.sees("delete 1 file in 1 folder, 5 B, on the local side? [y/N]")
	x.types("n\r")
	x.sees("nothing was changed")
	x.atPrompt("tree>")
	holds(t, "12345", local, "logs/old/x")
	require.NoFileExists(t, filepath.Join(local, "logs/a.log"))
	x.runs("sync --delete r:logs l:logs")
	x.atPrompt("[y/N]")
	x.types("y\r")
	x.sees("2 files, 8 B in ")
	x.sees("2 deleted")
	x.atPrompt("tree>")
	require.NoDirExists(t, filepath.Join(local, "logs/old"))
	require.NoError(t, os.WriteFile(filepath.Join(tree, "logs/c.log"), []byte("12345"), 0o600))
	x.runs("sync --delete l:logs r:logs")
	x.sees("delete 1 file, 5 B, on the remote side? [y/N]")
	x.types("y\r")
	x.atPrompt("tree>")
	require.NoFileExists(t, filepath.Join(tree, "logs/c.log"))
	x.leaves()
}
