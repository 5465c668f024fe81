package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// asRunner is the first argument of this program when go test lets it run a test binary.
const asRunner = "run-binary"

// test runs the tests of packages, and prints a line for each package.
func (w *wine) test(ctx context.Context, skips []skip, packages []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{
		"test", "-json", "-vet=off", "-short", "-count=1", "-p=2", "-timeout=9m",
		"-overlay=" + w.overlay(), "-exec=" + strings.Join([]string{self, asRunner, w.root}, " "),
	}
	cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0",
		"TECHSH_BIN=Z:"+filepath.Join(w.dir, "windows"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	results := map[string]*result{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Println(lines.Text()) // an error of go test itself
			continue
		}
		name := strings.TrimPrefix(e.Package+e.ImportPath, "techsh/")
		if results[name] == nil {
			results[name] = &result{name: name, left: len(of(name, skips)), running: map[string]string{}}
		}
		results[name].add(e)
	}
	return cmd.Wait()
}

// event is an event of go test -json; see go doc test2json. Errors of the compiler have an
// ImportPath, all others a Package.
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

// A result has what happened to the tests of a package.
type result struct {
	name                          string
	passed, failed, skipped, left int
	running                       map[string]string // the output of each test, and of the package under ""
	failures                      strings.Builder
}

// add adds an event. At the end of the package it prints the result.
func (r *result) add(e event) {
	top, _, part := strings.Cut(e.Test, "/")
	switch {
	case strings.HasSuffix(e.Action, "output"):
		r.running[top] += e.Output
	case part:
	case e.Action == "pass" && top != "":
		r.passed++
		delete(r.running, top)
	case e.Action == "skip" && top != "":
		r.skipped++
		delete(r.running, top)
	case e.Action == "fail" && top != "":
		r.failed++
		r.failures.WriteString(shortened(r.running[top]))
		delete(r.running, top)
	case strings.HasSuffix(e.Action, "fail"), e.Action == "pass" && r.passed > 0:
		r.print(e)
	}
}

func (r *result) print(e event) {
	took := time.Duration(e.Elapsed * float64(time.Second)).Round(100 * time.Millisecond)
	fmt.Printf("%-24s %3d passed, %2d failed, %2d skipped, %2d left out, %6s\n",
		r.name, r.passed, r.failed, r.skipped, r.left, took)
	if e.Action == "pass" {
		return
	}
	fmt.Print(r.failures.String())
	for _, text := range r.running { // what ran when the binary ended
		fmt.Print(text)
	}
}

// shortened returns the begin and the end of a long text.
func shortened(text string) string {
	const most = 3000
	if len(text) <= 2*most {
		return text
	}
	return text[:most] + "\n…\n" + text[len(text)-most:]
}

// runBinary replaces this process by wine, which runs a test binary of the package in the
// working folder. The first argument is the root of the module.
func runBinary(args []string) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	pkg, err := filepath.Rel(args[0], dir)
	if err != nil {
		return err
	}
	skips, err := readSkips()
	if err != nil {
		return err
	}
	path, err := exec.LookPath("wine")
	if err != nil {
		return err
	}
	argv := append([]string{"wine"}, args[1:]...)
	if tests := of(pkg, skips); len(tests) > 0 {
		argv = append(argv, "-test.skip="+strings.Join(tests, "|"))
	}
	return syscall.Exec(path, argv, os.Environ())
}
