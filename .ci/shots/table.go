package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

const (
	goal     = 0.35 // of the fastest peer's time
	sizeGoal = 1.5  // of the size of maim's picture, on a desktop
)

func head(s settings) {
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("%s, %d cores, load %.4s; medians of %d rounds in turn; files in memory\n", time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), load, s.rounds)
	fmt.Printf("CPU is that of the program; ratio is to the fastest of the others\n\n%-34s %9s %9s %9s %9s %7s\n", "", "time", "CPU", "techshd", "KB", "ratio")
}

// middle returns the medians of what a contender took.
func (c contender) middle() figures {
	median := func(of func(figures) time.Duration) time.Duration {
		var list []time.Duration
		for _, f := range c.taken {
			list = append(list, of(f))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	return figures{median(func(f figures) time.Duration { return f.wall }), median(func(f figures) time.Duration { return f.cpu })}
}

func (c contender) size() int64 {
	fi, err := os.Stat(c.path)
	if err != nil {
		return 0
	}
	return fi.Size()
}

func printRow(r row, all []contender, differ int) {
	fastest, maim := time.Duration(1<<62), int64(0)
	for _, c := range all {
		if c.peer {
			fastest = min(fastest, c.middle().wall)
		}
		if c.name == "maim" {
			maim = c.size()
		}
	}
	fmt.Printf("%s, %d of the pixels differ\n", r.name, differ)
	for _, c := range all {
		m, size := c.middle(), c.size()
		ratio := float64(m.wall) / float64(fastest)
		daemon := c.daemon / time.Duration(c.times*len(c.taken))
		fmt.Printf("  %-32s %6.1f ms %6.1f ms %6.1f ms %9d %7.2f", c.name, ms(m.wall), ms(m.cpu), ms(daemon), size/1000, ratio)
		if !c.peer {
			verdict("at most", goal, ratio <= goal)
		}
		if c.name == session && r.limit > 0 {
			verdict("ms at most", ms(r.limit), m.wall <= r.limit)
		}
		if c.name == session && !r.photo {
			verdict("size at most", sizeGoal*float64(maim)/1000, float64(size) <= sizeGoal*float64(maim))
		}
		fmt.Println()
	}
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

func verdict(what string, limit float64, met bool) {
	word := "NOT MET"
	if met {
		word = "met"
	}
	fmt.Printf(", %s %.4g: %s", what, limit, word)
}
