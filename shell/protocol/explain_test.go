package protocol_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/dialect"
	"techsh/codec/link"
	"techsh/shell"
	"techsh/shell/command"
	"techsh/shell/shelltest"
)

// A sentFrame is an explained or recorded frame, or such a message of a dialect.
type sentFrame struct {
	name  string // the verb, or the dialect
	bytes []byte
}

func (f sentFrame) String() string { return fmt.Sprintf("%s %q", f.name, f.bytes) }

// explainedFrames parses the output of explain.
func explainedFrames(t require.TestingT, text string) (frames []sentFrame) {
	heading := regexp.MustCompile(`^> (\S+)  \d+ bytes`)
	row := regexp.MustCompile(`^[0-9a-f]{4}  ((?:[0-9a-f]{2} )*[0-9a-f]{2})  +\|`)
	again := regexp.MustCompile(`^> the same again, (\d+) times?$`)
	first := 0 // index of the first frame in the group
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if m := heading.FindStringSubmatch(line); m != nil {
			frames = append(frames, sentFrame{name: m[1]})
		} else if m := row.FindStringSubmatch(line); m != nil {
			frames[len(frames)-1].add(t, m[1])
		} else if m := again.FindStringSubmatch(line); m != nil {
			group := frames[first:]
			times, err := strconv.Atoi(m[1])
			require.NoError(t, err)
			for range times {
				frames = append(frames, group...)
			}
		} else if line == "" {
			first = len(frames)
		}
	}
	return frames
}

// recordedBytes parses recorded frames.
func recordedBytes(t require.TestingT, text string) (frames []sentFrame) {
	name := regexp.MustCompile(`^(?:verb|dialect): (\S+)$`)
	row := regexp.MustCompile(`^((?:[0-9a-f]{2} )*[0-9a-f]{2}) +#`)
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if m := name.FindStringSubmatch(line); m != nil {
			frames = append(frames, sentFrame{name: m[1]})
		} else if m := row.FindStringSubmatch(line); m != nil {
			frames[len(frames)-1].add(t, m[1])
		}
	}
	return frames
}

func (f *sentFrame) add(t require.TestingT, row string) {
	b, err := hex.DecodeString(strings.ReplaceAll(row, " ", ""))
	require.NoError(t, err)
	f.bytes = append(f.bytes, b...)
}

// sentFrames returns the sent frames of a recording, without TICK.
func sentFrames(t require.TestingT, text string) (frames []sentFrame) {
	for record := range strings.SplitSeq(text, "\n\n") {
		if title, _, _ := strings.Cut(record, "\n"); strings.Contains(title, " > ") {
			for _, f := range recordedBytes(t, record) {
				if f.name != "TICK" {
					frames = append(frames, f)
				}
			}
		}
	}
	return frames
}

// recordInto makes a session write its frames to record.
func recordInto(s *shelltest.Session, record io.Writer) {
	configure := s.Configure
	s.Configure = func(sh *shell.Shell) {
		if configure != nil {
			configure(sh)
		}
		sh.Wire = record
	}
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

// explainsTruly requires that explaining a line shows the same frames as running it
// sends.
func explainsTruly(t *testing.T, s *shelltest.Session, record *lockedBuffer, line string) {
	t.Helper()
	printed := s.Says("explain " + line)
	explained := explainedFrames(t, printed)
	before := len(record.String())
	s.Says(line)
	sent := sentFrames(t, record.String()[before:])
	require.NotEmpty(t, sent, line)
	require.Equal(t, fmt.Sprint(sent), fmt.Sprint(explained), "%s\n%s", line, printed)
}

func TestWhatIsExplainedIsWhatIsSent(t *testing.T) {
	t.Parallel()
	s := shelltest.NewPlain(t)
	var record lockedBuffer
	recordInto(s, &record)
	writeFiles(t, s.Dir, map[string]string{"local.txt": "here\n", "site/index.html": "<p>"})
	require.NoError(t, os.Mkdir(filepath.Join(s.Dir, "site", "sub"), 0o755))
	s.Does("ping")
	for _, line := range []string{
		`dir -a "My Documents"`,
		"dir",
		"stat notes.txt logs",
		"find . -name *.log -size -1k",
		"du",
		"hash notes.txt",
		"df .",
		"pwd",
		"cat notes.txt",
		"cat nowhere",
		"mkdir -p new/deep",
		"copy -f notes.txt copied.txt",
		"move -f copied.txt moved.txt",
		"del moved.txt",
		"del -f gone",
		"time",
		"name",
		"rand 6",
		"echo a 'b c'",
		"info",
		"say hello",
		"put local.txt",
		"put -f local.txt",
		"put local.txt",
		"put -r site",
		"put - from.txt < local.txt",
		"get notes.txt",
		"get -f notes.txt",
		"get notes.txt -",
		"get -r logs",
		"exec echo a b",
		"exec -d logs pwd",
		"exec cat < local.txt",
		"sh echo one; echo two",
		"displays",
		"shot -d 2 --scale 0.5",
		"ps --mine",
		"kill 999999999",
		"cd logs",
		"cd -",
		"cd ..",
	} {
		explainsTruly(t, s, &record, line)
	}
}

func TestWhatIsExplainedInADialectIsWhatIsSent(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{
		"echo":       {"echo a 'b c'"},
		"hello":      {"echo Ann"},
		"ex26-slide": {"name", "time", "exit"},
		"ex26":       {"rand", "time", "close"},
		"ex27": {
			"dir",
			"dir logs",
			"del nova",
			"copy notes.txt new",
			"exec true",
			"get new",
			"get notes.txt -",
			"exit",
		},
	} {
		s := shelltest.NewDialect(t, name)
		var record lockedBuffer
		recordInto(s, &record)
		for _, line := range lines {
			explainsTruly(t, s, &record, line)
		}
	}
}

func TestExplainShowsTheFieldsOfADialect(t *testing.T) {
	const del = `> ex27  17 bytes
0000  30 30 31 33                                      |0013|               length
0004  44 45 4c 45 54 45 20                             |DELETE |            command, space
000b  6c 6f 67 73 2f 78                                |logs/x|             parameter 1
< ex27 0002OK, or 0025Bad command or parameters
`
	s := shelltest.NewDialect(t, "ex27")
	require.Equal(t, del, s.Says("explain del logs/x"))
	require.Equal(t, "explain: ex27 has no such command\n  help lists the commands\n", s.Says("explain mkdir x"))
	require.Equal(t,
		"explain: \"two words\": ex27 separates by spaces: there can be none in a word\n",
		s.Says("explain dir 'two words'"))
	require.Equal(t, "in ex27 nothing is sent before the first command\n", s.Says("explain open"))
	shot := s.Says("explain shot")
	require.Less(t, strings.Index(shot, "TAKE_SCREENSHOT"), strings.Index(shot, "SEND_PHOTO"))
	require.Equal(t, del, s.Says("close; explain del logs/x"), "that needs no connection")
}

func TestExplainNeedsToKnowTheDialect(t *testing.T) {
	s := shelltest.NewDialect(t, "ex27")
	s.Configure = func(sh *shell.Shell) { sh.Dialect = dialect.Auto }
	require.Equal(t,
		"explain: the dialect of the server is not known yet\n  open finds out\n",
		s.Says("close; explain dir"))
}

// contentsOf returns the names in a folder and the checksums of its files.
func contentsOf(t *testing.T, dir string) (list []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		info, infoErr := d.Info()
		if err = errors.Join(err, infoErr); err == nil && d.Type().IsRegular() {
			b, readErr := os.ReadFile(path)
			list, err = append(list, fmt.Sprintf("%x", sha256.Sum256(b))), readErr
		}
		list = append(list, path, info.Mode().String())
		return err
	}))
	return list
}

