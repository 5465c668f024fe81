// Command attack starts techshd and techsh and attacks them in the ways that once
// succeeded: .ci/attack [NAME…]. It prints a line with the figures of each attack, and
// fails if one succeeds. main.go has the list, world.go the programs and their folders;
// each of the other files has one attack.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// An attack returns its figures, or an error if it succeeds.
type attack struct {
	name string
	run  func(context.Context, *world) (string, error)
}

// errSkip ends an attack that this machine cannot make.
var errSkip = errors.New("skipped")

func attacks() []attack {
	return []attack{
		{"audit", washAudit},
		{"hung", hung},
		{"newcomers", newcomers},
		{"flood", floodConsole},
		{"move", attackMove},
		{"ask", abuseConsent},
		{"memory", memory},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		os.Exit(1)
	}
}

// run makes the attacks with the names, or all.
func run(ctx context.Context, names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(attacks(), func(a attack) bool { return a.name == name }) {
			return fmt.Errorf("%s: no attack has this name", name)
		}
	}
	bin, err := build(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(bin)
	var failed error
	for _, a := range attacks() {
		if len(names) > 0 && !slices.Contains(names, a.name) {
			continue
		}
		began := time.Now()
		figures, err := runOne(ctx, bin, a)
		took := time.Since(began).Round(100 * time.Millisecond)
		switch {
		case errors.Is(err, errSkip) && os.Getenv("CI") != "true":
			fmt.Printf("%-10s %6s  %v\n", a.name, "", err)
		case err != nil:
			failed = errors.Join(failed, fmt.Errorf("%s: %w", a.name, err))
			fmt.Printf("%-10s %6s  FAILED: %v\n", a.name, took, err)
		default:
			fmt.Printf("%-10s %6s  %s\n", a.name, took, figures)
		}
	}
	return failed
}

// runOne makes an attack in a world of its own.
func runOne(ctx context.Context, bin string, a attack) (string, error) {
	w, err := newWorld(bin)
	if err != nil {
		return "", err
	}
	defer w.close()
	return a.run(ctx, w)
}
