package programs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
)

func processRows() []command.Row {
	return []command.Row{
		{
			Names: []string{"ps"}, Synopsis: "[-t] [--mine] [--sort KEY] [PATTERN]", Line: "what runs there: number, user, share of a processor and time on it, memory, start", MaxWords: 1,
			Kinds: []command.Kind{completeTarget}, Verb: "PS", Run: runPs,
			Options: []codec.Option{
				{Short: 't', Line: "as a tree: what each has started is below it"},
				{Long: "mine", Line: "only what start has started for you"},
				{Long: "sort", Arg: "KEY", Line: "by cpu, memory, start, pid, user or name; by cpu otherwise, and a tree by pid"},
			},
			Examples: []string{"ps", "ps fire", "ps -t --sort memory"},
		},
		{
			Names: []string{"kill"}, Synopsis: "[-f] [-s SIG|-9] PID|NAME|%N…", Line: "ends processes there, or jobs here; at a prompt asks before several of one name", MinWords: 1, MaxWords: -1,
			Kinds: []command.Kind{completeTarget}, Run: runKill,
			Options: []codec.Option{
				{Short: 's', Arg: "SIG", Line: "sends that signal instead of TERM: KILL, HUP, 9"},
				{Short: '9', Line: "as -s KILL: without being asked to, it ends at once"},
				{Short: 'f', Line: "all of that name, without asking"},
			},
			Examples: []string{"kill 4711", "kill -s HUP sshd", "kill %1"},
		},
	}
}

// listProcesses returns what runs there, and what time it was there.
func listProcesses(ctx context.Context, env *command.Env, words ...codec.Word) (all []codec.Process, now time.Time, err error) {
	size := 0
	pairs, err := env.Conn.Call(ctx, "PS", words, link.Answer{Line: func(line string) error {
		if size += len(line) + 1; size > console.MaxTableBytes {
			return codec.Errorf(codec.TooBig, "more processes than fit into %d bytes", console.MaxTableBytes)
		}
		p, err := codec.ParseProcess(line)
		if err != nil {
			return err
		}
		all = append(all, p)
		return nil
	}})
	at, _ := pairs.Get("now")
	now, _ = time.Parse(time.RFC3339Nano, at)
	return all, now, err
}

func runPs(ctx context.Context, env *command.Env, in command.Invocation) error {
	key, sorted := in.Value("sort")
	switch {
	case !sorted && in.Has("t"):
		key = "pid"
	case !sorted:
		key = "cpu"
	}
	order, err := processOrder(key)
	if err != nil {
		return err
	}
	mine := in
	mine.Words = nil // the pattern is ours
	all, now, err := listProcesses(ctx, env, mine.CallWords("mine")...)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b codec.Process) int { return cmp.Or(order(a, b, now), cmp.Compare(a.PID, b.PID)) })
	match := func(codec.Process) bool { return true }
	if len(in.Words) == 1 {
		match = processFilter(in.Words[0])
	}
	var list []processLine
	if in.Has("t") {
		list = treeLines(all, match)
	} else {
		for _, p := range all {
			if match(p) {
				list = append(list, processLine{p, ""})
			}
		}
	}
	switch {
	case len(list) == 0:
		env.Console.Tell("there is none")
	case env.Console.Out.Terminal, in.Has("t"):
		fmt.Fprint(env.Console, processTable(env.Console.Paint, list, now))
	default:
		for _, p := range list {
			fmt.Fprintln(env.Console, p.String())
		}
	}
	return nil
}

// processOrder is how key sorts: what there is most of first.
func processOrder(key string) (func(a, b codec.Process, now time.Time) int, error) {
	switch key {
	case "cpu":
		return func(a, b codec.Process, now time.Time) int { return cmp.Compare(cpuShare(b, now), cpuShare(a, now)) }, nil
	case "memory":
		return func(a, b codec.Process, _ time.Time) int { return cmp.Compare(b.Memory, a.Memory) }, nil
	case "start":
		return func(a, b codec.Process, _ time.Time) int { return b.Started.Compare(a.Started) }, nil
	case "pid":
		return func(a, b codec.Process, _ time.Time) int { return cmp.Compare(a.PID, b.PID) }, nil
	case "user":
		return func(a, b codec.Process, _ time.Time) int { return cmp.Compare(a.User, b.User) }, nil
	case "name":
		return func(a, b codec.Process, _ time.Time) int {
			return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		}, nil
	}
	return nil, fmt.Errorf("--sort %s: it is cpu, memory, start, pid, user or name", codec.Name(key))
}

