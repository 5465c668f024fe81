// Command peers measures techsh and the programs that people use otherwise, in
// turn, on one machine and in memory. .ci/bench-peers builds and starts it.
//
// The files: rows.go what is compared and the goals, delay.go the line for
// those with a delay; world.go the folder and the user, servers.go and ssh.go the
// servers; measure.go one run, processes.go what the system knows of it;
// compare.go the rounds of a row, idle.go the row about memory, sftp.go a client
// that only asks; table.go what is printed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

type settings struct {
	dir    string
	quick  bool
	rounds int
	delay  time.Duration
	only   []string // parts of the names of rows; none is all
}

func main() {
	// All are taken until the end, so that nothing interrupts the cleaning up.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	s := parse()
	err := run(ctx, s)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-peers:", err)
		os.Exit(1)
	}
}

func parse() settings {
	var s settings
	flag.StringVar(&s.dir, "dir", "", "the temporary folder, which has the programs in bin")
	flag.BoolVar(&s.quick, "quick", false, "3 rounds of smaller sizes")
	flag.IntVar(&s.rounds, "rounds", 0, "how often everything is measured, 7 times if not said")
	flag.DurationVar(&s.delay, "delay", 0, "a few rows with that round trip, half of it in each direction")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: bench-peers [OPTION…] [ROW…]   the rows whose names have one of these in them")
		flag.VisitAll(func(f *flag.Flag) {
			if f.Name != "dir" {
				fmt.Fprintf(os.Stderr, "  --%-8s %s\n", f.Name, f.Usage)
			}
		})
	}
	flag.CommandLine.Init("", flag.ContinueOnError)
	switch err := flag.CommandLine.Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		leave(s.dir, 0)
	case err != nil:
		leave(s.dir, 2)
	}
	s.only = flag.Args()
	switch {
	case s.rounds > 0:
	case s.quick:
		s.rounds = 3
	default:
		s.rounds = 7
	}
	return s
}

// leave ends before anything but the folder is there.
func leave(dir string, status int) {
	os.RemoveAll(dir)
	os.Exit(status)
}

func (s settings) wants(row string) bool {
	for _, part := range s.only {
		if strings.Contains(row, part) {
			return true
		}
	}
	return len(s.only) == 0
}

func run(ctx context.Context, s settings) (err error) {
	w, err := newWorld(ctx, s)
	defer func() { err = errors.Join(err, w.close()) }()
	if err != nil {
		return err
	}
	t := newTable(os.Stdout)
	t.head(w)
	rows := w.rows
	if s.delay > 0 {
		rows = w.delayedRows
	}
	for _, r := range rows() {
		if s.wants(r.name) {
			if err := w.compare(ctx, r, t); err != nil {
				return err
			}
		}
	}
	if s.delay == 0 && s.wants(idleRow) {
		if err := w.idle(ctx, t); err != nil {
			return err
		}
	}
	t.foot()
	return nil
}
