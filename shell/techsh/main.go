// Command techsh is the technician's shell. Without an address it connects to an embedded
// server for the local computer. "techsh -h" explains the command line. "techsh help
// scripts" explains how to run techsh without a prompt. "techsh help" lists the other
// help pages.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/trust"
	"techsh/remote/programs"
	"techsh/remote/system"
	"techsh/shell"
	"techsh/shell/console"
)

func main() {
	if programs.IsGuardian(os.Args) {
		signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		programs.Guard(os.Stdin, os.NewFile(3, "programs"))
		return
	}
	umask := landing.ReadUmask()
	if zone := codec.LocalZone(os.Getenv("TZ")); zone != nil {
		time.Local = zone
	}
	ends := []os.Signal{syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup makes its command ignore SIGHUP
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	status, err := run(ctx, umask, os.Args[1:])
	stop()
	if err != nil {
		printError(os.Stderr, err)
	}
	if status == shell.StatusUsage && err != nil {
		fmt.Fprintln(os.Stderr, "  techsh -h explains the command line")
	}
	if status != shell.StatusOK {
		system.HoldWindow(os.Stdin, os.Stderr)
	}
	os.Exit(status)
}

// printError prints an error, and its hint on a separate line.
func printError(w io.Writer, err error) {
	fmt.Fprintln(w, "techsh:", codec.Show(err.Error()))
	if hint := console.HintOf(err); hint != "" {
		fmt.Fprintln(w, "  "+codec.Show(hint))
	}
}

// run executes the command line. The caller prints the error.
func run(ctx context.Context, umask landing.Umask, argv []string) (status int, err error) {
	words := make([]codec.Word, len(argv))
	for i, a := range argv {
		words[i] = codec.Bare(a)
	}
	args, err := codec.Options(words, options(), true)
	switch {
	case err != nil:
		return shell.StatusUsage, err
	case args.Has("h"):
		return printed(usage())
	case args.Has("version"):
		return printed("techsh " + version() + "\n")
	}
	color, err := colorMode(args)
	if err != nil {
		return shell.StatusUsage, err
	}
	streams := stdStreams(color)
	switch rest := args.Words; ownCommand(args) {
	case "help":
		return helpCommand(rest[1:], streams)
	case "hosts":
		return hostsCommand(rest[1:], streams.out)
	case "forget":
		return forgetCommand(rest[1:])
	}
	return runShell(ctx, umask, args, streams)
}

// runShell runs a session, a script or a command.
func runShell(
	ctx context.Context, umask landing.Umask, args codec.Args, streams streams,
) (status int, err error) {
	task, rest, err := taskOf(args)
	if err != nil {
		return shell.StatusUsage, err
	}
	dialer, err := newDialer(args, rest)
	if err != nil {
		return shell.StatusUsage, err
	}
	defer dialer.close()
	dialer.umask = umask
	if ownCommand(args) == "pair" {
		if status, err := dialer.readPairing(streams, &task); err != nil {
			return status, err
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return shell.StatusFailed, err
	}
	config, _ := trust.OwnDir() // without it there is no history
	dialer.interrupts = make(chan os.Signal, 2)
	signal.Notify(dialer.interrupts, os.Interrupt)
	resized, stop := watchWindow()
	defer stop()
	s := &shell.Shell{
		In:         streams.in,
		Out:        streams.out,
		Err:        streams.err,
		Interrupts: dialer.interrupts,
		Resized:    resized,
		Dial:       dialer.dial,
		Handshake:  dialer.handshake,
		Dialect:    dialer.dialect,
		Target:     dialer.target,
		Hosts:      dialer.hosts,
		Dir:        dir,
		Umask:      umask,
		Config:     config,
		KeepGoing:  args.Has("k"),
	}
	closeRecord, err := recordTo(s, args)
	if err != nil {
		return shell.StatusUsage, err
	}
	status = s.Run(ctx, task)
	return status, closeRecord()
}

// printed prints a text to standard output.
func printed(text string) (status int, err error) {
	if _, err := io.WriteString(os.Stdout, text); err != nil {
		return shell.StatusFailed, console.AboutStream("standard output", err)
	}
	return shell.StatusOK, nil
}

// streams are the standard streams.
type streams struct{ in, out, err console.Stream }

func stdStreams(color string) streams {
	return streams{newStream(os.Stdin, color), newStream(os.Stdout, color), newStream(os.Stderr, color)}
}

func newStream(f *os.File, color string) console.Stream {
	s := console.NewStream(f)
	auto := s.Terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	s.Always = color == "always"
	s.Color = s.Always || color == "auto" && auto
	return s
}

func colorMode(args codec.Args) (string, error) {
	mode, ok := args.Value("color")
	if !ok {
		mode = "auto"
	}
	switch mode {
	case "auto", "always", "never":
		return mode, nil
	}
	return "", fmt.Errorf("--color %s: auto, always or never", mode)
}

// taskOf returns the task of the run, and the words that do not belong to the task: the
// address, or none.
func taskOf(args codec.Args) (shell.Task, []string, error) {
	var task shell.Task
	var rest []string
	for _, w := range args.Words {
		rest = append(rest, w.Text)
	}
	hasNoAddress := args.Has("via") || dialsItself(rest)
	switch {
	case hasNoAddress && len(rest) > 0:
		rest, task.Words = nil, rest
	case !hasNoAddress && len(rest) > 1:
		if err := misplacedOption(rest); err != nil {
			return task, rest, err
		}
		rest, task.Words = rest[:1], rest[1:]
	}
	if line, ok := args.Value("c"); ok {
		task.Line = &line
	}
	task.File, _ = args.Value("f")
	n := 0
	for _, given := range []bool{task.Words != nil, task.Line != nil, task.File != ""} {
		if given {
			n++
		}
	}
	if n > 1 {
		return task, rest, errors.New("-c, -f and a command exclude each other")
	}
	return task, rest, nil
}

// misplacedOption returns an error if an option follows the name of a computer.
func misplacedOption(words []string) error {
	for _, o := range options() {
		if words[1] == "-"+string(rune(o.Short)) || words[1] == "--"+o.Long {
			return fmt.Errorf("%s goes before the name: techsh %s … %s", words[1], words[1], codec.Name(words[0]))
		}
	}
	return nil
}
