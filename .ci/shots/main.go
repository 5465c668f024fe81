// Command shots measures the screenshots of techsh and of the usual other programs,
// in turn, of one screen. .ci/bench-shots builds and starts it.
//
// The files: screen.go has the screens and their contents, contender.go the programs
// that take screenshots, table.go prints the results.
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
	flag.StringVar(&s.dir, "dir", "", "the temporary folder, with the programs in bin")
	flag.StringVar(&s.keep, "keep", "", "keep the screenshots in this folder")
	flag.IntVar(&s.rounds, "rounds", 7, "how often each program is measured")
	flag.Parse()
	s.only = flag.Args()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench-shots:", err)
		os.Exit(1)
	}
}

// A row is one screen.
type row struct {
	name          string
	width, height int
	photo         bool          // a photo instead of a desktop
	limit         time.Duration // the most for a screenshot in an open session; 0 is no limit
}

func rows() []row {
	return []row{
		{name: "1080p desktop", width: 1920, height: 1080, limit: 25 * time.Millisecond},
		{name: "1080p photo", width: 1920, height: 1080, photo: true},
		{name: "4K desktop", width: 3840, height: 2160, limit: 70 * time.Millisecond},
		{name: "4K photo", width: 3840, height: 2160, photo: true},
	}
}

func run(ctx context.Context, s settings) error {
	printHeader(s)
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

// measure lets the contenders take screenshots of one screen in turn and compares
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
	for round := range s.rounds + 1 { // the first round warms up
		for i := range all {
			c := &all[i]
			before := cpuOf(x.daemon)
			f, err := c.run(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				c.runs = append(c.runs, f)
				c.daemonCPU += cpuOf(x.daemon) - before
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
