//go:build unix

package shell

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
	"techsh/remote"
	"techsh/shell/lineedit"
	"techsh/shell/shelltest/terminal"
)

// atDesk is a shell with somebody at its prompt. What is printed besides goes
// to output.
func atDesk(t *testing.T) (s *Shell, d *session, output func() string, tree string) {
	t.Helper()
	s, output, tree = testShell(t)
	d = newSession(t, 100, 24)
	s.editor = d.ed
	return s, d, output, tree
}

func TestTheEndOfAJobIsSaidAboveTheLineBeingTyped(t *testing.T) {
	s, d, output, tree := atDesk(t)
	wait, open := gated(tree, "echo hello; printf open")
	wait = strings.Replace(wait, "sh ", "sh -d logs ", 1)
	require.NoError(t, s.does(t, wait+" &"))
	require.Equal(t, "[1] "+wait+"\n", strings.ReplaceAll(output(), "/home/ann", tree))
	d.start()
	d.Types("cat a b", terminal.Left)
	d.Sees("> cat a b")
	open(t)
	s.finishes(t)
	d.Types("X")
	text := strings.Join(d.SeesAbove("> cat a Xb"), "\n")
	require.True(t, strings.HasPrefix(text, "hello\nopen\n[1] done: sh -d logs while"), text)
	d.enters("cat a Xb")
}

func TestAReportTellsWhatACommandWouldHaveTold(t *testing.T) {
	s, d, _, _ := atDesk(t)
	require.NoError(t, s.does(t, "get notes.txt &"))
	s.finishes(t)
	d.prompt("> ")
	require.Regexp(t, `^\[1\] done: get notes\.txt  \(1 file, 88 B in \S+`, d.SeesAbove(">")[0])
	d.enters("")
	require.NoError(t, s.does(t, "get nowhere.iso &"))
	s.finishes(t)
	d.prompt("> ")
	d.SeesLast("[1] failed: get nowhere.iso: no such file or folder", ">")
	d.enters("")
	require.NoError(t, s.does(t, "exec ./three.sh &"))
	s.finishes(t)
	d.prompt("> ")
	d.SeesLast("[1] failed: exec ./three.sh: exit status 3", ">")
	d.enters("")
	require.NoError(t, s.does(t, "get -f notes.txt logs/*.log x/y &"))
	s.finishes(t)
	d.prompt("> ")
	d.SeesLast("[1] failed: get -f notes.txt logs/*.log x/y: no such file or folder", "  -p makes the folders that are missing", ">")
	d.enters("")
}

func TestKillSaysThatTheJobIsCancelled(t *testing.T) {
	s, d, output, _ := atDesk(t)
	require.NoError(t, s.does(t, "exec sleep 60 &; exec sleep 61 &; jobs"))
	require.Regexp(t, `\[1\] running  0:0\d  exec sleep 60\n\[2\] running  0:0\d  exec sleep 61\n$`, output())
	require.NoError(t, s.does(t, "kill %1"))
	d.prompt("> ")
	d.Sees("[1] cancelled: exec sleep 60", ">")
	d.enters("")
	require.NoError(t, s.does(t, "kill %2"))
	require.NoError(t, s.does(t, "jobs"))
	require.Equal(t, "no job is running\n", output())
}

func TestAJobDoesNothingThatThePromptWouldAskAbout(t *testing.T) {
	s, d, _, tree := atDesk(t)
	for line, would := range map[string]string{
		"del -r logs":              "delete logs: 2 files in 1 folder, 8 B",
		"del *.txt":                "delete *.txt: 1 file, 88 B",
		"sync --delete l:. r:logs": "delete 2 files there, 8 B",
	} {
		require.NoError(t, s.does(t, line+" &"))
		s.finishes(t)
		d.prompt("> ")
		d.SeesLast("[1] failed: "+line+": it would "+would+", and a job cannot ask", "  without & it asks", ">")
		d.enters("")
	}
	require.FileExists(t, filepath.Join(tree, "logs/a.log"))
	s.nested = 1 // a script that the prompt runs is not asked about either
	require.NoError(t, s.does(t, "del -r logs &"))
	s.finishes(t)
	require.NoDirExists(t, filepath.Join(tree, "logs"))
}

func TestNewsOfAJobHasItsNumber(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan remote.Answer)
	s, _, _ := pairedShell(t, &remote.Server{Ask: func(context.Context, remote.Question) (remote.Answer, error) {
		close(asked)
		return <-answer, nil
	}}, trust.AllRights)
	d := newSession(t, 100, 24)
	s.editor = d.ed
	d.start()
	require.NoError(t, s.does(t, "exec echo yes &"))
	<-asked
	require.Contains(t, d.SeesAbove(">")[0], "[1] "+s.conn.hello.Host+": the person ")
	answer <- remote.Yes
	d.SeesLast("[1] done: exec echo yes", ">")
	d.enters("")
}

func TestLeavingAsksAboutJobs(t *testing.T) {
	s, d, _, _ := atDesk(t)
	leaves := func(keys string, sees ...string) {
		t.Helper()
		done := make(chan error)
		go func() { done <- s.does(t, "exit") }()
		d.Sees(sees...)
		d.Types(keys)
		require.NoError(t, <-done)
	}
	one, two := "a job is running: leave and cancel it? [y/N]", "2 jobs are running: leave and cancel them? [y/N]"
	require.NoError(t, s.does(t, "exec sleep 60 &"))
	leaves("\r", one)
	require.False(t, s.leaving)
	leaves("\x03", one, one)
	require.False(t, s.leaving)
	require.NoError(t, s.does(t, "exec sleep 60 &"))
	leaves("y\r", one, one+" ^C", two)
	require.True(t, s.leaving)
}

func TestATerminalThatIsGoneIsNotAskedAboutJobs(t *testing.T) {
	s, d, _, _ := atDesk(t)
	require.NoError(t, s.does(t, "exec sleep 60 &"))
	require.NoError(t, d.ed.Close())
	require.NoError(t, s.does(t, "exit"))
	require.True(t, s.leaving)
}

// finishes waits until no job is left, and what they report is on its way.
func (s *Shell) finishes(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return len(s.jobs.all()) == 0 }, terminal.Timeout, time.Millisecond)
}

// A session is an editor at a terminal.
type session struct {
	*terminal.Terminal
	ed    *lineedit.Editor
	lines chan answer
}

func newSession(t *testing.T, width, height int) *session {
	t.Helper()
	d := &session{Terminal: terminal.New(t, width, height), lines: make(chan answer, 1)}
	var err error
	d.ed, err = lineedit.New(lineedit.Config{In: d.TTY, Out: d.TTY, Err: d.TTY})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.ed.Close()) })
	return d
}

// prompt shows a prompt; enters waits for the end of its line.
func (d *session) prompt(prompt string) {
	go func() {
		line, err := d.ed.ReadLine(prompt)
		d.lines <- answer{line, err}
	}()
}

func (d *session) start() {
	d.Helper()
	d.prompt("> ")
	d.Sees(">")
}

func (d *session) enters(line string) {
	d.Helper()
	d.Types("\r")
	require.Equal(d, answer{line, nil}, <-d.lines)
}

type answer struct {
	line string
	err  error
}
