package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// copyOfTree returns the names and the Go files of this checkout.
func copyOfTree(t *testing.T) fstest.MapFS {
	t.Helper()
	tree := os.DirFS(filepath.Join("..", ".."))
	files := fstest.MapFS{}
	require.NoError(t, fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && len(name) > 1 && name[0] == '.' && name != ".ci":
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		var text []byte
		if strings.HasSuffix(name, ".go") {
			if text, err = fs.ReadFile(tree, name); err != nil {
				return err
			}
		}
		files[name] = &fstest.MapFile{Data: text}
		return nil
	}))
	return files
}

// TestEachRuleIsEnforced breaks one rule at a time in a copy of the tree.
func TestEachRuleIsEnforced(t *testing.T) {
	tree := copyOfTree(t)
	before, err := check(tree)
	require.NoError(t, err)
	imports := func(pkg string, paths ...string) string {
		return "package " + pkg + "\n\nimport (\n\t_ \"" + strings.Join(paths, "\"\n\t_ \"") + "\"\n)\n"
	}
	for rule, wrong := range map[string]struct{ file, text, says string }{
		"names at the top": {"notes.txt", "", "notes.txt: not among the names at the top"},
		"names of folders": {
			"shell/util/x.go", "package util\n",
			"shell/util: a name that says nothing of what is in it",
		},
		"every package has a place": {
			"shell/news/x.go", imports("news", "techsh/codec"),
			"shell/news/x.go: shell/news has no place in the order of packages",
		},
		"codec knows no shell": {
			"codec/x.go", imports("codec", "techsh/shell/console"),
			"codec/x.go: imports techsh/shell/console: it is not below codec",
		},
		"codec has the standard library only": {
			"codec/x.go", imports("codec", "github.com/fatih/color"),
			"codec/x.go: imports github.com/fatih/color, whose door is shell/console",
		},
		"the editor stands alone": {
			"shell/lineedit/x.go", imports("lineedit", "techsh/codec"),
			"shell/lineedit/x.go: imports techsh/codec: it is not below shell/lineedit",
		},
		"nothing upwards": {
			"shell/console/x.go", imports("console", "techsh/shell/client"),
			"shell/console/x.go: imports techsh/shell/client: it is not below shell/console",
		},
		"no room knows the engine": {
			"shell/machine/x.go", imports("machine", "techsh/shell"),
			"shell/machine/x.go: imports techsh/shell: it is not below shell/machine",
		},
		"no room imports a room of shell": {
			"shell/machine/x.go", imports("machine", "techsh/shell/files"),
			"shell/machine/x.go: imports techsh/shell/files: a room imports no other room",
		},
		"no room imports a room of remote": {
			"remote/files/x_windows.go", imports("files", "techsh/remote/transfers"),
			"remote/files/x_windows.go: imports techsh/remote/transfers: a room imports no other room",
		},
		"no room imports a leaf of a room": {
			"shell/machine/x.go", imports("machine", "techsh/shell/screen/termimage"),
			"shell/machine/x.go: imports techsh/shell/screen/termimage: a room imports no other room",
		},
		"shell knows no remote": {
			"shell/x.go", imports("shell", "techsh/remote"),
			"shell/x.go: imports techsh/remote: it is not below shell",
		},
		"remote knows no shell": {
			"remote/techshd/x.go", imports("main", "techsh/shell/console"),
			"remote/techshd/x.go: imports techsh/shell/console: it is not below remote/techshd",
		},
		"tests alone import a harness": {
			"shell/x.go", imports("shell", "techsh/shell/shelltest"),
			"shell/x.go: imports techsh/shell/shelltest: only tests may",
		},
		"one door for a dependency": {
			"shell/files/x.go", imports("files", "github.com/chzyer/readline"),
			"shell/files/x.go: imports github.com/chzyer/readline, whose door is shell/lineedit",
		},
		"one door for every part of a dependency": {
			"remote/machine/x.go", imports("machine", "github.com/shirou/gopsutil/v4/process"),
			"remote/machine/x.go: imports github.com/shirou/gopsutil/v4/process, whose door is remote/system",
		},
		"a door for every dependency": {
			"shell/x.go", imports("shell", "example.org/left/pad"),
			"shell/x.go: imports example.org/left/pad, which has no door",
		},
		"the system behind files that are named for it": {
			"codec/transfer/x.go", imports("transfer", "golang.org/x/sys/unix"),
			"codec/transfer/x.go: imports golang.org/x/sys/unix, whose door is " +
				"codec/landing, codec/transfer, codec/trust, remote/...",
		},
		"the size of a package": {
			"shell/files/x.go", "package files\n" + strings.Repeat("\n", mostLines),
			"shell/files: ",
		},
		"the size of a root": {
			"shell/x.go", "package shell\n" + strings.Repeat("\n", mostOfRoot),
			"shell: ",
		},
		"the length of a line": {
			"shell/x_test.go", "package shell\n\n// " + strings.Repeat("x", mostColumns-2) + "\n",
			"shell/x_test.go:3: 121 columns, the most are 120",
		},
	} {
		t.Run(rule, func(t *testing.T) {
			broken := maps.Clone(tree)
			broken[wrong.file] = &fstest.MapFile{Data: []byte(wrong.text)}
			after, err := check(broken)
			require.NoError(t, err)
			added := slices.DeleteFunc(after, func(line string) bool { return slices.Contains(before, line) })
			require.Len(t, added, 1)
			require.True(t, strings.HasPrefix(added[0], wrong.says), added[0])
		})
	}
	t.Run("the same rooms in both halves", func(t *testing.T) {
		for _, half := range roots {
			broken := maps.Clone(tree)
			maps.DeleteFunc(broken, func(name string, _ *fstest.MapFile) bool { return under(name, half+"/machine") })
			after, err := check(broken)
			require.NoError(t, err)
			require.Contains(t, after, half+": the room machine is missing")
		}
	})
}
