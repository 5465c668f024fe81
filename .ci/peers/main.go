// Command peers measures techsh and the usual other programs in turn, on one
// machine and in memory. .ci/bench-peers builds and starts it.
//
// The files: rows*.go has the comparisons and their goals, commands.go the command
// lines, delay.go the delay line; world.go the folders and the user, servers.go and
// ssh.go the servers, source.go the files to copy; measure.go makes one run,
// processes.go reads /proc; compare.go makes the rounds of a row, idle.go the row
// about memory; sftp.go is a small SFTP client, table.go prints the results.
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
	only   []string // parts of the names of rows; empty is all rows
}

func main() {
	// The signals are caught up to the end, so that none interrupts the cleanup.
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
	flag.StringVar(&s.dir, "dir", "", "the temporary folder, with the programs in bin")
	flag.BoolVar(&s.quick, "quick", false, "3 rounds of smaller sizes")
	flag.IntVar(&s.rounds, "rounds", 0, "how often each program is measured; the default is 7")
	flag.DurationVar(&s.delay, "delay", 0, "run a few rows with this round trip, half of it in each direction")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: bench-peers [OPTION…] [PART…]   only the rows whose names contain a PART")
		flag.VisitAll(func(f *flag.Flag) {
			if f.Name != "dir" {
				fmt.Fprintf(os.Stderr, "  --%-8s %s\n", f.Name, f.Usage)
			}
		})
	}
	flag.CommandLine.Init("", flag.ContinueOnError)
	switch err := flag.CommandLine.Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		exit(s.dir, 0)
	case err != nil:
		exit(s.dir, 2)
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

// exit ends the program before anything but the folder exists.
func exit(dir string, status int) {
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
	t.header(w)
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
	t.footer()
	return nil
}
