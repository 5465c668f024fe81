package shell

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// running answers PS with these lines, all at 13:00.
func running(lines ...string) func(*codec.Conn, []codec.Word) {
	return func(c *codec.Conn, _ []codec.Word) {
		for _, line := range lines {
			_ = c.Write(codec.DATA, []byte(line+"\n"))
		}
		_ = c.WriteWords(codec.OK, codec.Lit("now=2026-11-22T13:00:00.000000000Z"))
	}
}

// process is a line of a PS of which the tests know all but a few things.
func process(pid, ppid int, name string) string {
	return codec.Process{PID: pid, PPID: ppid, User: "ann", Memory: codec.Unknown, Name: name}.String()
}

// some are processes whose orders by each key differ.
func some() []string {
	return []string{
		`10 1 bob 2026-11-22T12:00:00.000000000Z 360000 1048576 alpha`,
		`20 1 ann 2026-11-22T12:30:00.000000000Z 900000 3145728 Beta`,
		`30 20 eve 2026-11-22T11:00:00.000000000Z 0 2097152 gamma`,
	}
}

// pids returns the first words of lines.
func pids(text string) (list []string) {
	for line := range strings.Lines(text) {
		list = append(list, strings.Fields(line)[0])
	}
	return list
}

func TestPsSorts(t *testing.T) {
	s, output, _, _ := hostile(t, answers{"PS": running(some()...)})
	for line, want := range map[string]string{
		"ps": "20 10 30", "ps --sort cpu": "20 10 30", "ps --sort memory": "20 30 10", "ps --sort start": "20 10 30", "ps --sort pid": "10 20 30", "ps --sort user": "20 10 30",
		"ps --sort name": "10 20 30",
	} {
		require.NoError(t, s.does(t, line))
		require.Equal(t, want, strings.Join(pids(output()), " "), line)
	}
	require.Error(t, s.does(t, "ps --sort size"))
	require.Equal(t, "ps: --sort size: it is cpu, memory, start, pid, user or name\n", output())
}

func TestPsFindsByNameOrNumber(t *testing.T) {
	s, output, _, _ := hostile(t, answers{"PS": running(some()...)})
	for line, want := range map[string]string{
		"ps a": "20 10 30", "ps ET": "20", "ps *a": "20 10 30", "ps b*": "20", "ps ?eta": "20", `ps "b*"`: "", "ps 30": "30", `ps "30"`: "", "ps 3": "", "ps omega": "",
	} {
		require.NoError(t, s.does(t, line))
		require.Equal(t, want, strings.Join(pids(output()), " "), line)
	}
}

func TestPsForPeopleIsATable(t *testing.T) {
	s, output, _, _ := hostile(t, answers{"PS": running(append(some(), "40 1 - - 0 - \"e\x1bvil\"")...)})
	require.Error(t, s.does(t, "ps"), "what is no noun is refused")
	output()
	s, output, _, _ = hostile(t, answers{"PS": running(append(some(), `40 1 - - 0 - e"e\x1bvil" state=zombie`)...)})
	s.Out.Terminal = true
	require.NoError(t, s.does(t, "ps"))
	local := func(hour, minute int) string {
		return time.Date(2026, 11, 22, hour, minute, 0, 0, time.UTC).Local().Format("2006-01-02 15:04")
	}
	require.Equal(t, fmt.Sprintf(`pid  user    cpu   time   memory  started           program
 20  ann   50.0%%  15:00  3.0 MiB  %s  Beta
 10  bob   10.0%%   6:00  1.0 MiB  %s  alpha
 30  eve    0.0%%   0:00  2.0 MiB  %s  gamma
 40         0.0%%   0:00        ?                    e\x1bvil (zombie)
`, local(12, 30), local(12, 0), local(11, 0)), output())
}

// branches returns how the tree draws each pid.
func branches(list []placed) string {
	var b strings.Builder
	for _, p := range list {
		fmt.Fprintf(&b, "%s%d\n", p.branch, p.PID)
	}
	return b.String()
}

func TestPsAsATree(t *testing.T) {
	var all []codec.Process
	for _, p := range [][2]int{{1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 1}, {6, 5}, {9, 8}} {
		all = append(all, codec.Process{PID: p[0], PPID: p[1]})
	}
	require.Equal(t, `1
├─ 2
│  ├─ 3
│  └─ 4
└─ 5
   └─ 6
9
`, branches(tree(all, func(codec.Process) bool { return true })))
	require.Equal(t, `2
├─ 3
└─ 4
6
`, branches(tree(all, func(p codec.Process) bool { return p.PID == 2 || p.PID == 4 || p.PID == 6 })), "with what they have started")
}

