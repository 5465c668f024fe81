//go:build unix

package shell_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/shell"
	"techsh/shell/shelltest"
	"techsh/shell/shelltest/terminal"
)

func TestTheEndOfAJobIsSaidAboveTheLineBeingTyped(t *testing.T) {
	s := shelltest.NewPlain(t)
	wait, open := gated(s.Tree, "echo hello; printf open")
	wait = strings.Replace(wait, "sh ", "sh -d logs ", 1)
	p := s.Prompt()
	require.Equal(t, "[1] "+wait, strings.Join(p.Runs(wait+" &"), ""))
	p.Types("cat a b", terminal.Left)
	p.SeesLine("cat a b")
	open(t)
	p.Until(func(rows []string) bool {
		return strings.Contains(strings.Join(rows, "\n"), "\nhello\nopen\n[1] done: sh -d logs while")
	})
	p.Types("X")
	p.SeesLine("cat a Xb")
}

// jobReport runs a line as a job and waits for its report.
func jobReport(p *shelltest.Prompt, line string, last ...string) {
	p.Helper()
	p.Runs(line + " &")
	p.Until(func(rows []string) bool {
		n := len(rows)
		return n > len(last) && strings.HasSuffix(rows[n-1], ">") &&
			strings.HasSuffix(strings.Join(rows[:n-1], "\n"), strings.Join(last, "\n"))
	})
}

func TestAReportTellsWhatACommandWouldHaveTold(t *testing.T) {
	p := shelltest.NewPlain(t).Prompt()
	p.Runs("get notes.txt &")
	p.Until(func(rows []string) bool {
		return strings.Contains(strings.Join(rows, "\n"), "\n[1] done: get notes.txt  (1 file, 88 B in ")
	})
	jobReport(p, "get nowhere.iso", "[1] failed: get nowhere.iso: no such file or folder")
	jobReport(p, "exec ./three.sh", "[1] failed: exec ./three.sh: exit status 3")
	jobReport(p, "get -f notes.txt logs/*.log x/y",
		"[1] failed: get -f notes.txt logs/*.log x/y: no such file or folder",
		"  -p makes the folders that are missing")
}

func TestKillSaysThatTheJobIsCancelled(t *testing.T) {
	p := shelltest.NewPlain(t).Prompt()
	p.Runs("exec sleep 60 &; exec sleep 61 &")
	rows := p.Runs("jobs")
	require.Regexp(
		t,
		`^\[1\] running  0:0\d  exec sleep 60\n\[2\] running  0:0\d  exec sleep 61$`,
		strings.Join(rows, "\n"),
	)
	p.Runs("kill %1")
	p.Until(func(rows []string) bool {
		return strings.Contains(strings.Join(rows, "\n"), "\n[1] cancelled: exec sleep 60\n")
	})
	p.Runs("kill %2")
	p.Until(func(rows []string) bool {
		return strings.Contains(strings.Join(rows, "\n"), "\n[2] cancelled: exec sleep 61\n")
	})
	require.Equal(t, []string{"no job is running"}, p.Runs("jobs"))
}

func TestAJobDoesNothingThatThePromptWouldAskAbout(t *testing.T) {
	s := shelltest.NewPlain(t)
	p := s.Prompt()
	for line, would := range map[string]string{
		"del -r logs":              "delete " + s.Tree + "/logs: 2 files in 1 folder, 8 B",
		"del *.txt":                "delete " + s.Tree + "/notes.txt: 1 file, 88 B",
		"sync --delete l:. r:logs": "delete 2 files, 8 B, on the remote side",
	} {
		jobReport(p, line, "[1] failed: "+line+": it would "+would+", but a job cannot ask", "  without & it asks")
	}
	require.FileExists(t, filepath.Join(s.Tree, "logs/a.log"))
	// a script run by the prompt does not ask either
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "script"), []byte("del -r logs &"), 0o600))
	p.Runs("source script")
	p.Until(func([]string) bool {
		_, err := os.Stat(filepath.Join(s.Tree, "logs"))
		return os.IsNotExist(err)
	})
}

func TestNewsOfAJobHasItsNumber(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan access.Answer)
	s, _ := shelltest.NewPaired(t, &remote.Server{Ask: func(context.Context, access.Question) (access.Answer, error) {
		close(asked)
		return <-answer, nil
	}}, trust.AllRights)
	p := s.Prompt()
	p.Types("exec echo yes &\r")
	<-asked
	p.Until(func(rows []string) bool {
		return strings.Contains(strings.Join(rows, "\n"), "\n[1] "+shelltest.Host(t)+": the person ")
	})
	answer <- access.Yes
	p.Until(func(rows []string) bool {
		return strings.Contains(strings.Join(rows, "\n"), "\n[1] done: exec echo yes")
	})
}

func TestLeavingAsksAboutJobs(t *testing.T) {
	p := shelltest.NewPlain(t).Prompt()
	one, two := "a job is running: leave and cancel it? [y/N]", "2 jobs are running: leave and cancel them? [y/N]"
	p.Runs("exec sleep 60 &")
	p.Types("exit\r")
	p.SeesLast(one)
	p.Types("\r")
	p.SeesLine("")
	p.Types("exit\r")
	p.SeesLast(one)
	p.Types("\x03")
	p.SeesLine("")
	p.Runs("exec sleep 60 &")
	p.Types("exit\r")
	p.SeesLast(two)
	p.Types("y\r")
	require.Equal(t, shell.StatusOK, p.Ends())
}

func TestATerminalThatIsGoneIsNotAskedAboutJobs(t *testing.T) {
	p := shelltest.NewPlain(t).Prompt()
	p.Runs("exec sleep 60 &")
	p.Close()
	p.Ends()
	require.NotContains(t, strings.Join(p.Rows(), "\n"), "leave and cancel")
}
