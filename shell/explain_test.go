package shell

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// explanationOf runs one line against the server that knows nothing, at a
// prompt or not.
func explanationOf(t *testing.T, s *Shell, line string, asked bool) *explanation {
	t.Helper()
	commands, err := s.parse("explain "+line, grammar{prefixes: true})
	require.NoError(t, err, line)
	require.Len(t, commands, 1, line)
	of := *commands[0].of
	verb := of.row.verb
	if verb == "" {
		verb = "KILL"
	}
	e := &explanation{verb: codec.MakeVerb(verb), asked: asked}
	_ = s.redirected(t.Context(), commands[0].redirection, func() error { return e.run(t.Context(), s, of) })
	return e
}

// sent are the frames of all calls.
func (e *explanation) sent() (lines []string) {
	for _, c := range e.calls[1:] {
		for _, x := range c.frames {
			lines = append(lines, x.line(palette{}))
		}
	}
	return lines
}

// TestWhatIsExplainedIsWhatIsSent explains each line, runs it, and compares what
// has crossed.
func TestWhatIsExplainedIsWhatIsSent(t *testing.T) {
	s, output, _ := testShell(t)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "local.txt"), []byte("here\n"), 0o644))
	require.NoError(t, os.MkdirAll(filepath.Join(s.Dir, "site", "sub"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "site", "index.html"), []byte("<p>"), 0o644))
	for _, line := range []string{
		`dir -a "My Documents"`, "dir", "stat notes.txt logs", "find . -name *.log -size -1k", "du", "hash notes.txt", "df .", "pwd", "cat notes.txt", "cat nowhere",
		"mkdir -p new/deep", "copy -f notes.txt copied.txt", "move -f copied.txt moved.txt", "del moved.txt", "del -f gone", "time", "name", "rand 6", "echo a 'b c'", "info", "say hello",
		"put local.txt", "put -f local.txt", "put local.txt", "put -r site", "put - from.txt < local.txt",
		"get notes.txt", "get -f notes.txt", "get notes.txt -", "get -r logs",
		"exec echo a b", "exec -d logs pwd", "exec cat < local.txt", "sh echo one; echo two", "displays", "shot -d 2 --scale 0.5", "ps --mine", "kill 999999999", "cd logs", "cd -", "cd ..",
	} {
		explained := explanationOf(t, s, line, false).sent()
		before := s.wire.crossed
		says(t, s, output, line)
		var sent []string
		for _, x := range s.wire.last()[min(before, wireKept-(s.wire.crossed-before)):] {
			if x.sent && x.verb != codec.TICK {
				sent = append(sent, x.line(palette{}))
			}
		}
		require.NotEmpty(t, sent, line)
		require.Equal(t, sent, explained, line)
	}
}

// TestAPromptWouldSendMore explains what is sent where somebody can be asked.
func TestAPromptWouldSendMore(t *testing.T) {
	s, _, _ := testShell(t)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "notes.txt"), []byte("here\n"), 0o644))
	for line, want := range map[string]string{
		"del *.txt": "DU DEL", "put notes.txt": "FIND PUT FILE DATA SUM END", "get notes.txt": "STAT GET", "del notes.txt": "DEL", "sync l:. r:logs": "FIND", "exec -t top": "EXEC END",
	} {
		var verbs []string
		for _, sent := range explanationOf(t, s, line, true).sent() {
			if !strings.Contains(sent, " -p ") { // whether both sides are one place
				verbs = append(verbs, strings.Fields(sent)[1])
			}
		}
		require.Equal(t, want, strings.Join(verbs, " "), line)
	}
}

// contentsOf says what is in a folder, and what in its files.
func contentsOf(t *testing.T, dir string) (list []string) {
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		fi, ferr := d.Info()
		if err = errors.Join(err, ferr); err == nil && d.Type().IsRegular() {
			b, rerr := os.ReadFile(path)
			list, err = append(list, fmt.Sprintf("%x", sha256.Sum256(b))), rerr
		}
		list = append(list, path, fi.Mode().String())
		return err
	}))
	return list
}