func TestATreeHasEveryProcessOnce(t *testing.T) {
	began := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, all := range map[string][]codec.Process{
		"its own parent":              {{PID: 1, PPID: 1}, {PID: 2, PPID: 1}},
		"each other's parents":        {{PID: 1, PPID: 2}, {PID: 2, PPID: 1}, {PID: 3, PPID: 1}},
		"one number twice":            {{PID: 1}, {PID: 1}, {PID: 2, PPID: 1}, {PID: 2, PPID: 1}},
		"a parent that began later":   {{PID: 1, Started: began.Add(time.Hour)}, {PID: 2, PPID: 1, Started: began}},
		"a parent that is not listed": {{PID: 5, PPID: 4}},
	} {
		got := tree(all, func(codec.Process) bool { return true })
		require.Len(t, got, len(all), name)
	}
	later := tree([]codec.Process{{PID: 1, Started: began.Add(time.Hour)}, {PID: 2, PPID: 1, Started: began}}, func(codec.Process) bool { return true })
	require.Equal(t, "1\n2\n", branches(later), "its number was another's before")
	chain := make([]codec.Process, 50_000)
	for i := range chain {
		chain[i] = codec.Process{PID: i + 1, PPID: i}
	}
	deep := tree(chain, func(codec.Process) bool { return true })
	require.Len(t, deep, len(chain))
	for _, p := range deep {
		require.Less(t, len(p.branch), 300)
	}
	require.Empty(t, deep[1000].branch, "a chain without an end would have a stack without one")
}

func TestATreeIsDrawnIntoAPipeToo(t *testing.T) {
	s, output, _, _ := hostile(t, answers{"PS": running(process(10, 1, "alpha"), process(20, 10, "beta"))})
	require.NoError(t, s.does(t, "ps -t alp"))
	require.Contains(t, output(), "  alpha\n")
	require.NoError(t, s.does(t, "ps -t"))
	require.Contains(t, output(), "  └─ beta\n")
}

// killed keeps the words of each KILL.
type killed struct{ calls []string }

func (k *killed) answer(c *codec.Conn, words []codec.Word) {
	k.calls = append(k.calls, codec.Join(words))
	ok(c)
}

func TestKillSaysWhatIsToBeEnded(t *testing.T) {
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
		k := &killed{}
		s, output, _, _ := hostile(t, answers{
			"KILL": k.answer,
			"PS": running(process(10, 1, "one"), process(20, 1, "twice"), process(30, 1, "twice"), process(40, 1, "my program"),
				process(50, 1, "10"), process(60, 1, "%1"), process(11, 1, "one")+" state=zombie"),
		})
		require.NoError(t, s.does(t, line), line)
		require.Equal(t, want, strings.Join(k.calls, "|"), line)
		require.Empty(t, output())
	}
}

func TestKillEndsNothingBeforeAllIsClear(t *testing.T) {
	for line, want := range map[string]string{
		"kill 4711 nobody":   "kill: nobody: no such process\n  ps lists what runs\n",
		"kill one twice":     "kill: there are 2 processes called twice\n  -f ends them all\n",
		"kill ONE":           "kill: ONE: no such process\n  ps lists what runs\n",
		"kill one %1":        "kill: no job is running\n",
		"kill -f nobody one": "kill: nobody: no such process\n  ps lists what runs\n",
	} {
		k := &killed{}
		s, output, _, _ := hostile(t, answers{"KILL": k.answer, "PS": running(process(10, 1, "one"), process(20, 1, "twice"), process(30, 1, "twice"))})
		require.Error(t, s.does(t, line), line)
		require.Equal(t, want, output())
		require.Empty(t, k.calls, line)
	}
}

func TestKillByNameOnWindows(t *testing.T) {
	k := &killed{}
	s, _, _, _ := hostile(t, answers{"KILL": k.answer, "PS": running(process(10, 1, "Notepad.exe"), process(20, 1, "notepad.exe"), process(30, 1, "note"))})
	s.conn.hello.System = "windows"
	require.NoError(t, s.does(t, "kill -f NOTEPAD"))
	require.Equal(t, []string{"--name Notepad.exe 10", "--name notepad.exe 20"}, k.calls)
}

func TestTabOffersWhatCanBeEnded(t *testing.T) {
	s, _, _, _ := hostile(t, answers{"PS": running(process(41, 1, "firefox"), process(42, 1, "firefox"), process(5, 1, "4711"), process(6, 1, "Files"), process(7, 1, "vi"),
		"8 2 root - 0 0 ksoftirqd")})
	texts := func(line string) (list []string) {
		words, last := tabWords(line)
		for _, c := range s.candidates(t.Context(), words, last) {
			list = append(list, c.text)
		}
		return list
	}
	require.Equal(t, []string{"Files", "firefox"}, texts("kill f"))
	require.Equal(t, []string{"41", "42"}, texts("kill 4"), "what is called by a number is none")
	require.Equal(t, []string{"firefox"}, texts("ps fi")[1:])
	require.Equal(t, []string{"Files", "firefox", "vi"}, texts("kill "))
	require.Empty(t, texts("kill %"))
}

func TestEndlessProcessesAreRefused(t *testing.T) {
	t.Parallel()
	chunk := []byte(strings.Repeat(process(1, 0, strings.Repeat("x", 50_000))+"\n", 20))
	s, output, _, _ := hostile(t, answers{"PS": func(c *codec.Conn, _ []codec.Word) {
		for c.Write(codec.DATA, chunk) == nil { // until the client hangs up
		}
	}})
	require.Error(t, s.does(t, "ps"))
	require.Contains(t, output(), "more processes than fit into 8388608 bytes")
}
