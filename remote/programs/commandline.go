package programs

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

// newCommand returns the command for the words of a call.
func newCommand(r *verb.Request) (*exec.Cmd, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	if n := len(r.Args.Words); n > maxArgs {
		return nil, codec.Errorf(codec.BadRequest, "%d words, the limit is %d", n, maxArgs)
	}
	var argv []string
	size := 0
	for _, w := range r.Args.Words {
		argv = append(argv, w.Text)
		size += len(w.Text)
		if strings.IndexByte(w.Text, 0) >= 0 {
			return nil, codec.Errorf(codec.BadRequest, "an argument must not contain NUL")
		}
	}
	if size > maxArgBytes {
		return nil, codec.Errorf(codec.TooBig, "%d bytes of arguments, the limit is %d", size, maxArgBytes)
	}
	path, err := findProgram(r.View, argv[0])
	if err != nil {
		return nil, codec.Explain(argv[0], err)
	}
	cmd := exec.Command(path)
	cmd.Args = argv
	return cmd, nil
}

// findProgram returns the path of the program called name: on the PATH of the server, or,
// if name contains a separator or a drive, relative to the current folder of the session.
func findProgram(v *disk.View, name string) (string, error) {
	var path string
	isSeparator := func(c rune) bool { return c < 0x80 && os.IsPathSeparator(byte(c)) }
	if filepath.VolumeName(name) != "" || strings.ContainsFunc(name, isSeparator) {
		abs, err := v.Abs(name)
		if err != nil {
			return "", err
		}
		if path, err = exec.LookPath(v.FS.Real(abs)); err != nil {
			return "", noProgram(err)
		}
	} else {
		var err error
		if path, err = exec.LookPath(name); err != nil { // err may be exec.ErrDot
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

// newShellCommand returns the command for a shell that runs the words of a call as a
// line.
func newShellCommand(r *verb.Request) (*exec.Cmd, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	line := codec.Rest(r.Line, r.Args.Words)
	if strings.IndexByte(line, 0) >= 0 {
		return nil, codec.Errorf(codec.BadRequest, "the line must not contain NUL")
	}
	name, _ := r.Args.Value("shell")
	return shellCommand(name, line)
}

// findShell returns the path of the shell with this name or path. list is the text of
// shells(5). findShell ignores the terminal multiplexers in it.
func findShell(list, name string) (string, error) {
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

func noShell(name string, shells []string) error {
	return &codec.Error{
		Code: codec.NotFound, Name: name, Text: "no such shell", Hint: "there are: " + strings.Join(shells, " "),
	}
}

// commandLine returns the command line of a cmd.exe that runs line. With /s, cmd.exe
// removes the outer quotes, and nothing else.
func commandLine(line string) string { return `cmd.exe /d /s /c "` + line + `"` }

// isBatch reports whether Windows would run the file at path with cmd.exe, which parses
// arguments by rules of its own. A drive letter may precede the name of the file, and the
// name of an NTFS stream may follow it. Windows ignores dots and blanks at the end of the
// name.
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
