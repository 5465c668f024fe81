//go:build unix

package shell

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTabBesideTyping(t *testing.T) {
	asked := make(chan context.Context)
	release := make(chan completion)
	d := newDesk(t, 80, 24, func(ctx context.Context, line string, pos int) completion {
		asked <- ctx
		return <-release
	})
	d.start()
	d.types("get re\t\t\t")
	ctx := <-asked
	_, limited := ctx.Deadline()
	require.True(t, limited)
	d.types("p")
	d.sees("> get rep")
	<-ctx.Done()
	require.ErrorIs(t, ctx.Err(), context.Canceled)
	release <- completion{Line: "get report.pdf ", Pos: 15}
	d.types("x")
	d.sees("> get repx")

	d.types("\x7f\t")
	<-asked
	release <- completion{Line: "get report.pdf ", Pos: 15}
	d.sees("> get report.pdf")
	d.cursor(17, 0)

	d.types("\t")
	<-asked
	d.types("\r") // Enter right behind Tab is for what Tab makes of the line
	release <- completion{Line: "get report.pdf here", Pos: 19}
	d.answers("get report.pdf here", nil)
}

func TestTabAgainWhileOneEnds(t *testing.T) {
	first := make(chan struct{})
	started := make(chan struct{}, 2)
	d := newDesk(t, 80, 24, func(ctx context.Context, line string, pos int) completion {
		started <- struct{}{}
		if line == "a" {
			<-first
		}
		return completion{Line: line + "!", Pos: pos + 1}
	})
	d.start()
	d.types("a\t")
	<-started
	d.types("b\t")
	d.sees("> ab")
	require.Empty(t, started, "two completions at once")
	close(first)
	d.sees("> ab!")
	d.enters("ab!")
}

func TestTabReplacesTheLine(t *testing.T) {
	var at int
	d := newDesk(t, 80, 24, func(_ context.Context, line string, pos int) completion {
		at = pos
		switch line {
		case "cd 文 x":
			return completion{Line: "cd \"文件 1\\\" x", Pos: len("cd \"文件 1\\")}
		case "none":
			return completion{}
		}
		return completion{Line: "ab", Pos: 99}
	})
	d.start()
	d.types("cd 文 x", keyLeft, keyLeft, "\t")
	d.sees(`> cd "文件 1\" x`)
	d.cursor(13, 0)
	d.enters(`cd "文件 1\" x`)
	require.Equal(t, len("cd 文"), at)
	d.prompt("> ")
	d.sees(`> cd "文件 1\" x`, ">")
	d.types("none\t!")
	d.sees(`> cd "文件 1\" x`, "> none!")
	d.types("\x15x\t")
	d.sees(`> cd "文件 1\" x`, "> ab")
	d.enters("ab")
}

func TestTabList(t *testing.T) {
	var list []string
	for i := range 100 {
		list = append(list, fmt.Sprintf("\x1b[34mfolder%02d\x1b[0m", i))
	}
	some := func(n, more int) completeFunc {
		return func(_ context.Context, line string, pos int) completion {
			return completion{Line: line, Pos: pos, List: list[:n], More: more}
		}
	}
	t.Run("a few", func(t *testing.T) {
		d := newDesk(t, 40, 10, some(5, 0))
		d.start()
		d.types("cd f\t")
		d.sees("folder00  folder02  folder04", "folder01  folder03", "> cd f")
		d.cursor(6, 2)
		d.enters("cd f")
	})
	t.Run("too many for 40x10", func(t *testing.T) {
		d := newDesk(t, 40, 10, some(100, 7))
		d.start()
		d.types("cd f\t")
		want := make([]string, 0, 10)
		for i := range 8 {
			want = append(want, fmt.Sprintf("folder%02d  folder%02d  folder%02d  folder%02d", i, i+8, i+16, i+24))
		}
		d.sees(append(want, "… and 75 more", "> cd f")...)
		d.enters("cd f")
	})
	t.Run("80x24", func(t *testing.T) {
		d := newDesk(t, 80, 24, some(100, 0))
		d.start()
		d.types("cd f\t")
		require.Eventually(t, func() bool { return len(d.rows()) == 14 }, 10*time.Second, time.Millisecond)
		require.Equal(t, "folder00  folder13  folder26  folder39  folder52  folder65  folder78  folder91", d.rows()[0])
		require.Equal(t, "> cd f", d.rows()[13])
		d.enters("cd f")
	})
	t.Run("wider than the window", func(t *testing.T) {
		list := []string{strings.Repeat("文", 30), "a"}
		d := newDesk(t, 40, 10, func(context.Context, string, int) completion {
			return completion{Line: "cd", Pos: 2, List: list}
		})
		d.start()
		d.types("c\t")
		d.sees(strings.Repeat("文", 19)+"…", "a", "> cd")
		d.cursor(4, 2)
		d.enters("cd")
	})
}

// A quoted option is a name.
func TestTabLeavesOptionsBare(t *testing.T) {
	s, _, _ := testShell(t)
	for line, want := range map[string]string{
		"get --s": "get --sum ", "find . -": "find . --", `get "My`: `get "My Documents/`, "cat n": "cat notes.txt ",
	} {
		require.Equal(t, want, s.complete(t.Context(), line, len(line)).Line)
	}
}

func TestTabCompletesTheSidesOfASync(t *testing.T) {
	s, _, _ := testShell(t)
	for _, name := range []string{"site", "My Site", "sets"} {
		require.NoError(t, os.Mkdir(filepath.Join(s.Dir, name), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "sieve"), nil, 0o644))
	for line, want := range map[string]string{
		"sync l": "sync l:", "sync -n r": "sync -n r:", "sync l:si": "sync l:site/", "sync l:M": `sync "l:My Site/`, "sync r:lo": "sync r:logs/", `sync l:site "r:My`: `sync l:site "r:My Documents/`,
		"sync r:note": "sync r:note", "sync x:": "sync x:",
	} {
		require.Equal(t, want, s.complete(t.Context(), line, len(line)).Line, line)
	}
	require.Equal(t, []string{"l:", "r:"}, s.complete(t.Context(), "sync ", 5).List)
	require.Equal(t, []string{"sets/", "site/"}, s.complete(t.Context(), "sync r:logs l:s", 15).List)
}

func TestTabBehindAnOperatorIsForFilesHere(t *testing.T) {
	s, _, _ := testShell(t)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "listing.txt"), nil, 0o644))
	for line, want := range map[string]string{
		"dir > li": "dir > listing.txt ", "dir logs >> li": "dir logs >> listing.txt ", "exec sort < in > li": "exec sort < in > listing.txt ",
		"dir | li": "dir | li", "dir | sort > li": "dir | sort > li", "dir > x lo": "dir > x lo", "dir lo": "dir logs/",
	} {
		require.Equal(t, want, s.complete(t.Context(), line, len(line)).Line, line)
	}
}
