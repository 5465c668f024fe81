package programs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/programs"
	"techsh/shell/shelltest"
)

// listing answers PS with lines, all at 13:00.
func listing(lines ...string) func(*codec.Conn, []codec.Word) {
	return func(c *codec.Conn, _ []codec.Word) {
		for _, line := range lines {
			_ = c.Write(codec.DATA, []byte(line+"\n"))
		}
		_ = c.WriteWords(codec.OK, codec.Lit("now=2026-11-22T13:00:00.000000000Z"))
	}
}

// process returns the line of a process with a pid, a parent and a name.
func process(pid, ppid int, name string) string {
	return codec.Process{PID: pid, PPID: ppid, User: "ann", Memory: codec.Unknown, Name: name}.String()
}

// threeProcesses returns three processes that are in a different order for each key.
func threeProcesses() []string {
	return []string{
		`10 1 bob 2026-11-22T12:00:00.000000000Z 360000 1048576 alpha`,
		`20 1 ann 2026-11-22T12:30:00.000000000Z 900000 3145728 Beta`,
		`30 20 eve 2026-11-22T11:00:00.000000000Z 0 2097152 gamma`,
	}
}

// firstWords returns the first word of each line.
func firstWords(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		words = append(words, strings.Fields(line)[0])
	}
	return strings.Join(words, " ")
}

func TestPsSorts(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"PS": listing(threeProcesses()...)})
	for line, want := range map[string]string{
		"ps":               "20 10 30",
		"ps --sort cpu":    "20 10 30",
		"ps --sort memory": "20 30 10",
		"ps --sort start":  "20 10 30",
		"ps --sort pid":    "10 20 30",
		"ps --sort user":   "20 10 30",
		"ps --sort name":   "10 20 30",
	} {
		require.Equal(t, want, firstWords(s.Says(line)), line)
	}
	require.Equal(t, "ps: --sort size: expected cpu, memory, start, pid, user or name\n", s.Says("ps --sort size"))
}

func TestPsFindsByNameOrNumber(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"PS": listing(threeProcesses()...)})
	for line, want := range map[string]string{
		"ps a":     "20 10 30",
		"ps ET":    "20",
		"ps *a":    "20 10 30",
		"ps b*":    "20",
		"ps ?eta":  "20",
		`ps "b*"`:  "",
		"ps 30":    "30",
		`ps "30"`:  "",
		"ps 3":     "",
		"ps omega": "",
	} {
		s.Does(line)
		require.Equal(t, want, firstWords(s.Printed()), line)
	}
}

func TestPsForPeopleIsATable(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{
		"PS": listing(append(threeProcesses(), "40 1 - - 0 - \"e\x1bvil\"")...),
	})
	require.Error(t, s.Run("ps"), "a malformed line is refused")
	s, _ = shelltest.NewHostile(t, shelltest.Answers{
		"PS": listing(append(threeProcesses(), `40 1 - - 0 - e"e\x1bvil" state=zombie`)...),
	})
	s.Terminals(true, false)
	local := func(hour, minute int) string {
		return time.Date(2026, 11, 22, hour, minute, 0, 0, time.UTC).Local().Format("2006-01-02 15:04")
	}
	require.Equal(t, fmt.Sprintf(`pid  user    cpu   time   memory  started           program
 20  ann   50.0%%  15:00  3.0 MiB  %s  Beta
 10  bob   10.0%%   6:00  1.0 MiB  %s  alpha
 30  eve    0.0%%   0:00  2.0 MiB  %s  gamma
 40         0.0%%   0:00        ?                    e\x1bvil (zombie)
`, local(12, 30), local(12, 0), local(11, 0)), s.Says("ps"))
}

