//go:build unix

package lineedit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/lineedit"
	"techsh/shell/shelltest/terminal"
)

func TestTabBesideTyping(t *testing.T) {
	asked := make(chan context.Context)
	release := make(chan lineedit.Completion)
	d := newSession(t, 80, 24, func(ctx context.Context, line string, pos int) lineedit.Completion {
		asked <- ctx
		return <-release
	})
	d.start()
	d.Types("get re\t\t\t")
	ctx := <-asked
	d.Types("p")
	d.Sees("> get rep")
	<-ctx.Done()
	require.ErrorIs(t, ctx.Err(), context.Canceled)
	release <- lineedit.Completion{Line: "get report.pdf ", Pos: 15}
	d.Types("x")
	d.Sees("> get repx")

	d.Types("\x7f\t")
	<-asked
	release <- lineedit.Completion{Line: "get report.pdf ", Pos: 15}
	d.Sees("> get report.pdf")
	d.SeesCursor(17, 0)

	d.Types("\t")
	<-asked
	d.Types("\r") // Enter directly after Tab submits the completed line
	release <- lineedit.Completion{Line: "get report.pdf here", Pos: 19}
	d.answers("get report.pdf here", nil)
}

func TestTabAgainWhileOneEnds(t *testing.T) {
	first := make(chan struct{})
	started := make(chan struct{}, 2)
	d := newSession(t, 80, 24, func(ctx context.Context, line string, pos int) lineedit.Completion {
		started <- struct{}{}
		if line == "a" {
			<-first
		}
		return lineedit.Completion{Line: line + "!", Pos: pos + 1}
	})
	d.start()
	d.Types("a\t")
	<-started
	d.Types("b\t")
	d.Sees("> ab")
	require.Empty(t, started, "two completions at once")
	close(first)
	d.Sees("> ab!")
	d.enters("ab!")
}

func TestTabReplacesTheLine(t *testing.T) {
	var at int
	d := newSession(t, 80, 24, func(_ context.Context, line string, pos int) lineedit.Completion {
		at = pos
		switch line {
		case "cd 文 x":
			return lineedit.Completion{Line: "cd \"文件 1\\\" x", Pos: len("cd \"文件 1\\")}
		case "none":
			return lineedit.Completion{}
		}
		return lineedit.Completion{Line: "ab", Pos: 99}
	})
	d.start()
	d.Types("cd 文 x", terminal.Left, terminal.Left, "\t")
	d.Sees(`> cd "文件 1\" x`)
	d.SeesCursor(13, 0)
	d.enters(`cd "文件 1\" x`)
	require.Equal(t, len("cd 文"), at)
	d.prompt("> ")
	d.Sees(`> cd "文件 1\" x`, ">")
	d.Types("none\t!")
	d.Sees(`> cd "文件 1\" x`, "> none!")
	d.Types("\x15x\t")
	d.Sees(`> cd "文件 1\" x`, "> ab")
	d.enters("ab")
}

func TestTabList(t *testing.T) {
	var list []string
	for i := range 100 {
		list = append(list, fmt.Sprintf("\x1b[34mfolder%02d\x1b[0m", i))
	}
	some := func(n, more int) completeFunc {
		return func(_ context.Context, line string, pos int) lineedit.Completion {
			return lineedit.Completion{Line: line, Pos: pos, List: list[:n], More: more}
		}
	}
	t.Run("a few", func(t *testing.T) {
		d := newSession(t, 40, 10, some(5, 0))
		d.start()
		d.Types("cd f\t")
		d.Sees("folder00  folder02  folder04", "folder01  folder03", "> cd f")
		d.SeesCursor(6, 2)
		d.enters("cd f")
	})
	t.Run("too many for 40x10", func(t *testing.T) {
		d := newSession(t, 40, 10, some(100, 7))
		d.start()
		d.Types("cd f\t")
		want := make([]string, 0, 10)
		for i := range 8 {
			want = append(want, fmt.Sprintf("folder%02d  folder%02d  folder%02d  folder%02d", i, i+8, i+16, i+24))
		}
		d.Sees(append(want, "… and 75 more", "> cd f")...)
		d.enters("cd f")
	})
	t.Run("80x24", func(t *testing.T) {
		d := newSession(t, 80, 24, some(100, 0))
		d.start()
		d.Types("cd f\t")
		d.Until(func(rows []string) bool { return len(rows) == 14 })
		require.Equal(t, "folder00  folder13  folder26  folder39  folder52  folder65  folder78  folder91", d.Rows()[0])
		require.Equal(t, "> cd f", d.Rows()[13])
		d.enters("cd f")
	})
	t.Run("wider than the window", func(t *testing.T) {
		list := []string{strings.Repeat("文", 30), "a"}
		d := newSession(t, 40, 10, func(context.Context, string, int) lineedit.Completion {
			return lineedit.Completion{Line: "cd", Pos: 2, List: list}
		})
		d.start()
		d.Types("c\t")
		d.Sees(strings.Repeat("文", 19)+"…", "a", "> cd")
		d.SeesCursor(4, 2)
		d.enters("cd")
	})
}
