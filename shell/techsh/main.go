// Command techsh is the technician's shell. Without an address it helps the
// computer it runs on, through a server of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"golang.org/x/term"

	"techsh/codec"
	"techsh/shell"
)

func options() []codec.Option {
	return []codec.Option{
		{Long: "plain", Line: "to a techshd --plain on this computer, or through a tunnel of yours"},
		{Long: "via", Arg: "'CARRIER'", Line: "a command, run without a shell, that runs techshd --stdio there"},
		{Long: "cookie-file", Arg: "FILE", Line: "has the cookie for --plain; else TECHSH_COOKIE, else you are asked"},
		{Short: 'c', Arg: "'LINE'", Line: "runs commands, separated by ;"},
		{Short: 'f', Arg: "FILE", Line: "runs a script"},
		{Short: 'k', Line: "goes on after a failure"},
		{Long: "color", Arg: "WHEN", Line: "auto, always or never"},
		{Long: "version", Line: "prints the version"},
		{Short: 'h', Long: "help", Line: "prints this"},
	}
}

func usage() string {
	var b strings.Builder
	b.WriteString("usage: techsh [OPTION…]                                  helps this computer\n" +
		"       techsh --plain [OPTION…] [HOST:PORT [COMMAND…]]\n" +
		"       techsh --via 'CARRIER' [OPTION…] [COMMAND…]\n")
	for _, o := range options() {
		fmt.Fprintf(&b, "  %-20s %s\n", o, o.Line)
	}
	return b.String()
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	status, err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "techsh:", codec.Show(err.Error()))
		fmt.Fprint(os.Stderr, usage())
	}
	os.Exit(status)
}

// run does what the command line says. An error is one of usage.
func run(ctx context.Context, argv []string) (status int, err error) {
	words := make([]codec.Word, len(argv))
	for i, a := range argv {
		words[i] = codec.Bare(a)
	}
	args, err := codec.Options(words, options(), true)
	switch {
	case err != nil:
		return shell.StatusUsage, err
	case args.Has("h"):
		fmt.Print(usage())
		return 0, nil
	case args.Has("version"):
		fmt.Println("techsh", version())
		return 0, nil
	}
	color, err := colorMode(args)
	if err != nil {
		return shell.StatusUsage, err
	}
	job, rest, err := jobOf(args)
	if err != nil {
		return shell.StatusUsage, err
	}
	way, err := wayOf(args, rest)
	if err != nil {
		return shell.StatusUsage, err
	}
	defer way.close()
	dir, err := os.Getwd()
	if err != nil {
		return shell.StatusFailed, err
	}
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt)
	way.interrupts = interrupts
	resized, stop := resizes()
	defer stop()
	s := &shell.Shell{
		In: streamOf(os.Stdin, color), Out: streamOf(os.Stdout, color), Err: streamOf(os.Stderr, color),
		Interrupts: interrupts, Resized: resized, Reach: way.reach, Target: way.target, Dir: dir,
		Config: configDir(), KeepGoing: args.Has("k"),
	}
	return s.Run(ctx, job), nil
}

// jobOf returns what is to be done, and the words that are not part of it:
// the address.
func jobOf(args codec.Args) (shell.Job, []string, error) {
	var job shell.Job
	var rest []string
	for _, w := range args.Words {
		rest = append(rest, w.Text)
	}
	if !args.Has("via") && len(rest) > 1 {
		rest, job.Words = rest[:1], rest[1:]
	} else if args.Has("via") && len(rest) > 0 {
		rest, job.Words = nil, rest
	}
	if line, ok := args.Value("c"); ok {
		job.Line = &line
	}
	job.File, _ = args.Value("f")
	n := 0
	for _, given := range []bool{job.Words != nil, job.Line != nil, job.File != ""} {
		if given {
			n++
		}
	}
	if n > 1 {
		return job, rest, errors.New("one of -c, -f and a command is enough")
	}
	return job, rest, nil
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

func streamOf(f *os.File, color string) shell.Stream {
	s := shell.Stream{File: f, Terminal: term.IsTerminal(int(f.Fd()))}
	s.Color = color == "always" || color == "auto" && s.Terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}

// configDir is where the history is kept; "" where there is no place for it.
func configDir() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "techsh")
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version + ", protocol " + codec.Version
	}
	return "unknown, protocol " + codec.Version
}