// A treeSession is a session whose server lists the given processes.
func treeSession(t *testing.T, all []codec.Process) *shelltest.Session {
	var text strings.Builder
	for _, p := range all {
		p.Memory, p.Name = codec.Unknown, "p"
		text.WriteString(p.String() + "\n")
	}
	chunks := strings.SplitAfter(text.String(), "\n")
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"PS": func(c *codec.Conn, _ []codec.Word) {
		for len(chunks) > 0 {
			n := min(len(chunks), 1000)
			_ = c.Write(codec.DATA, []byte(strings.Join(chunks[:n], "")))
			chunks = chunks[n:]
		}
		shelltest.OK(c)
	}})
	return s
}

// treeOf returns the branch and the pid in each line of a printed tree.
func treeOf(t *testing.T, printed string) (lines []string) {
	t.Helper()
	rows := strings.Split(strings.TrimSuffix(printed, "\n"), "\n")
	column := strings.Index(rows[0], "program")
	for _, row := range rows[1:] {
		branch, ok := strings.CutSuffix(row[column:], "p")
		require.True(t, ok, row)
		lines = append(lines, branch+strings.Fields(row)[0])
	}
	return lines
}

func TestPsAsATree(t *testing.T) {
	var all []codec.Process
	for _, p := range [][2]int{{1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 1}, {6, 5}, {9, 8}} {
		all = append(all, codec.Process{PID: p[0], PPID: p[1]})
	}
	require.Equal(t, []string{
		"1",
		"├─ 2",
		"│  ├─ 3",
		"│  └─ 4",
		"└─ 5",
		"   └─ 6",
		"9",
	}, treeOf(t, treeSession(t, all).Says("ps -t")))
	require.Equal(t, []string{"2", "├─ 3", "└─ 4"}, treeOf(t, treeSession(t, all).Says("ps -t 2")),
		"with those that it has started")
}

func TestATreeHasEveryProcessOnce(t *testing.T) {
	began := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, all := range map[string][]codec.Process{
		"its own parent":              {{PID: 1, PPID: 1}, {PID: 2, PPID: 1}},
		"each other's parents":        {{PID: 1, PPID: 2}, {PID: 2, PPID: 1}, {PID: 3, PPID: 1}},
		"one number twice":            {{PID: 1}, {PID: 1}, {PID: 2, PPID: 1}, {PID: 2, PPID: 1}},
		"a parent that is not listed": {{PID: 5, PPID: 4}},
	} {
		require.Len(t, treeOf(t, treeSession(t, all).Says("ps -t")), len(all), name)
	}
	later := []codec.Process{{PID: 1, Started: began.Add(time.Hour)}, {PID: 2, PPID: 1, Started: began}}
	require.Equal(t, []string{"1", "2"}, treeOf(t, treeSession(t, later).Says("ps -t")),
		"the pid of a parent that has ended is that of another process")

	chain := make([]codec.Process, 5_000)
	for i := range chain {
		chain[i] = codec.Process{PID: i + 1, PPID: i}
	}
	deep := treeOf(t, treeSession(t, chain).Says("ps -t"))
	require.Len(t, deep, len(chain))
	for _, line := range deep {
		require.Less(t, len(line), 300)
	}
	require.Equal(t, "1001", deep[1000], "a chain without an end would need a stack without one")
}

func TestATreeIsDrawnIntoAPipeToo(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{
		"PS": listing(process(10, 1, "alpha"), process(20, 10, "beta")),
	})
	require.Contains(t, s.Says("ps -t alp"), "  alpha\n")
	require.Contains(t, s.Says("ps -t"), "  └─ beta\n")
}

// A killLog records the words of each KILL.
type killLog struct{ calls []string }

func (l *killLog) answer(c *codec.Conn, words []codec.Word) {
	l.calls = append(l.calls, codec.Join(words))
	shelltest.OK(c)
}

