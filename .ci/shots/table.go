package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

const (
	timeGoal = 0.35 // the most, as a multiple of the fastest peer's time
	sizeGoal = 1.5  // the most on a desktop, as a multiple of the size of maim's file
)

func printHeader(s settings) {
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("%s, %d cores, load %.4s; medians of %d rounds in turn; files in memory\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), load, s.rounds)
	fmt.Print("CPU is of the program; ratio: the time as a multiple of that of the fastest peer\n\n")
	fmt.Printf("%-34s %9s %9s %9s %9s %7s\n", "", "time", "CPU", "techshd", "KB", "ratio")
}

// medians returns the median of each figure.
func (c contender) medians() figures {
	median := func(value func(figures) time.Duration) time.Duration {
		var values []time.Duration
		for _, f := range c.runs {
			values = append(values, value(f))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return figures{
		wall: median(func(f figures) time.Duration { return f.wall }),
		cpu:  median(func(f figures) time.Duration { return f.cpu }),
	}
}

func (c contender) size() int64 {
	fi, err := os.Stat(c.path)
	if err != nil {
		return 0
	}
	return fi.Size()
}

func printRow(r row, all []contender, differ int) {
	fastest, maimSize := time.Duration(1<<62), int64(0)
	for _, c := range all {
		if c.peer {
			fastest = min(fastest, c.medians().wall)
		}
		if c.name == "maim" {
			maimSize = c.size()
		}
	}
	fmt.Printf("%s, %d pixels differ\n", r.name, differ)
	for _, c := range all {
		m, size := c.medians(), c.size()
		ratio := float64(m.wall) / float64(fastest)
		daemon := c.daemonCPU / time.Duration(c.perRound*len(c.runs))
		fmt.Printf("  %-32s %6.1f ms %6.1f ms %6.1f ms %9d %7.2f",
			c.name, ms(m.wall), ms(m.cpu), ms(daemon), size/1000, ratio)
		if !c.peer {
			verdict("at most", timeGoal, ratio <= timeGoal)
		}
		if c.name == session && r.limit > 0 {
			verdict("ms at most", ms(r.limit), m.wall <= r.limit)
		}
		if c.name == session && !r.photo {
			largest := sizeGoal * float64(maimSize)
			verdict("size at most", largest/1000, float64(size) <= largest)
		}
		fmt.Println()
	}
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

func verdict(label string, limit float64, met bool) {
	word := "NOT MET"
	if met {
		word = "met"
	}
	fmt.Printf(", %s %.4g: %s", label, limit, word)
}
