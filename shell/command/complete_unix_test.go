//go:build unix

package command_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"
)

// A quoted option would be a name.
func TestTabLeavesOptionsBare(t *testing.T) {
	p := shelltest.NewPlain(t).Prompt()
	for line, want := range map[string]string{
		"get --s":  "get --sum ",
		"find . -": "find . --",
		`get "My`:  `get "My Documents/`,
		"cat n":    "cat notes.txt ",
		"help cou": "help course ",
	} {
		p.Completes(line, want)
	}
	p.Lists("help co", "commands", "copy", "course")
	p.Completes("explain cour", "explain cour")
}

func TestTabCompletesTheSidesOfASync(t *testing.T) {
	s := shelltest.NewPlain(t)
	for _, name := range []string{"site", "My Site", "sets"} {
		require.NoError(t, os.Mkdir(filepath.Join(s.Dir, name), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "sieve"), nil, 0o644))
	p := s.Prompt()
	for line, want := range map[string]string{
		"sync l":            "sync l:",
		"sync -n r":         "sync -n r:",
		"sync l:si":         "sync l:site/",
		"sync l:M":          `sync "l:My Site/`,
		"sync r:lo":         "sync r:logs/",
		`sync l:site "r:My`: `sync l:site "r:My Documents/`,
		"sync r:note":       "sync r:note",
		"sync x:":           "sync x:",
	} {
		p.Completes(line, want)
	}
	p.Lists("sync ", "l:", "r:")
	p.Lists("sync r:logs l:s", "sets/", "site/")
}

func TestTabAfterAnOperatorIsForLocalFiles(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "listing.txt"), nil, 0o644))
	p := s.Prompt()
	for line, want := range map[string]string{
		"dir > li":            "dir > listing.txt ",
		"dir logs >> li":      "dir logs >> listing.txt ",
		"exec sort < in > li": "exec sort < in > listing.txt ",
		"dir | li":            "dir | li",
		"dir | sort > li":     "dir | sort > li",
		"dir > x lo":          "dir > x lo",
		"dir lo":              "dir logs/",
	} {
		p.Completes(line, want)
	}
}
