// Command windows tests the Windows build under wine: .ci/windows [PACKAGE…]. It runs the
// tests of the packages, two packages at a time. Without arguments it runs those of all
// packages, and then both programs against the ones for Linux.
//
// The files: wine.go has the prefix, the display and the builds, tests.go runs the tests,
// and skips has those that wine cannot pass. endtoend_test.go runs the programs by the
// scripts beside it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 3 && os.Args[1] == asRunner {
		fail(runBinary(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	fail(run(ctx, os.Args[1:]))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "windows:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, packages []string) error {
	skips, err := readSkips()
	if err != nil {
		return err
	}
	if err := checkSkips(skips); err != nil {
		return err
	}
	w, err := newWine(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	if len(packages) > 0 {
		return w.test(ctx, skips, packages)
	}
	if err := w.test(ctx, skips, []string{"./codec/...", "./remote/...", "./shell/..."}); err != nil {
		return err
	}
	return nil
}
