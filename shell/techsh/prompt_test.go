//go:build unix

package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThePromptShowsHostAndFolderAndRunsCommands(t *testing.T) {
	x := newSession(t, 80, 24)
	x.atPrompt("tree>")
	x.runs("dir")
	x.sees("\"My Documents\"")
	x.sees("88 B  ")
	x.runs("cd logs")
	x.atPrompt("tree/logs>")
	x.leaves()
}

func TestTabCompletesARemotePathWithSpacesAndEnterClosesTheQuote(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 10}} {
		x := newSession(t, size[0], size[1])
		x.atPrompt("tree>")
		x.types("cd My\t")
		x.sees(`"My Documents/`)
		x.types("\r")
		x.atPrompt("My Documents>")
		x.types("cat rep\t")
		x.sees("report 1.txt\"")
		x.types("\r")
		x.sees("\na report\n")
		x.leaves()
	}
}

func TestTabListsTheCandidates(t *testing.T) {
	x := newSession(t, 80, 24)
	x.atPrompt("tree>")
	x.types("dir logs/\t")
	x.sees("a.log")
	x.sees("b.log")
	x.types("a\t\r") // Enter directly after Tab runs the completed line
	x.sees("logs/a.log")
	x.sees("4 B")
	x.atPrompt("tree>")
	x.types("dis\t\r")
	x.sees("no display here")
	x.atPrompt("tree>")
	x.types("stat no\t\r")
	x.sees("88 (88 B)")
	x.leaves()
}

func TestCtrlCEndsARunningProgramAndKeepsTheSession(t *testing.T) {
	t.Parallel()
	x := newSession(t, 200, 24)
	x.atPrompt("tree>")
	x.runs("sh \"trap '' TERM; echo deaf; while :; do sleep 1; done\"")
	x.sees("\ndeaf")
	x.types("\x03")
	x.sees("cancelled")
	x.runs("echo still here")
	x.sees("\nstill here")
	x.runs("exec yes")
	x.sees("\ny\ny\ny")
	x.types("\x03")
	x.sees("cancelled")
	x.runs("pwd")
	x.atPrompt("tree>")
	x.leaves()
}

func TestCtrlCAtThePromptClearsTheLine(t *testing.T) {
	x := newSession(t, 80, 24)
	x.atPrompt("tree>")
	x.types("echo never")
	x.sees("echo never")
	x.types("\x03")
	x.runs("echo done")
	x.sees("\ndone")
	require.NotContains(t, x.text(), "\nnever")
	x.leaves()
}

func TestHistoryIsKeptBetweenRuns(t *testing.T) {
	home := t.TempDir()
	for run := range 2 {
		x := newSessionIn(t, home, home, 80, 24)
		x.atPrompt(">")
		if run > 0 {
			x.types("\x1b[A")
			x.sees("echo once")
			x.types("\x03")
		}
		x.runs("echo once")
		x.sees("\nonce")
		x.leaves()
	}
}

func TestNothingOfAnOpenLastLineIsLost(t *testing.T) {
	x := newSession(t, 80, 24)
	x.atPrompt("tree>")
	for _, text := range []string{"a", "ab", strings.Repeat("x", 79), strings.Repeat("y", 80)} {
		x.runs("exec printf " + text)
		x.waits("show "+text, func(screen string) bool { return strings.Contains(screen, "\n"+text+"\n") })
		x.atPrompt("tree>")
	}
	x.types("\x0c") // Ctrl-L clears everything but the prompt
	x.waits("be empty", func(screen string) bool { return strings.Count(screen, "\n") == 0 })
	x.runs(`sh printf abc; exit 3`)
	x.sees("abc\nsh: printf abc; exit 3: exit status 3")
	x.leaves()
}

func TestDeleteAsksWithCountAndBytes(t *testing.T) {
	x := newSession(t, 80, 24)
	x.atPrompt("tree>")
	x.runs("del -r logs")
	question := regexp.MustCompile(`delete /[^:]*/tree/logs: 2 files in 1 folder, 8 B\? \[y/N\]`)
	x.waits("ask about the resolved folder", func(screen string) bool {
		return question.MatchString(strings.Join(strings.Fields(screen), " "))
	})
	x.types("n\r")
	x.sees("nothing was deleted")
	x.runs("del -r logs")
	x.atPrompt("[y/N]")
	x.types("y\r")
	x.atPrompt("tree>")
	x.runs("cd logs")
	x.sees("logs: no such file or folder")
	x.leaves()
}

func TestTheLineSurvivesANewWindowSize(t *testing.T) {
	x := newSession(t, 80, 24)
	x.atPrompt("tree>")
	x.types("echo a long line that will need more than one row of a narrow window")
	x.sees("narrow window")
	x.Resize(40, 10, "")
	x.types("!\r")
	x.sees("\na long line that will need more than one")
	x.atPrompt("tree>")
	x.leaves()
}

func TestTheEndOfTheServerIsShownAndOpenConnectsAgain(t *testing.T) {
	daemon := exec.Command("techshd", "--plain", "--listen", "127.0.0.1:0")
	out, err := daemon.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, daemon.Start())
	b := make([]byte, 256)
	var printed string
	for strings.Count(printed, "\n") < 2 {
		n, err := out.Read(b)
		require.NoError(t, err)
		printed += string(b[:n])
	}
	lines := strings.Split(printed, "\n")
	addr := lines[0]
	home := t.TempDir()
	x := newSessionIn(t, home, home, 80, 24, "--plain", addr)
	x.sees("cookie of " + addr)
	x.types("mistyped\r")
	x.sees("wrong cookie\ncookie of " + addr)
	x.types(strings.TrimPrefix(lines[1], "auth ") + "\r")
	x.atPrompt(">")
	require.NotContains(t, x.text(), strings.TrimPrefix(lines[1], "auth "))
	require.NoError(t, daemon.Process.Kill())
	_ = daemon.Wait()
	x.sees("the link was lost")
	x.atPrompt("not connected>")
	x.runs("dir")
	x.sees("open connects again")
	x.runs("open")
	x.sees("refused")
	x.leaves()
}

func TestOpenStartsTheEmbeddedServerAgain(t *testing.T) {
	x := newSession(t, 80, 24)
	x.atPrompt("tree>")
	x.runs("cd logs")
	x.atPrompt("logs>")
	x.runs("close")
	x.atPrompt("not connected>")
	x.runs("open")
	x.atPrompt("tree>")
	x.runs("ping")
	x.sees(" ms")
	x.leaves()
}
