//go:build unix

package shell_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell"
	"techsh/shell/shelltest"
	"techsh/shell/shelltest/terminal"
)

// historyPrompt returns a prompt connected to a server called host, with its history
// in dir.
func historyPrompt(t *testing.T, dir, host string) *shelltest.Prompt {
	t.Helper()
	s := shelltest.New(t, shelltest.Answers{}.Dial(t, codec.Hello{System: "linux", Host: host, Cwd: "/"}))
	s.Configure = func(sh *shell.Shell) { sh.Config = dir }
	return s.Prompt()
}

// lines returns the output of the command history without that command itself.
func lines(p *shelltest.Prompt) (list []string) {
	for _, row := range p.Runs(" history") {
		_, line, _ := strings.Cut(strings.TrimLeft(row, " "), "  ")
		list = append(list, line)
	}
	return list
}

func writeHistory(t *testing.T, text string) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "history-pc")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return dir, path
}

func TestHistoryIsKeptBetweenRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	p := historyPrompt(t, dir, "Office-PC")
	for _, line := range []string{"ping", "ping", "", " secret", "help 文件", "ping"} {
		p.Runs(line)
	}
	want := []string{"ping", "help 文件", "ping"}
	require.Equal(t, want, lines(p))
	again := historyPrompt(t, dir, "office-pc")
	require.Equal(t, want, lines(again))
	again.Runs("ping")
	require.Equal(t, want, lines(historyPrompt(t, dir, "office-pc")), "a repeat of another run's last line")
	require.Empty(t, lines(historyPrompt(t, dir, "other-pc")))
	for name, mode := range map[string]os.FileMode{"": 0o700, "history-office-pc": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm())
	}
}

func TestHistoryKeepsNoSecrets(t *testing.T) {
	p := historyPrompt(t, t.TempDir(), "pc")
	for _, line := range []string{
		"raw --within 0.01 AUTH q7hzk2vmd4x3tn5b", "ra --within 0.01 'auth' q7hz",
		"raw --within 0.01 PAIR proof=1", "raw --within 0.01 -x 41 55 54 48 00000011",
		`raw --within 0.01 -x "5041" 4952 00`, "raw -x 44 49 52 2", "help author",
	} {
		p.Runs(line)
	}
	require.Equal(t, []string{"raw -x 44 49 52 2", "help author"}, lines(p))
}

func TestHistoryHasNoValuesOfVariables(t *testing.T) {
	dir := t.TempDir()
	p := historyPrompt(t, dir, "pc")
	p.Runs(`explain exec -t -e "TOKEN=s3cret x" env; ping`)
	p.Runs(`explain sh -eTOKEN=s3cret env`)
	want := []string{`explain exec -t -e "TOKEN=********" env; ping`, `explain sh -eTOKEN=****** env`}
	require.Equal(t, want, lines(p))
	text, err := os.ReadFile(filepath.Join(dir, "history-pc"))
	require.NoError(t, err)
	require.Equal(t, strings.Join(want, "\n")+"\n", string(text))
}

func TestHistoryWithoutAFile(t *testing.T) {
	for name, dir := range map[string]string{
		"none":         "",
		"a file":       os.Args[0],
		"below a file": filepath.Join(os.Args[0], "x"),
	} {
		p := historyPrompt(t, dir, "pc")
		p.Runs("ping")
		require.Equal(t, []string{"ping"}, lines(p), name)
	}
}

func TestHistoryFileOfOthers(t *testing.T) {
	t.Run("mode", func(t *testing.T) {
		dir, path := writeHistory(t, "dir\n")
		require.NoError(t, os.Chmod(path, 0o664))
		require.Equal(t, []string{"dir"}, lines(historyPrompt(t, dir, "pc")))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	})
	t.Run("link", func(t *testing.T) {
		dir, path := writeHistory(t, "dir\n")
		require.NoError(t, os.Rename(path, path+"-real"))
		require.NoError(t, os.Symlink(path+"-real", path))
		p := historyPrompt(t, dir, "pc")
		require.Empty(t, lines(p))
		p.Runs("help x")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "dir\n", string(text))
	})
	t.Run("became a link", func(t *testing.T) {
		dir, path := writeHistory(t, "dir\n")
		p := historyPrompt(t, dir, "pc")
		require.NoError(t, os.Rename(path, path+"-real"))
		require.NoError(t, os.Symlink(path+"-real", path))
		require.Contains(t, p.Runs("help x")[0], "history: ")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "dir\n", string(text))
	})
	t.Run("folder", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "history-pc"), 0o700))
		require.Empty(t, lines(historyPrompt(t, dir, "pc")))
	})
}

func TestHistoryFileIsCheckedAndTrimmed(t *testing.T) {
	const most, mostBytes = 2000, 4 << 20
	dir, path := writeHistory(t, "dir\r\n\n \nesc \x1b[2J\nbad \xff\nget x\nlast")
	require.Equal(t, []string{"dir", "get x", "last"}, lines(historyPrompt(t, dir, "pc")))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "dir\nget x\nlast\n", string(text), "the next line does not join the incomplete one")

	var b strings.Builder
	for i := range most + 5 {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	p := historyPrompt(t, dir, "pc")
	text, err = os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(text), "line 5\n"))
	require.Equal(t, most, strings.Count(string(text), "\n"))
	p.Types(terminal.Up)
	p.SeesLine(fmt.Sprintf("line %d", most+4))

	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("x", mostBytes)+"\ndir\n"), 0o600))
	require.Equal(t, []string{"dir"}, lines(historyPrompt(t, dir, "pc")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 4, info.Size())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "no temporary file is left")
}

func TestHistoryOfSeveralRunsAtOnce(t *testing.T) {
	dir := t.TempDir()
	var prompts []*shelltest.Prompt
	for range 3 {
		prompts = append(prompts, historyPrompt(t, dir, "pc"))
	}
	var want []string
	for i := range 5 {
		for j, p := range prompts {
			line := fmt.Sprintf("# run %d line %d", j, i)
			p.Runs(line)
			want = append(want, line)
		}
	}
	assert.Equal(t, want, lines(historyPrompt(t, dir, "pc")))
}

func TestHistoryFileIsNamedAfterTheHost(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("ü", 200)
	for host, want := range map[string]string{
		"office-pc":    "history-office-pc",
		"10.0.0.1:722": "history-10.0.0.1%3a722",
		"../../etc/x":  "history-..%2f..%2fetc%2fx",
		`a\b`:          "history-a%5cb",
		"a%b":          "history-a%25b",
		long:           "",
		long + "x":     "",
	} {
		historyPrompt(t, dir, host).Runs("ping")
		if want != "" {
			require.FileExists(t, filepath.Join(dir, want))
		}
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 7)
	for _, e := range entries {
		require.LessOrEqual(t, len(e.Name()), len("history-")+93)
	}
}
