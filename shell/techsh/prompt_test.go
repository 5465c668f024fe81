//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// A terminal is a person's: techsh on a real pty, and what the screen shows.
type terminal struct {
	t      *testing.T
	pty    *os.File
	screen *screen
	cmd    *exec.Cmd
	ended  chan error
}

// A screen is an emulator that one goroutine writes and another looks at,
// when there is something new.
type screen struct {
	mu      sync.Mutex
	vt      *vt.Emulator
	changed chan struct{} // has room for one
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.vt.Write(p)
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return n, err
}

func (s *screen) resize(columns, rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vt.Resize(columns, rows)
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.vt.String()
}

// sit starts techsh on a terminal of that size, in a copy of testdata/tree.
func sit(t *testing.T, columns, rows int, argv ...string) *terminal {
	t.Helper()
	home := t.TempDir()
	tree := filepath.Join(home, "tree")
	require.NoError(t, os.CopyFS(tree, os.DirFS("../../testdata/tree")))
	return sitIn(t, home, tree, columns, rows, argv...)
}

func sitIn(t *testing.T, home, dir string, columns, rows int, argv ...string) *terminal {
	t.Helper()
	program, err := exec.LookPath("techsh")
	require.NoError(t, err)
	cmd := exec.Command(program, argv...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"), "DISPLAY=")
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: uint16(rows), Cols: uint16(columns)})
	require.NoError(t, err)
	x := &terminal{t, f, &screen{vt: vt.NewEmulator(columns, rows), changed: make(chan struct{}, 1)}, cmd, make(chan error, 1)}
	drained := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, x.screen.vt); close(drained) }()
	copied := make(chan struct{})
	go func() { _, _ = io.Copy(x.screen, f); close(copied) }()
	go func() { x.ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		f.Close()
		<-copied
		_ = x.screen.vt.InputPipe().(io.Closer).Close() // ends its Read; Close would race with that
		<-drained
	})
	return x
}

