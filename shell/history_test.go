package shell

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func writeHistory(t *testing.T, text string) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "history-pc")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return dir, path
}

func TestHistoryIsKeptBetweenRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	h := openHistory(dir, "Office-PC")
	for _, line := range []string{"dir", "dir", "", " secret", "\tsecret", "get 文件.txt", "a\nb", "a\x1b[31m", "bad \xff", "dir"} {
		require.NoError(t, h.Add(line))
	}
	want := []string{"dir", "get 文件.txt", "dir"}
	assert.Equal(t, want, h.Lines())
	again := openHistory(dir, "office-pc")
	assert.Equal(t, want, again.Lines())
	require.NoError(t, again.Add("dir"))
	assert.Equal(t, want, openHistory(dir, "office-pc").Lines(), "a repeat of another run's last line")
	assert.Empty(t, openHistory(dir, "other-pc").Lines())

	if runtime.GOOS == "windows" {
		return
	}
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	info, err = os.Stat(filepath.Join(dir, "history-office-pc"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestHistoryKeepsNoSecrets(t *testing.T) {
	h := openHistory(t.TempDir(), "pc")
	for _, line := range []string{"raw AUTH q7hzk2vmd4x3tn5b", "ra 'auth' q7hz", "raw PAIR proof=1", "raw -x 41 55 54 48 00000011", `raw -x "5041" 4952 00`, "raw -x 44 49 52 20", "dir author"} {
		require.NoError(t, h.Add(line))
	}
	require.Equal(t, []string{"raw -x 44 49 52 20", "dir author"}, h.Lines())
}

func TestHistoryWithoutAFile(t *testing.T) {
	for name, dir := range map[string]string{"none": "", "a file": os.Args[0], "below a file": filepath.Join(os.Args[0], "x")} {
		h := openHistory(dir, "pc")
		require.NoError(t, h.Add("dir"), name)
		assert.Equal(t, []string{"dir"}, h.Lines(), name)
	}
}

func TestHistoryFileOfOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs modes and links")
	}
	t.Run("mode", func(t *testing.T) {
		dir, path := writeHistory(t, "dir\n")
		require.NoError(t, os.Chmod(path, 0o664))
		assert.Equal(t, []string{"dir"}, openHistory(dir, "pc").Lines())
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	})
	t.Run("link", func(t *testing.T) {
		dir, path := writeHistory(t, "dir\n")
		require.NoError(t, os.Rename(path, path+"-real"))
		require.NoError(t, os.Symlink(path+"-real", path))
		h := openHistory(dir, "pc")
		assert.Empty(t, h.Lines())
		require.NoError(t, h.Add("get x"))
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, "dir\n", string(text))
	})
	t.Run("became a link", func(t *testing.T) {
		dir, path := writeHistory(t, "dir\n")
		h := openHistory(dir, "pc")
		require.NoError(t, os.Rename(path, path+"-real"))
		require.NoError(t, os.Symlink(path+"-real", path))
		require.ErrorContains(t, h.Add("get x"), "not a regular file")
		assert.Equal(t, []string{"dir", "get x"}, h.Lines())
	})
	t.Run("folder", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "history-pc"), 0o700))
		assert.Empty(t, openHistory(dir, "pc").Lines())
	})
}

func TestHistoryFileIsCheckedAndTrimmed(t *testing.T) {
	dir, path := writeHistory(t, "dir\r\n\n \nesc \x1b[2J\nbad \xff\nget x\nlast")
	assert.Equal(t, []string{"dir", "get x", "last"}, openHistory(dir, "pc").Lines())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "dir\nget x\nlast\n", string(text), "the last line was cut short, the next would have joined it")

	var b strings.Builder
	for i := range maxHistory + 5 {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	h := openHistory(dir, "pc")
	require.Len(t, h.Lines(), maxHistory)
	assert.Equal(t, "line 5", h.Lines()[0])
	text, err = os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, strings.Join(h.Lines(), "\n")+"\n", string(text))
	require.NoError(t, h.Add("one more"))
	assert.Len(t, h.Lines(), maxHistory)

	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("x", maxHistoryBytes)+"\ndir\n"), 0o600))
	assert.Equal(t, []string{"dir"}, openHistory(dir, "pc").Lines())
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.EqualValues(t, 4, info.Size())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no temporary file is left")
}

func TestHistoryOfSeveralRunsAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			h := openHistory(dir, "pc")
			for j := range 50 {
				assert.NoError(t, h.Add(fmt.Sprintf("run %d line %d %s", i, j, strings.Repeat("x", 100*i))))
			}
		})
	}
	all.Wait()
	lines := openHistory(dir, "pc").Lines()
	require.Len(t, lines, 8*50)
	seen := map[string]bool{}
	for _, line := range lines {
		assert.Regexp(t, `^run \d line \d+ x*$`, line)
		seen[line] = true
	}
	assert.Len(t, seen, 8*50)
}

func TestSafeName(t *testing.T) {
	long := strings.Repeat("ü", 200)
	for host, want := range map[string]string{
		"office-pc":    "office-pc",
		"10.0.0.1:722": "10.0.0.1%3a722",
		"../../etc/x":  "..%2f..%2fetc%2fx",
		`a\b`:          "a%5cb",
		"a%b":          "a%25b",
		"":             "",
	} {
		assert.Equal(t, want, safeName(host))
	}
	assert.NotEqual(t, safeName(long), safeName(long+"x"))
	assert.Len(t, safeName(long), 93)
}
