//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// newJobSession starts techsh. start starts a job, which waits until open is called
// and then runs the shell command after.
func newJobSession(t *testing.T) (x *session, start func(after string), open func()) {
	x = newSession(t, 100, 24)
	gate := filepath.Join(t.TempDir(), "gate")
	x.atPrompt("tree>")
	return x, func(after string) {
			x.runs("sh while [ ! -e " + gate + " ]; do sleep 0.02; done; " + after + " &")
		}, func() {
			t.Helper()
			require.NoError(t, os.WriteFile(gate, nil, 0o600))
		}
}

func TestTheLineBeingTypedSurvivesTheEndOfAJob(t *testing.T) {
	x, start, open := newJobSession(t)
	start("echo hello")
	x.atPrompt("tree>")
	x.types("cat three.sz\x1b[D")
	x.sees("cat three.sz")
	open()
	x.sees("\nhello\n[1] done: sh while")
	x.types("\x1b[3~h\r")
	x.sees("tree> cat three.sh\n#!/bin/sh\n")
	x.leaves()
}

func TestCtrlCInFgCancelsAndAtThePromptDoesNot(t *testing.T) {
	x, start, open := newJobSession(t)
	start("echo one")
	x.atPrompt("tree>")
	x.runs("exec sleep 60 &")
	x.sees("\n[2] exec sleep 60")
	x.atPrompt("tree>")
	x.types("half a line\x03")
	x.atPrompt("tree>")
	x.runs("sh echo fore; sleep 60")
	x.sees("\nfore")
	x.types("\x03")
	x.sees("cancelled")
	x.atPrompt("tree>")
	x.runs("jobs")
	x.sees("\n[2] running")
	require.Contains(t, x.text(), "\n[1] running")
	x.runs("fg")
	x.waits("show fg", func(text string) bool { return strings.Count(text, "\n[2] exec sleep 60") == 2 })
	x.types("\x03")
	x.waits("say cancelled twice", func(text string) bool { return strings.Count(text, "\ncancelled") == 2 })
	x.atPrompt("tree>")
	x.runs("fg %1")
	x.waits("show fg", func(text string) bool { return strings.Count(text, "\n[1] sh while") == 2 })
	open()
	x.sees("\none\n[1] done: sh while")
	x.leaves()
}

func TestCtrlDWithJobsAsks(t *testing.T) {
	x, start, _ := newJobSession(t)
	start("echo never")
	x.atPrompt("tree>")
	x.types("\x04")
	x.atPrompt("leave and cancel it? [y/N]")
	x.types("\x04")
	x.atPrompt("tree>")
	x.types("\x04")
	x.atPrompt("leave and cancel it? [y/N]")
	x.types("y\r")
	require.Zero(t, x.ends())
}

func TestSIGTERMEndsTheJobs(t *testing.T) {
	x, start, _ := newJobSession(t)
	start("echo never")
	x.atPrompt("tree>")
	require.NoError(t, x.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, x.ends())
}
