package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"techsh/codec/trust"
)

// testTimeout is much longer than any step of a test takes on the slowest computer.
const testTimeout = time.Minute

// rounds returns all if TECHSH_TORTURE=1 requests heavy tests, and few otherwise.
func rounds(all, few int) int {
	if os.Getenv("TECHSH_TORTURE") == "1" {
		return all
	}
	return few
}

// TestMain provides two programs to the tests: techsh, which is this test binary, and
// techshd, which it builds.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "4"); err != nil { // the tests mostly wait for other programs
		panic(err)
	}
	testscript.Main(tests{m}, map[string]func(){"techsh": main})
}

type tests struct{ *testing.M }

func (t tests) Run() int {
	dir, err := os.MkdirTemp("", "techsh-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir+string(os.PathSeparator), "techsh/remote/techshd")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "techshd does not build: %s", out)
		return 1
	}
	os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return t.M.Run()
}

func TestScripts(t *testing.T) {
	tree, err := filepath.Abs("../../testdata/tree")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/scripts",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("DISPLAY", "")
			host, err := os.Hostname()
			if err != nil {
				return err
			}
			e.Setenv("HOST", trust.CleanName(host))
			return os.CopyFS(filepath.Join(e.WorkDir, "tree"), os.DirFS(tree))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server":  server,
			"invited": invited,
			"status":  status,
			"part":    part,
			"freed":   freed,
		},
	})
}

// server FILE waits until techshd has written its two lines to FILE, and sets $ADDR
// and $COOKIE.
func server(ts *testscript.TestScript, neg bool, args []string) {
	lines := written(ts, args[0], func(lines []string) bool { return len(lines) > 2 })
	ts.Setenv("ADDR", lines[0])
	ts.Setenv("COOKIE", strings.TrimPrefix(lines[1], "auth "))
}

// invited FILE waits until techshd has written a pairing line to FILE, and sets
// $ADDR, $WORDS, $LINE and $TOKEN.
func invited(ts *testscript.TestScript, neg bool, args []string) {
	lines := written(ts, args[0], func(lines []string) bool {
		return strings.HasPrefix(lines[max(0, len(lines)-2)], "line ")
	})
	for _, l := range lines {
		name, value, _ := strings.Cut(l, " ")
		switch value = strings.TrimSpace(value); name {
		case "words":
			ts.Setenv("WORDS", value)
		case "line":
			line, err := trust.ParsePairingLine(value)
			ts.Check(err)
			ts.Setenv("LINE", value)
			ts.Setenv("ADDR", line.Addr)
			ts.Setenv("TOKEN", line.Token)
		}
	}
}

// written waits until whole returns true for the lines of a file.
func written(ts *testscript.TestScript, file string, whole func([]string) bool) []string {
	for end := time.Now().Add(testTimeout); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		b, err := os.ReadFile(ts.MkAbs(file))
		if lines := strings.Split(string(b), "\n"); err == nil && whole(lines) {
			return lines
		}
	}
	ts.Fatalf("techshd did not write to %s", file)
	return nil
}

// part DIR SIZE waits until a partial file in DIR has SIZE bytes.
func part(ts *testscript.TestScript, neg bool, args []string) {
	least, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	for end := time.Now().Add(testTimeout); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, name := range parts(ts, args[0]) {
			if fi, err := os.Stat(name); err == nil && fi.Size() >= least {
				return
			}
		}
	}
	ts.Fatalf("no partial file in %s", args[0])
}

// freed DIR waits until no process locks the partial files in DIR.
func freed(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range parts(ts, args[0]) {
		free := func() bool { return exec.Command("flock", "-n", name, "true").Run() == nil }
		for end := time.Now().Add(testTimeout); !free(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				ts.Fatalf("%s is still in use", name)
			}
		}
	}
}

func parts(ts *testscript.TestScript, dir string) []string {
	names, err := filepath.Glob(filepath.Join(ts.MkAbs(dir), ".techsh-part-*"))
	ts.Check(err)
	return names
}

// status N COMMAND… runs a command, which must exit with status N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := err.(*exec.ExitError); ok {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("status %d, not %s", got, args[0])
	}
}