func TestKillSaysWhichProcessesEnd(t *testing.T) {
	for line, want := range map[string]string{
		"kill 4711":              "4711",
		"kill 4711 4712":         "4711 4712",
		"kill -s HUP 4711":       "-s HUP 4711",
		"kill -9 4711":           "-s KILL 4711",
		"kill one":               "--name one 10",
		`kill "10"`:              "--name 10 50",
		"kill -s KILL one 4711":  "-s KILL 4711|-s KILL --name one 10",
		"kill -f twice":          "--name twice 20 30",
		`kill "%1"`:              "--name %1 60",
		`kill "my program" -s 3`: `-s 3 --name "my program" 40`,
	} {
		log := &killLog{}
		s, _ := shelltest.NewHostile(t, shelltest.Answers{
			"KILL": log.answer,
			"PS": listing(
				process(10, 1, "one"),
				process(20, 1, "twice"),
				process(30, 1, "twice"),
				process(40, 1, "my program"),
				process(50, 1, "10"),
				process(60, 1, "%1"),
				process(11, 1, "one")+" state=zombie",
			),
		})
		s.Does(line)
		require.Equal(t, want, strings.Join(log.calls, "|"), line)
		require.Empty(t, s.Printed())
	}
}

func TestKillEndsNothingBeforeAllIsFound(t *testing.T) {
	for line, want := range map[string]string{
		"kill 4711 nobody":   "kill: nobody: no such process\n  ps lists the processes\n",
		"kill one twice":     "kill: there are 2 processes called twice\n  -f ends them all\n",
		"kill ONE":           "kill: ONE: no such process\n  ps lists the processes\n",
		"kill one %1":        "kill: no job is running\n",
		"kill -f nobody one": "kill: nobody: no such process\n  ps lists the processes\n",
	} {
		log := &killLog{}
		s, _ := shelltest.NewHostile(t, shelltest.Answers{
			"KILL": log.answer,
			"PS":   listing(process(10, 1, "one"), process(20, 1, "twice"), process(30, 1, "twice")),
		})
		require.Error(t, s.Run(line), line)
		require.Equal(t, want, s.Printed())
		require.Empty(t, log.calls, line)
	}
}

func TestKillByNameOnWindows(t *testing.T) {
	log := &killLog{}
	answers := shelltest.Answers{
		"KILL": log.answer,
		"PS":   listing(process(10, 1, "Notepad.exe"), process(20, 1, "notepad.exe"), process(30, 1, "note")),
	}
	s := shelltest.New(t, answers.Dial(t, codec.Hello{System: "windows", Host: "evil", Cwd: `C:\`}))
	s.Does("kill -f NOTEPAD")
	require.Equal(t, []string{"--name Notepad.exe 10", "--name notepad.exe 20"}, log.calls)
}

func TestTabOffersProcesses(t *testing.T) {
	answers := shelltest.Answers{"PS": listing(
		process(41, 1, "firefox"),
		process(42, 1, "firefox"),
		process(5, 1, "4711"),
		process(6, 1, "Files"),
		process(7, 1, "vi"),
		"8 2 root - 0 0 ksoftirqd",
	)}
	env := connectedEnv(t, answers)
	for _, row := range programs.Rows()[3:] {
		for word, want := range map[string][]string{
			"f": {"Files", "firefox"},
			"4": {"41", "42"}, // a name that is a number is not offered
			"":  {"Files", "firefox", "vi"},
			"%": {"%1"},
		} {
			var texts []string
			for _, c := range row.Kinds[0](t.Context(), env, codec.Bare(word)).List {
				texts = append(texts, c.Text)
			}
			require.Equal(t, want, texts, "%s %s", row.Name(), word)
		}
	}
}

func TestEndlessProcessesAreRefused(t *testing.T) {
	t.Parallel()
	chunk := []byte(strings.Repeat(process(1, 0, strings.Repeat("x", 50_000))+"\n", 20))
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"PS": func(c *codec.Conn, _ []codec.Word) {
		for c.Write(codec.DATA, chunk) == nil { // until the client closes the connection
		}
	}})
	require.Contains(t, s.Says("ps"), "more than fits into 8 MiB of memory\n  ps NAME keeps only those of that name\n")
}
