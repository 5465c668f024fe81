// Command shots measures the screenshots of techsh and of the programs that
// people use otherwise, in turn, of one screen. .ci/bench-shots builds and starts it.
//
// The files: screen.go the screens and what is on them, contender.go who takes
// the pictures, table.go what is printed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

type settings struct {
	dir    string
	keep   string
	rounds int
	only   []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var s settings
	flag.StringVar(&s.dir, "dir", "", "the temporary folder, which has the programs in bin")
	flag.StringVar(&s.keep, "keep", "", "a folder for the pictures, to look at")
	flag.IntVar(&s.rounds, "rounds", 7, "how often everything is measured")
	flag.Parse()
	s.only = flag.Args()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench-shots:", err)
		os.Exit(1)
	}
}

// A row is a screen: its size, what is on it, and how fast a picture of it has
// to be in an open session (0: no matter).
type row struct {
	name          string
	width, height int
	photo         bool
	limit         time.Duration
}

func rows() []row {
	return []row{
		{"1080p desktop", 1920, 1080, false, 25 * time.Millisecond},
		{"1080p photo", 1920, 1080, true, 0},
		{"4K desktop", 3840, 2160, false, 70 * time.Millisecond},
		{"4K photo", 3840, 2160, true, 0},
	}
}

func run(ctx context.Context, s settings) error {
	head(s)
	for _, r := range rows() {
		if !s.wants(r) {
			continue
		}
		if err := s.measure(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

func (s settings) wants(r row) bool {
	for _, part := range s.only {
		if strings.Contains(r.name, part) {
			return true
		}
	}
	return len(s.only) == 0
}

// measure has everybody take pictures of one screen, in turn, and compares
// them.
func (s settings) measure(ctx context.Context, r row) (err error) {
	dir := filepath.Join(s.dir, strings.ReplaceAll(r.name, " ", "-"))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	x, err := openScreen(ctx, r, dir)
	defer func() { err = errors.Join(err, x.close()) }()
	if err != nil {
		return err
	}
	all, err := x.contenders(ctx, s.dir)
	if err != nil {
		return err
	}
	for round := range s.rounds + 1 { // the first is for warming up
		for i := range all {
			c := &all[i]
			before := spent(x.daemon)
			t, err := c.run(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				c.taken = append(c.taken, t)
				c.daemon += spent(x.daemon) - before
			}
		}
	}
	differ, err := compare(all)
	if err != nil {
		return err
	}
	printRow(r, all, differ)
	if s.keep == "" {
		return nil
	}
	return os.CopyFS(filepath.Join(s.keep, filepath.Base(dir)), os.DirFS(x.pictures))
}
