package remote

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"techsh/codec"
)

// command makes the words of a call a program and its arguments.
func (r *request) command() (*exec.Cmd, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	if n := len(r.args.Words); n > maxArgs {
		return nil, codec.Errorf(codec.BadRequest, "%d words, the most is %d", n, maxArgs)
	}
	var argv []string
	size := 0
	for _, w := range r.args.Words {
		argv = append(argv, w.Text)
		size += len(w.Text)
		if strings.IndexByte(w.Text, 0) >= 0 {
			return nil, codec.Errorf(codec.BadRequest, "no argument of a program has a NUL in it")
		}
	}
	if size > maxArgBytes {
		return nil, codec.Errorf(codec.TooBig, "%d bytes of arguments, the most is %d", size, maxArgBytes)
	}
	path, err := r.program(argv[0])
	if err != nil {
		return nil, codec.Explain(argv[0], err)
	}
	cmd := exec.Command(path)
	cmd.Args = argv
	return cmd, nil
}

// program finds what name runs: on the server's PATH, or, with a separator
// in it, from the session's folder.
func (s *session) program(name string) (string, error) {
	var path string
	if filepath.IsAbs(name) || strings.ContainsFunc(name, func(c rune) bool { return c < 0x80 && os.IsPathSeparator(byte(c)) }) {
		abs, err := s.abs(name)
		if err != nil {
			return "", err
		}
		if path, err = exec.LookPath(s.disk.real(abs)); err != nil {
			return "", noProgram(err)
		}
	} else {
		var err error
		if path, err = exec.LookPath(name); err != nil { // also ErrDot: nothing is run from where we happen to be
			return "", noProgram(err)
		}
	}
	return path, checkProgram(path)
}

func noProgram(err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return codec.Errorf(codec.NotFound, "no such program")
	}
	if errors.Is(err, exec.ErrDot) {
		return codec.Errorf(codec.NotAllowed, "it is only in the folder where the server runs, which is not searched")
	}
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return e.Err
	}
	return err
}

// shellLine makes the words of a call a line for a shell.
func (r *request) shellLine() (*exec.Cmd, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	line := codec.Rest(r.line, r.args.Words)
	if strings.IndexByte(line, 0) >= 0 {
		return nil, codec.Errorf(codec.BadRequest, "no line has a NUL in it")
	}
	name, _ := r.args.Value("shell")
	return shellCommand(name, line)
}

// shellOf returns the path of the shell called name, or at that path, in the
// text of shells(5). What is there for terminals only runs no line.
func shellOf(list, name string) (string, error) {
	var names []string
	for line := range strings.Lines(list) {
		path := strings.TrimSpace(line)
		base := filepath.Base(path)
		switch {
		case !strings.HasPrefix(path, "/"), base == "tmux", base == "screen":
		case name == base, name == path:
			return path, nil
		default:
			names = append(names, base)
		}
	}
	slices.Sort(names)
	return "", noShell(name, slices.Compact(names))
}

func noShell(name string, there []string) error {
	return &codec.Error{Code: codec.NotFound, Name: name, Text: "no such shell", Hint: "there are: " + strings.Join(there, " ")}
}

// commandLine is what cmd.exe is started with to run line: with /s it takes
// away the outer quotes, and nothing else.
func commandLine(line string) string { return `cmd.exe /d /s /c "` + line + `"` }

// isBatch says whether Windows would have cmd.exe run what is at path, by rules
// of its own for the arguments. It looks past dots and blanks at the end of a
// name; a drive may stand in front of it, and a stream behind.
func isBatch(path string) bool {
	name := strings.ToLower(path[strings.LastIndexAny(path, `\/`)+1:])
	for part := range strings.SplitSeq(name, ":") {
		part = strings.TrimRight(part, ". ")
		if strings.HasSuffix(part, ".bat") || strings.HasSuffix(part, ".cmd") {
			return true
		}
	}
	return false
}
