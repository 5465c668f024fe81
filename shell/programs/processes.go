package programs

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
)

func runPs(ctx context.Context, env *command.Env, in command.Invocation) error {
	key, ok := in.Value("sort")
	switch {
	case !ok && in.Has("t"):
		key = "pid"
	case !ok:
		key = "cpu"
	}
	compare, err := processOrder(key)
	if err != nil {
		return err
	}
	call := in
	call.Words = nil // PS does not filter by pattern
	filter := func(codec.Process) bool { return true }
	if len(in.Words) == 1 {
		filter = processFilter(in.Words[0])
	}
	var list processList
	if !in.Has("t") { // a tree also needs processes that do not match
		list.keeps = filter
	}
	if err := list.receive(ctx, env, call.CallWords("mine")...); err != nil {
		return err
	}
	slices.SortFunc(list.all, func(a, b codec.Process) int {
		return cmp.Or(compare(a, b, list.now), cmp.Compare(a.PID, b.PID))
	})
	lines := list.lines()
	if in.Has("t") {
		if lines, err = treeLines(&list, filter); err != nil {
			return err
		}
	}
	switch {
	case len(lines) == 0:
		env.Console.Tell("no such process")
	case env.Console.Out.Terminal, in.Has("t"):
		return writeProcesses(env.Console, env.Console.Paint, lines, list.now)
	default:
		for _, p := range lines {
			paint := env.Console.Paint
			fmt.Fprintln(env.Console, paint.Word(p.String(), 6, paint.Bold))
		}
	}
	return nil
}

// A processList has the processes of a remote. The field now is the time of the remote's
// clock.
type processList struct {
	all    []codec.Process
	now    time.Time
	keeps  func(codec.Process) bool // reports which processes are kept; nil means all
	budget codec.Budget
}

// receive gets the processes from the remote.
func (l *processList) receive(ctx context.Context, env *command.Env, words ...codec.Word) error {
	pairs, err := env.Conn.Call(ctx, "PS", words, link.Answer{Line: func(line string) error {
		p, err := codec.ParseProcess(line)
		if err != nil || l.keeps != nil && !l.keeps(p) {
			return err
		}
		p.Name, p.User = strings.Clone(p.Name), strings.Clone(p.User)
		l.all = append(l.all, p)
		const size = 256
		return l.take(size + len(line))
	}})
	text, _ := pairs.Get("now")
	l.now, _ = time.Parse(time.RFC3339Nano, text)
	return err
}

// take takes n bytes out of the budget for the processes.
func (l *processList) take(n int) error {
	if err := l.budget.Take(n); err != nil {
		return console.WithHint(err, "ps NAME keeps only those of that name")
	}
	return nil
}

// lines returns a line for each process.
func (l *processList) lines() []processLine {
	lines := make([]processLine, len(l.all))
	for i := range l.all {
		lines[i].Process = &l.all[i]
	}
	return lines
}

// processOrder returns the comparison function for a key of --sort. It puts the largest
// or newest process first, but sorts names and users alphabetically, and pids in
// ascending order.
func processOrder(key string) (func(a, b codec.Process, now time.Time) int, error) {
	switch key {
	case "cpu":
		return func(a, b codec.Process, now time.Time) int {
			return cmp.Compare(cpuShare(b, now), cpuShare(a, now))
		}, nil
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
	return nil, fmt.Errorf("--sort %s: expected cpu, memory, start, pid, user or name", codec.Name(key))
}

// cpuShare returns the average share of one processor that p has used since it started;
// 1 means the whole processor.
func cpuShare(p codec.Process, now time.Time) float64 {
	if p.Started.IsZero() || !now.After(p.Started) {
		return 0
	}
	return float64(p.CPU) / float64(now.Sub(p.Started))
}

// processFilter returns a function that reports whether a process matches w. w is a pid,
// a pattern for the name, or a part of the name. Case is ignored.
func processFilter(w codec.Word) func(codec.Process) bool {
	if pid, ok := parsePID(w); ok {
		return func(p codec.Process) bool { return p.PID == pid }
	}
	if !w.Quoted && codec.HasPattern(w.Text) {
		return func(p codec.Process) bool { return codec.Match(w.Text, p.Name, true) }
	}
	lower := strings.ToLower(w.Text)
	return func(p codec.Process) bool { return strings.Contains(strings.ToLower(p.Name), lower) }
}

// parsePID parses a pid. ok is false unless w is an unquoted number.
func parsePID(w codec.Word) (pid int, ok bool) {
	n, ok := codec.ParseNumber(w.Text)
	return int(n), ok && !w.Quoted
}

// A processLine is a line of the process table.
type processLine struct {
	*codec.Process
	branch string // the part of the tree drawn before the name
}

// writeProcesses writes processes as a table for people to read.
func writeProcesses(w io.Writer, paint console.Palette, lines []processLine, now time.Time) error {
	rows := func(yield func([]string) bool) {
		headings := []string{"pid", "user", "cpu", "time", "memory", "started", "program"}
		for i, heading := range headings {
			headings[i] = paint.Dim(heading)
		}
		if !yield(headings) {
			return
		}
		for _, p := range lines {
			if !yield(p.cells(paint, now)) {
				return
			}
		}
	}
	return console.WriteTable(w, rows, 0, 2, 3, 4)
}

// cells returns the cells of a line.
func (p processLine) cells(paint console.Palette, now time.Time) []string {
	started := ""
	if !p.Started.IsZero() {
		started = p.Started.Local().Format("2006-01-02 15:04")
	}
	name := paint.Bold(codec.Show(p.Name))
	if state, ok := p.More.Get("state"); ok {
		name += " " + paint.Dim("("+codec.Show(state)+")")
	}
	return []string{
		strconv.Itoa(p.PID),
		codec.Show(p.User),
		fmt.Sprintf("%.1f%%", 100*cpuShare(*p.Process, now)),
		console.FormatClock(p.CPU),
		console.FormatSize(p.Memory),
		paint.Dim(started),
		paint.Dim(p.branch) + name,
	}
}
