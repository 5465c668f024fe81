package programs

import (
	"bytes"
	"os"
	"os/exec"
)

const (
	maxInterpreters = 5   // largest number of interpreters of a script whose interpreter is a script; see execve(2)
	maxFirstLine    = 256 // number of bytes at the beginning of a script that the system reads
)

// probe enters the working folder of cmd, and reads its program and the interpreter of the
// program, as the system does when it starts cmd. If a file system hangs, probe hangs.
// Without probe, a child process would hang before its program replaces it. Until then, it
// has copies of all open files of this process. Other programs would not see the end of
// their input, because the child has the other ends of their pipes too.
func probe(cmd *exec.Cmd) {
	probeFolder(cmd.Dir)
	path := cmd.Path
	for range maxInterpreters {
		if path = readInterpreter(path); path == "" {
			return
		}
	}
}

// readInterpreter reads the beginning of a program. It returns the interpreter if the
// program is a script, and otherwise "".
func readInterpreter(path string) string {
	if fi, err := os.Stat(path); err != nil || !fi.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return "" // it may be a program that can be run, but not read
	}
	defer f.Close()
	line := make([]byte, maxFirstLine)
	n, _ := f.Read(line)
	line, isScript := bytes.CutPrefix(line[:n], []byte("#!"))
	line, _, _ = bytes.Cut(line, []byte("\n"))
	words := bytes.Fields(line)
	if !isScript || len(words) == 0 {
		return ""
	}
	return string(words[0])
}