// TestNothingHappensToWhatIsExplained explains every example of every command,
// and what would do most harm.
func TestNothingHappensToWhatIsExplained(t *testing.T) {
	s, output, tree := testShell(t)
	for _, name := range []string{"notes.txt", "names.txt", "site/index.html", "backup/old.txt", "setup.exe", "frames.txt", "frames.bin", "check.tsh"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(s.Dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir, name), []byte("echo "+name+"\n"), 0o644))
	}
	lines := []string{
		"sync --delete r:. l:.", "sync --delete r:logs l:backup", "sync --delete l:backup r:.", "get -r -f . .", "get -f notes.txt", "get notes.txt notes.txt", "shot -o new.png", "shot --open",
		"!touch touched", "! touch touched", "lcd backup", "source check.tsh", "del -r -f --really *", "move -f notes.txt other.txt", "exit", "close", "open", "wire save new.txt", "raw DEL notes.txt",
		"explain dir", "trace on", "exec -t top", "exec touch touched", "sh touch touched", "kill 1", "get notes.txt -",
	}
	for _, r := range rows() {
		for _, e := range r.examples {
			if !strings.Contains(e, ">") {
				lines = append(lines, e)
			}
		}
	}
	here, there := contentsOf(t, s.Dir), contentsOf(t, tree)
	conn, dir, crossed := s.conn, s.Dir, s.wire.crossed
	s.Reach = nil // which nobody must call
	for _, line := range lines {
		if commands, err := s.parse("explain "+line, grammar{prefixes: true}); err == nil {
			_ = s.runAll(t.Context(), commands)
		}
		explanationOrNone(t, s, line)
		require.Equal(t, here, contentsOf(t, s.Dir), line)
		require.Equal(t, there, contentsOf(t, tree), line)
		require.Same(t, conn, s.conn, line)
		require.Equal(t, dir, s.Dir, line)
		require.False(t, s.leaving, line)
		require.Equal(t, traceOff, s.wire.mode, line)
	}
	require.Equal(t, crossed, s.wire.crossed, "nothing was sent")
	require.NotEmpty(t, output())
}

// explanationOrNone explains a line as at a prompt whose person agrees to all, if
// it can be.
func explanationOrNone(t *testing.T, s *Shell, line string) {
	commands, err := s.parse("explain "+line, grammar{prefixes: true})
	if err == nil && commands[0].of.row.verb != "" {
		explanationOf(t, s, line, true)
	}
}

func TestALongStreamIsNotExplainedToItsEnd(t *testing.T) {
	s, output, _ := testShell(t)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "big"), make([]byte, 8<<20), 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(s.Dir, "many"), 0o755))
	for i := range 100 {
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "many", fmt.Sprint(i)), nil, 0o644))
	}
	for _, line := range []string{"put big", "exec cat < big", "put -r many"} {
		got := says(t, s, output, "explain "+line)
		require.Contains(t, got, "\n> and so on, until END\n", line)
		require.Less(t, len(got), 20_000, line)
	}
}

func TestExplainNeedsNoConnection(t *testing.T) {
	s, output, _ := testShell(t)
	require.Contains(t, says(t, s, output, "close; explain dir logs"), "|logs.|")
	require.Contains(t, says(t, s, output, "explain open"), "> TICK")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	commands, err := s.parse("explain dir", grammar{})
	require.NoError(t, err)
	require.ErrorIs(t, s.run(ctx, commands[0]), context.Canceled)
}

func TestItIsKnownWhatMayComeOfEachVerb(t *testing.T) {
	s, _, _ := testShell(t)
	for _, verb := range s.conn.hello.Verbs {
		if verb != "PING" && verb != "SAY" {
			require.NotEqual(t, mayCome(""), mayCome(verb), verb)
		}
	}
}
