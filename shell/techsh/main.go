// Command techsh is the technician's shell. Without an address it helps the
// computer it runs on, through a server of its own.
//
// The files: main.go the command line, ways.go how computers are reached,
// embedded.go the server of our own, trusted.go the way to known computers,
// pair.go and pairing.go how they become known, and known.go who they are;
// dialect.go the way to servers that speak the formats of the course; stranger.go
// whom a server has to turn away; wire.go where frames are recorded.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/term"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/shell"
	"techsh/shell/console"
)

func options() []codec.Option {
	return append([]codec.Option{
		{Long: "plain", Line: "to a techshd --plain on this computer, or through a tunnel of yours"},
		{Long: "via", Arg: "'CARRIER'", Line: "a command, run without a shell, that runs techshd --stdio there"},
		speaksDialect(),
		{Long: "cookie-file", Arg: "FILE", Line: "has the cookie for --plain; else TECHSH_COOKIE, else you are asked"},
		{Short: 'c', Arg: "'LINE'", Line: "runs commands, separated by ;"},
		{Short: 'f', Arg: "FILE", Line: "runs a script"},
		{Short: 'k', Line: "goes on after a failure"},
		{Long: "color", Arg: "WHEN", Line: "auto, always or never"},
		{Long: "version", Line: "prints the version"},
		{Short: 'h', Long: "help", Line: "prints this"},
	}, recordingOptions()...)
}

func usage() string {
	var b strings.Builder
	b.WriteString("usage: techsh [OPTION…]                    helps this computer\n" +
		"       techsh [OPTION…] HOST [COMMAND…]    one that was paired\n" +
		"       techsh [OPTION…] pair               with another one: asks, or reads standard input\n" +
		"       techsh hosts                        lists those that were paired\n" +
		"       techsh forget HOST\n" +
		"       techsh [OPTION…] doctor [HOST]      looks for what is wrong on the way to a computer\n" +
		"       techsh [OPTION…] lint [HOST]        checks that a server of yours keeps to the protocol\n" +
		"       techsh --plain [OPTION…] [ADDR:PORT [COMMAND…]]\n" +
		"       techsh --via 'CARRIER' [OPTION…] [COMMAND…]\n" +
		"       techsh --dialect NAME [OPTION…] [HOST[:PORT] [COMMAND…]]\n")
	for _, o := range options() {
		fmt.Fprintf(&b, "  %-20s %s\n", o, o.Line)
	}
	return b.String()
}

func main() {
	ends := []os.Signal{syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	status, err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		complain(os.Stderr, err)
	}
	if status == shell.StatusUsage && err != nil {
		fmt.Fprintln(os.Stderr, "  techsh -h explains the command line")
	}
	os.Exit(status)
}

// complain says what went wrong, and on a line of its own what to do.
func complain(w io.Writer, err error) {
	fmt.Fprintln(w, "techsh:", codec.Show(err.Error()))
	if e, ok := errors.AsType[*codec.Error](err); ok && e.Hint != "" {
		fmt.Fprintln(w, "  "+codec.Show(e.Hint))
	}
}

// run does what the command line says. An error has not been said yet.
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
	in, out := streamOf(os.Stdin, color), streamOf(os.Stdout, color)
	own := ownCommand(args)
	switch own {
	case "hosts":
		return hostsCommand(args.Words[1:], out)
	case "forget":
		return forgetCommand(args.Words[1:])
	}
	task, rest, err := taskOf(args)
	if err != nil {
		return shell.StatusUsage, err
	}
	way, err := wayOf(args, rest)
	if err != nil {
		return shell.StatusUsage, err
	}
	defer way.close()
	if own == "pair" {
		if status, err := way.pair(in, out, &task); err != nil {
			return status, err
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return shell.StatusFailed, err
	}
	config, _ := trust.OwnDir() // without one there is no history
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt)
	way.interrupts = interrupts
	resized, stop := resizes()
	defer stop()
	s := &shell.Shell{
		In: in, Out: out, Err: streamOf(os.Stderr, color),
		Interrupts: interrupts, Resized: resized, Dial: way.reach, Handshake: way.handshake, Target: way.target, Dialect: way.dialect, Hosts: way.hosts, Dir: dir,
		Config: config, KeepGoing: args.Has("k"),
	}
	recorded, err := record(s, args)
	if err != nil {
		return shell.StatusUsage, err
	}
	status = s.Run(ctx, task)
	return status, recorded()
}

// ownCommand returns the first word if it is techsh's own, and no computer's.
func ownCommand(args codec.Args) string {
	if args.Has("plain") || args.Has("via") || args.Has("dialect") || len(args.Words) == 0 || !slices.Contains([]string{"pair", "hosts", "forget"}, args.Words[0].Text) {
		return ""
	}
	return args.Words[0].Text
}

// looksFor says whether the words are a command that reaches the computer by
// itself, in front of its name.
func looksFor(words []string) bool {
	return len(words) > 0 && (words[0] == "doctor" || words[0] == "lint")
}

// taskOf returns what is to be done, and the words that are not part of it:
// the address.
func taskOf(args codec.Args) (shell.Task, []string, error) {
	var task shell.Task
	var rest []string
	for _, w := range args.Words {
		rest = append(rest, w.Text)
	}
	leads := args.Has("via") || looksFor(rest) // then no word is an address
	if !leads && len(rest) > 1 {
		for _, o := range options() {
			if rest[1] == "-"+string(rune(o.Short)) || rest[1] == "--"+o.Long {
				return task, rest, fmt.Errorf("%s goes before the name: techsh %s … %s", rest[1], rest[1], codec.Name(rest[0]))
			}
		}
		rest, task.Words = rest[:1], rest[1:]
	} else if leads && len(rest) > 0 {
		rest, task.Words = nil, rest
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
		return task, rest, errors.New("one of -c, -f and a command is enough")
	}
	return task, rest, nil
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

func streamOf(f *os.File, color string) console.Stream {
	s := console.Stream{File: f, Terminal: term.IsTerminal(int(f.Fd()))}
	s.Color = color == "always" || color == "auto" && s.Terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version + ", protocol " + codec.Version
	}
	return "unknown, protocol " + codec.Version
}