// TestNothingHappensToWhatIsExplained explains the examples of all commands, and the
// most dangerous commands. It requires that nothing changes, and that the possible
// answers to each call are known.
func TestNothingHappensToWhatIsExplained(t *testing.T) {
	t.Parallel()
	s := shelltest.NewPlain(t)
	var record lockedBuffer
	recordInto(s, &record)
	files := map[string]string{}
	for _, name := range []string{
		"notes.txt", "names.txt", "site/index.html", "backup/old.txt", "setup.exe", "frames.txt", "frames.bin",
		"check.tsh",
	} {
		files[name] = "echo " + name + "\n"
	}
	writeFiles(t, s.Dir, files)
	lines := []string{
		"sync --delete r:. l:.",
		"sync --delete r:logs l:backup",
		"sync --delete l:backup r:.",
		"get -r -f . .",
		"get -f notes.txt",
		"get notes.txt notes.txt",
		"get notes.txt -",
		"shot -o new.png",
		"shot --open",
		"!touch touched",
		"! touch touched",
		"lcd backup",
		"source check.tsh",
		"del -r -f --really *",
		"move -f notes.txt other.txt",
		"exit",
		"close",
		"open",
		"wire save new.txt",
		"raw DEL notes.txt",
		"explain dir",
		"trace on",
		"exec -t top",
		"exec touch touched",
		"sh touch touched",
		"kill 1",
	}
	for _, r := range shell.CommandTable().Rows {
		for _, e := range r.Examples {
			if !strings.Contains(e, ">") {
				lines = append(lines, e)
			}
		}
	}
	require.Equal(t, "off\n", s.Says("trace"))
	s.Says("pwd")
	local, remote := contentsOf(t, s.Dir), contentsOf(t, s.Tree)
	s.Dial = func(context.Context, string, func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
		t.Error("nothing may be dialled")
		return nil, link.Opening{}, errors.New("dialled")
	}
	before := len(record.String())
	for _, line := range lines {
		printed := s.Says("explain " + line)
		if verb, _, _ := strings.Cut(line, " "); verb != "ping" && verb != "say" {
			require.NotContains(t, printed, "< OK, or ERR CODE TEXT", line)
		}
		require.Equal(t, local, contentsOf(t, s.Dir), line)
		require.Equal(t, remote, contentsOf(t, s.Tree), line)
		require.Empty(t, sentFrames(t, record.String()[before:]), line)
	}
	require.Equal(t, "off\n", s.Says("trace"))
	require.Equal(t, "/here\n", s.Says("lpwd"))
	s.Does("pwd") // the connection is still the same
}

func TestALongStreamIsNotExplainedToItsEnd(t *testing.T) {
	s := shelltest.NewPlain(t)
	files := map[string]string{"big": string(make([]byte, 8<<20))}
	for i := range 100 {
		files[fmt.Sprintf("many/%d", i)] = ""
	}
	writeFiles(t, s.Dir, files)
	for _, line := range []string{"put big", "exec cat < big", "put -r many"} {
		printed := s.Says("explain " + line)
		require.Contains(t, printed, "\n> and so on, until END\n", line)
		require.Less(t, len(printed), 20_000, line)
	}
}

func TestExplainNeedsNoConnection(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.Contains(t, s.Says("close; explain dir logs"), "|logs.|")
	require.Contains(t, s.Says("explain open"), "> TICK")
}

func TestExplainIsCancelled(t *testing.T) {
	table := shell.CommandTable()
	commands, err := table.Parse("explain dir", command.Grammar{})
	require.NoError(t, err)
	env := newRecordingTest(t, "", nil).env
	env.Table = table
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, commands[0].Row.Run(ctx, env, commands[0].Invocation), context.Canceled)
}
