package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

const memoryLimit = 32 << 20 // of each side while files cross

// A table prints the results one row at a time.
type table struct {
	out        io.Writer
	status     io.Writer // for the progress; nil is none
	met, goals int
	peak       int64 // memory of techsh while files cross
}

func newTable(out io.Writer) *table {
	t := &table{out: out}
	if fi, err := os.Stderr.Stat(); err == nil && fi.Mode()&os.ModeCharDevice != 0 {
		t.status = os.Stderr
	}
	return t
}

// progress shows text on a terminal in place of the text before.
func (t *table) progress(text string) {
	if t.status != nil {
		fmt.Fprintf(t.status, "\r\x1b[K%s", text)
	}
}

// header prints the meaning of the figures.
func (t *table) header(w *world) {
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Fprintf(t.out, "%s, %d cores, load %.4s; medians of %d rounds in turn; p99 is of single runs; ",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), load, w.rounds)
	fmt.Fprint(t.out, "in memory, over the loopback")
	if w.delay > 0 {
		fmt.Fprintf(t.out, " and a delay line with a round trip of %v", w.delay)
	}
	ssh, rsync := firstLine("ssh", "-V"), firstLine("rsync", "--version")
	fmt.Fprintf(t.out, "\n%s; %s; ssh and sftp with %s\n", ssh, rsync, cipher)
	fmt.Fprintln(t.out, "CPU in ms, peak memory in MiB (all processes of a side, with shared pages)")
	fmt.Fprintln(t.out, "- is none, or a run too short to be seen")
	fmt.Fprintln(t.out, "ratio: techsh's time as a multiple of the peer's")
	if w.quick {
		fmt.Fprintln(t.out, "the sizes are small, so the goals mean little")
	}
	fmt.Fprintln(t.out)
	fmt.Fprintf(t.out, "%-32s %12s %17s %15s\n", "", "", "CPU", "memory")
	fmt.Fprintf(t.out, "%-32s %12s %8s %8s %7s %7s %7s %6s\n",
		"", "time", "client", "server", "client", "server", "ratio", "goal")
}

func firstLine(argv ...string) string {
	out, _ := exec.Command(argv[0], argv[1:]...).CombinedOutput() // an error costs only a line of the header
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.Join(strings.Fields(line), " ")
}

func (t *table) row(r row, results []result) {
	t.progress("")
	fmt.Fprintln(t.out, r.name)
	techsh := results[0]
	for _, c := range results {
		if c.err != nil {
			fmt.Fprintf(t.out, "  %-30s %s\n", c.name, reason(c.err))
			continue
		}
		m := c.medians()
		t.figures(c, m)
		switch {
		case c.isOurs() && r.crossing:
			t.peak = max(t.peak, m.client.memory, m.server.memory)
		case !c.isOurs() && techsh.err == nil:
			t.goal(techsh.ratio(c), c.goal)
		}
		if c.isOurs() && r.limit > 0 {
			t.verdict("", duration(r.limit), m.wall <= r.limit)
		}
		if c.repeats > 1 {
			fmt.Fprintf(t.out, "  p99 %s", duration(c.p99()))
		}
		fmt.Fprintln(t.out)
	}
}

func (t *table) figures(c result, m figures) {
	name := c.name
	if c.once {
		name += ", once"
	}
	server := func(s string) string {
		if c.server == nil {
			return "-"
		}
		return s
	}
	fmt.Fprintf(t.out, "  %-30s %12s %8s %8s %7s %7s", name, duration(m.wall),
		milliseconds(m.client.cpu), server(milliseconds(m.server.cpu)),
		mebibytes(m.client.memory), server(mebibytes(m.server.memory)))
}

// reason returns the reason why there are no figures, in a line.
func reason(err error) string {
	if errors.Is(err, errMissing) || errors.Is(err, errRoot) {
		return err.Error()
	}
	return "failed: " + strings.ReplaceAll(err.Error(), "\n", "; ")
}

func (t *table) goal(ratio, goal float64) {
	if goal == 0 {
		fmt.Fprintf(t.out, " %7.2f", ratio)
		return
	}
	t.verdict(fmt.Sprintf("%.2f", ratio), fmt.Sprintf("%.2f", goal), ratio <= goal)
}

// verdict prints whether a goal is met.
func (t *table) verdict(value, goal string, met bool) {
	word := "NOT MET"
	t.goals++
	if met {
		word = "met"
		t.met++
	}
	fmt.Fprintf(t.out, " %7s %6s %s", value, goal, word)
}

// idle prints the row about idle connections.
func (t *table) idle(techsh, ssh int64) {
	t.progress("")
	fmt.Fprintf(t.out, "%s\n  %-30s %12s %33s %7s", idleRow, ours, kibibytes(techsh), "", "")
	t.verdict("", kibibytes(idleLimit), techsh <= idleLimit)
	fmt.Fprintf(t.out, "\n  %-30s %12s %33s %7.2f\n", "ssh", kibibytes(ssh), "", float64(techsh)/float64(ssh))
}

func (t *table) footer() {
	if t.peak > 0 {
		fmt.Fprintf(t.out, "peak memory of techsh or techshd\n  %-30s %12s %33s", ours, mebibytes(t.peak)+" MiB", "")
		t.verdict("", fmt.Sprintf("%d MiB", memoryLimit>>20), t.peak <= memoryLimit)
		fmt.Fprintln(t.out)
	}
	if t.goals > 0 {
		fmt.Fprintf(t.out, "\n%d of %d goals met\n", t.met, t.goals)
	}
}

// duration formats d with three significant digits.
func duration(d time.Duration) string {
	unit, name := time.Second, "s"
	switch {
	case d < time.Millisecond:
		unit, name = time.Microsecond, "µs"
	case d < time.Second:
		unit, name = time.Millisecond, "ms"
	}
	value := float64(d) / float64(unit)
	switch {
	case value < 10:
		return fmt.Sprintf("%.2f %s", value, name)
	case value < 100:
		return fmt.Sprintf("%.1f %s", value, name)
	}
	return fmt.Sprintf("%.0f %s", value, name)
}

func milliseconds(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.2f", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.0f", d.Seconds()*1000)
}

func mebibytes(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", float64(n)/(1<<20))
}

func kibibytes(n int64) string { return fmt.Sprintf("%d KiB", n>>10) }