func (x *terminal) text() string {
	var lines []string
	for line := range strings.Lines(x.screen.text()) {
		lines = append(lines, strings.TrimRight(line, " \r\n"))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// waits waits for the screen to do something.
func (x *terminal) waits(what string, does func(text string) bool) {
	x.t.Helper()
	patience := time.NewTimer(testTimeout)
	defer patience.Stop()
	for !does(x.text()) {
		select {
		case <-x.screen.changed:
		case <-patience.C:
			x.t.Fatalf("the screen does not %s:\n%s", what, x.text())
		}
	}
}

// sees waits until the screen shows something.
func (x *terminal) sees(want string) {
	x.t.Helper()
	x.waits("show "+want, func(text string) bool { return strings.Contains(text, want) })
}

// atPrompt waits until the last line of the screen ends in that.
func (x *terminal) atPrompt(end string) {
	x.t.Helper()
	x.waits("end in "+end, func(text string) bool { return strings.HasSuffix(text, end) })
}

func (x *terminal) types(keys string) {
	x.t.Helper()
	_, err := x.pty.WriteString(keys)
	require.NoError(x.t, err)
}

// runs types a line, sees it, and presses Enter: from then on the last line
// is the next prompt's only when the command has ended.
func (x *terminal) runs(line string) {
	x.t.Helper()
	x.types(line)
	dense := func(s string) string { return strings.Join(strings.Fields(s), "") } // it may be wrapped
	x.waits("end in "+line, func(text string) bool { return strings.HasSuffix(dense(text), dense(">"+line)) })
	x.types("\r")
}

func (x *terminal) leaves() {
	x.t.Helper()
	x.atPrompt(">") // before that it would be the terminal's end of file
	x.types("\x04")
	select {
	case err := <-x.ended:
		require.NoError(x.t, err)
	case <-time.After(testTimeout):
		x.t.Fatalf("Ctrl-D does not end it:\n%s", x.text())
	}
}

func TestThePromptShowsHostAndFolderAndRunsCommands(t *testing.T) {
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.runs("dir")
	x.sees("\"My Documents\"")
	x.sees("88 B  ")
	x.runs("cd logs")
	x.atPrompt("tree/logs>")
	x.leaves()
}

// TestTheSessionAtTheTopOfTheREADMEIsTrue types what it shows, but for the
// picture, which needs a screen.
func TestTheSessionAtTheTopOfTheREADMEIsTrue(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, session, _ := strings.Cut(string(readme), "$ go run ./shell/techsh\n")
	session, _, _ = strings.Cut(session, "\n```")
	session, _, found := strings.Cut(session, "\noffice-pc /home/ann/techsh/testdata/tree> shot\n")
	require.True(t, found)
	home := filepath.Join(t.TempDir(), "techsh")
	require.NoError(t, os.CopyFS(filepath.Join(home, "testdata/tree"), os.DirFS("../../testdata/tree")))
	x := sitIn(t, home, home, 200, 40)
	for line := range strings.Lines(session) {
		if prompt, command, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "> "); ok {
			x.atPrompt(filepath.Base(prompt) + ">")
			x.runs(strings.ReplaceAll(command, "/tmp", t.TempDir()))
		}
	}
	x.sees("2 files")
	x.atPrompt(">")
	got := regexp.MustCompile(`(?m)^\S+ `+regexp.QuoteMeta(home)).ReplaceAllString(x.text(), "office-pc /home/ann/techsh")
	got = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d`).ReplaceAllString(got, "2026-11-22 12:00")
	got = regexp.MustCompile(`(?m)^connected to \S+ as \S+, `).ReplaceAllString(got, "connected to office-pc as ann, ")
	got = regexp.MustCompile(`(lcd|to) /tmp/\S+`).ReplaceAllString(got, "$1 /tmp")
	got = regexp.MustCompile(`in \d+ ms`).ReplaceAllString(got, "in 9 ms")
	require.Equal(t, session, strings.TrimSuffix(got, "\noffice-pc /home/ann/techsh/testdata/tree>"))
}

func TestTabCompletesARemotePathWithSpacesAndEnterClosesTheQuote(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 10}} {
		x := sit(t, size[0], size[1])
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

func TestTabListsWhatThereIsToChooseFrom(t *testing.T) {
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.types("dir logs/\t")
	x.sees("a.log")
	x.sees("b.log")
	x.types("a\t\r") // Enter right behind Tab runs what Tab makes of it
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
	x := sit(t, 80, 24)
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
	x := sit(t, 80, 24)
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
		x := sitIn(t, home, home, 80, 24)
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
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	for _, text := range []string{"a", "ab", strings.Repeat("x", 79), strings.Repeat("y", 80)} {
		x.runs("exec printf " + text)
		x.waits("show "+text, func(screen string) bool { return strings.Contains(screen, "\n"+text+"\n") })
		x.atPrompt("tree>")
	}
	x.types("\x0c") // Ctrl-L leaves nothing but the prompt
	x.waits("be empty", func(screen string) bool { return strings.Count(screen, "\n") == 0 })
	x.runs(`sh printf abc; exit 3`)
	x.sees("abc\nsh: printf abc; exit 3: exit status 3")
	x.leaves()
}

func TestDeleteAsksWithCountAndBytes(t *testing.T) {
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.runs("del -r logs")
	x.sees("delete logs: 2 files in 1 folder, 8 B? [y/N]")
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
	x := sit(t, 80, 24)
	x.atPrompt("tree>")
	x.types("echo a long line that will need more than one row of a narrow window")
	x.sees("narrow window")
	x.screen.resize(40, 10)
	require.NoError(t, pty.Setsize(x.pty, &pty.Winsize{Rows: 10, Cols: 40}))
	x.types("!\r")
	x.sees("\na long line that will need more than one")
	x.atPrompt("tree>")
	x.leaves()
}

func TestAServerThatDiesIsSaidAndOpenBringsItBack(t *testing.T) {
	daemon := exec.Command("techshd", "--plain", "--listen", "127.0.0.1:0")
	out, err := daemon.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, daemon.Start())
	b := make([]byte, 256)
	var said string
	for strings.Count(said, "\n") < 2 {
		n, err := out.Read(b)
		require.NoError(t, err)
		said += string(b[:n])
	}
	lines := strings.Split(said, "\n")
	addr := lines[0]
	home := t.TempDir()
	x := sitIn(t, home, home, 80, 24, "--plain", addr)
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

func TestOpenBringsBackTheEmbeddedServer(t *testing.T) {
	x := sit(t, 80, 24)
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
