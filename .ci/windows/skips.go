package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"strings"
)

// list has a line PACKAGE TEST REASON for each test that wine cannot pass.
//
//go:embed skips
var list string

// A skip leaves out a test of a package, or a part of one: TestLinks/inside.
type skip struct{ pkg, test string }

func readSkips() (all []skip, err error) {
	for i, line := range strings.Split(list, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0][0] == '#':
		case len(words) < 3:
			return nil, fmt.Errorf("skips:%d: not PACKAGE TEST REASON", i+1)
		default:
			all = append(all, skip{words[0], words[1]})
		}
	}
	return all, nil
}

// of returns the tests of a package that are left out.
func of(pkg string, all []skip) (tests []string) {
	for _, s := range all {
		if s.pkg == pkg {
			tests = append(tests, "^"+strings.ReplaceAll(s.test, "/", "$/^")+"$")
		}
	}
	return tests
}

// checkSkips returns an error for each test in the list that is not built for Windows.
func checkSkips(all []skip) (err error) {
	system := build.Default
	system.GOOS, system.CgoEnabled = "windows", false
	for _, s := range all {
		p, perr := system.ImportDir(s.pkg, 0)
		if perr != nil {
			return perr
		}
		test, _, _ := strings.Cut(s.test, "/")
		found := false
		for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
			text, rerr := os.ReadFile(filepath.Join(s.pkg, name))
			if rerr != nil {
				return rerr
			}
			found = found || bytes.Contains(text, []byte("\nfunc "+test+"("))
		}
		if !found {
			err = errors.Join(err, fmt.Errorf("skips: %s has no %s on Windows", s.pkg, test))
		}
	}
	return err
}
