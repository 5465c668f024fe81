package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes techsh, whose main this is, and techshd, which is built when
// tests run, programs of the scripts.
func TestMain(m *testing.M) {
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
			return os.CopyFS(filepath.Join(e.WorkDir, "tree"), os.DirFS(tree))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"server": server, "status": status},
	})
}

// server FILE waits until techshd has written its two lines to FILE and sets
// $ADDR and $COOKIE.
func server(ts *testscript.TestScript, neg bool, args []string) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		lines := strings.Split(string(b), "\n")
		if err == nil && len(lines) > 2 {
			ts.Setenv("ADDR", lines[0])
			ts.Setenv("COOKIE", strings.TrimPrefix(lines[1], "auth "))
			return
		}
	}
	ts.Fatalf("techshd wrote no address to %s", args[0])
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
