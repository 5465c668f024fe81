// Package programs provides the programs that tests run. Computers lack some of them, and
// Windows nearly all, so a test binary can be each of them. Only tests import it.
package programs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// programs returns each program by its name, as a function that acts like the program and
// returns its exit status.
func programs() map[string]func(args []string) int {
	return map[string]func([]string) int{
		"args":  args,
		"cat":   cat,
		"echo":  func(args []string) int { return write(strings.Join(args, " ") + "\n") },
		"env":   func([]string) int { return write(strings.Join(os.Environ(), "\n") + "\n") },
		"exit":  number,
		"false": func([]string) int { return 1 },
		"head":  head,
		"leave": leave,
		"pid":   pid,
		"pwd":   pwd,
		"seq":   seq,
		"sink":  sink,
		"sleep": sleep,
		"sort":  sortLines,
		"tough": tough,
		"true":  func([]string) int { return 0 },
		"yes":   yes,
	}
}

// Provide puts the programs that PATH lacks into PATH, in a folder that the function
// remove deletes. A TestMain must call Provide first: if this process was started as one
// of the programs, Provide does what the program does and ends the process.
func Provide() (remove func(), err error) {
	own := strings.TrimSuffix(strings.ToLower(filepath.Base(os.Args[0])), ".exe") // Windows finds CAT too
	if run, ok := programs()[own]; ok {
		os.Exit(run(os.Args[1:]))
	}
	dir, err := os.MkdirTemp("", "techsh-programs-")
	if err != nil {
		return nil, err
	}
	if err := fill(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	path := os.Getenv("PATH") + string(os.PathListSeparator) + dir
	return func() { _ = os.RemoveAll(dir) }, os.Setenv("PATH", path)
}

// fill makes the programs that PATH lacks. They are links to the program of this process.
// On Windows they are hard links to a copy of it, because Windows does not delete any
// name of a running program.
func fill(dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	first := ""
	for name := range programs() {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		path := filepath.Join(dir, name)
		switch {
		case runtime.GOOS != "windows":
			err = os.Symlink(self, path)
		case first == "":
			first = path + ".exe"
			err = copyFile(self, first)
		default:
			err = os.Link(first, path+".exe")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o700)
}

// args prints its arguments as Go quotes them, one a line.
func args(args []string) int {
	for _, arg := range args {
		fmt.Printf("%q\n", arg)
	}
	return 0
}

// cat copies its files to standard output, or standard input if there are none.
func cat(args []string) int {
	if len(args) == 0 {
		_, err := io.Copy(os.Stdout, os.Stdin)
		return status(err)
	}
	for _, path := range args {
		f, err := os.Open(path)
		if err == nil {
			_, err = io.Copy(os.Stdout, f)
			f.Close()
		}
		if err != nil {
			return status(err)
		}
	}
	return 0
}

func status(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// head -c N copies the first N bytes of standard input.
func head(args []string) int {
	_, err := io.CopyN(os.Stdout, os.Stdin, int64(number(args[1:])))
	if err == io.EOF {
		err = nil
	}
	return status(err)
}

// leave starts a program with the same streams, prints the process ID of that program,
// and does not wait for it.
func leave(args []string) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return status(err)
	}
	return write(fmt.Sprintln(cmd.Process.Pid))
}

// pid prints its process ID, and then acts as the program that its arguments name.
func pid(args []string) int {
	write(fmt.Sprintln(os.Getpid()))
	return programs()[args[0]](args[1:])
}

func pwd([]string) int {
	dir, err := os.Getwd()
	if err != nil {
		return status(err)
	}
	return write(dir + "\n")
}

func seq(args []string) int {
	for i := range number(args) {
		if s := write(strconv.Itoa(i+1) + "\n"); s != 0 {
			return s
		}
	}
	return 0
}

// sink reads standard input to its end.
func sink([]string) int {
	_, err := io.Copy(io.Discard, os.Stdin)
	return status(err)
}

func sleep(args []string) int {
	d, err := time.ParseDuration(strings.Join(args, "") + "s")
	time.Sleep(d)
	return status(err)
}

// sortLines implements sort without options.
func sortLines([]string) int {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return status(err)
	}
	return write(strings.Join(slices.Sorted(strings.Lines(string(text))), ""))
}

// tough is like sleep, but ignores all signals that can be ignored. It first prints a
// line.
func tough(args []string) int {
	signal.Ignore()
	write("ready\n")
	return sleep(args)
}

// yes prints y until nobody reads it.
func yes([]string) int {
	for {
		if s := write(strings.Repeat("y\n", 1024)); s != 0 {
			return s
		}
	}
}

func write(text string) int {
	_, err := os.Stdout.WriteString(text)
	return status(err)
}

func number(args []string) int {
	n, err := strconv.Atoi(strings.Join(args, ""))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return n
}