// cpuShare is how much of one processor p has used since it was started.
func cpuShare(p codec.Process, now time.Time) float64 {
	if p.Started.IsZero() || !now.After(p.Started) {
		return 0
	}
	return float64(p.CPU) / float64(now.Sub(p.Started))
}

// processFilter says of which processes w tells: the one of that number, those
// whose name holds it, or is what the pattern says, in any case.
func processFilter(w codec.Word) func(codec.Process) bool {
	if pid, ok := parsePID(w); ok {
		return func(p codec.Process) bool { return p.PID == pid }
	}
	if !w.Quoted && codec.HasPattern(w.Text) {
		return func(p codec.Process) bool { return codec.Match(w.Text, p.Name, true) }
	}
	low := strings.ToLower(w.Text)
	return func(p codec.Process) bool { return strings.Contains(strings.ToLower(p.Name), low) }
}

// parsePID is the number that a bare word is.
func parsePID(w codec.Word) (pid int, ok bool) {
	n, ok := codec.ParseNumber(w.Text)
	return int(n), ok && !w.Quoted
}

// processLine is a process behind what shows its place in a tree.
type processLine struct {
	codec.Process
	branch string
}

// processTable is processes for people.
func processTable(paint console.Palette, list []processLine, now time.Time) string {
	rows := [][]string{{"pid", "user", "cpu", "time", "memory", "started", "program"}}
	for i, head := range rows[0] {
		rows[0][i] = paint.Dim(head)
	}
	for _, p := range list {
		started := ""
		if !p.Started.IsZero() {
			started = p.Started.Local().Format("2006-01-02 15:04")
		}
		name := paint.Bold(codec.Show(p.Name))
		if state, ok := p.More.Get("state"); ok {
			name += " " + paint.Dim("("+codec.Show(state)+")")
		}
		rows = append(rows, []string{
			strconv.Itoa(p.PID), codec.Show(p.User), fmt.Sprintf("%.1f%%", 100*cpuShare(p.Process, now)), console.FormatClock(p.CPU), console.FormatSize(p.Memory),
			paint.Dim(started), paint.Dim(p.branch) + name,
		})
	}
	return console.FormatTable(rows, 0, 2, 3, 4)
}

// A processTree is processes that are being placed below what has started them.
type processTree struct {
	all      []codec.Process
	match    func(codec.Process) bool
	children map[int][]int // by the pid of the parent, in all
	seen     []bool        // of all: who a remote calls whose parent may make no sense
	level    int           // of the one that is being placed
	lines    []processLine
}

// treeLines places those that match, and what they have started, in the order of all.
func treeLines(all []codec.Process, match func(codec.Process) bool) []processLine {
	f := processTree{all: all, match: match, children: map[int][]int{}, seen: make([]bool, len(all))}
	byPID := map[int]codec.Process{}
	for _, p := range all {
		byPID[p.PID] = p
	}
	var roots []int
	for i, p := range all {
		parent, ok := byPID[p.PPID]
		// the number of a parent that has ended may be another's by now
		if ok && !parent.Started.After(p.Started.Add(2*time.Second)) {
			f.children[p.PPID] = append(f.children[p.PPID], i)
		} else {
			roots = append(roots, i)
		}
	}
	for _, i := range roots {
		f.add(i, "", "", false)
	}
	for i := range all {
		f.add(i, "", "", false)
	}
	return f.lines
}

// add places one behind its branch, and what it has started behind what is
// below that. What is too deep down begins a tree of its own.
func (f *processTree) add(i int, branch, below string, shown bool) {
	const most = 1000 // calls within calls: a stack that is too large ends us
	if f.seen[i] || f.level == most {
		return
	}
	f.seen[i] = true
	f.level++
	defer func() { f.level-- }()
	p := f.all[i]
	if shown = shown || f.match(p); shown {
		f.lines = append(f.lines, processLine{p, branch})
	}
	const deepest = 200 // bytes: as far as a terminal shows
	children := f.children[p.PID]
	for n, child := range children {
		switch last := n == len(children)-1; {
		case !shown:
			f.add(child, "", "", false)
		case len(below) > deepest:
			f.add(child, below, below, true)
		case last:
			f.add(child, below+"└─ ", below+"   ", true)
		default:
			f.add(child, below+"├─ ", below+"│  ", true)
		}
	}
}
