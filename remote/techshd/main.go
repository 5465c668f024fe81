// Command techshd is the server of techsh. It runs on the computer to be helped, where
// the person at that computer can see it. It prints its addresses and everything else
// that a client needs to standard output, in separate lines. The console log goes to
// standard error. With --stdio, or on Windows if there is no standard error, the console
// log goes to the log of the system, if there is one. "techshd -h" explains the command
// line, and "techshd help service" explains how a system starts techshd.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/landing"
	"techsh/codec/trust"
	"techsh/remote/programs"
	"techsh/remote/system"
)

const (
	defaultPort  = "8820"
	defaultPlain = "127.0.0.1:" + defaultPort
	drainTimeout = 15 * time.Second // longer than the server itself waits
)

func options() []codec.Option {
	return []codec.Option{
		{
			Long: "listen", Arg: "ADDR:PORT",
			Line: "listens at that address instead of :" + defaultPort + "; port 0 is any free one",
		},
		{Long: "allow", Arg: "LIST", Line: "limits everybody to these rights: dir,get,put,del,exec,shot,info"},
		{Long: "read-only", Line: "means --allow " + trust.ReadOnly.String()},
		{Long: "root", Arg: "DIR", Line: "limits files to that folder; no exec, unless --allow has it"},
		{
			Long: "ask",
			Line: "asks at this terminal before programs run or end, the screen is shown, or files are deleted, " +
				"moved or replaced; files named in the arguments of a program are not followed",
		},
		{
			Long: "env", Arg: "NAME,…",
			Line: "with --ask, lets programs be given these variables, besides those of language and terminal",
		},
		{
			Long: "sessions", Arg: "ALL[/EACH]",
			Line: "limits open sessions, in all and of each peer, instead of 64/8 (with --dialect 256/64)",
		},
		{Long: "plain", Line: "listens on " + defaultPlain + " for clients that have the printed cookie"},
		{
			Long: "dialect", Arg: "NAME[=ADDR],…",
			Line: "speaks a format of the course, at ADDR or " + defaultPlain + ": " +
				strings.Join(dialect.Names(), ", "),
		},
		{Long: "allow-strangers", Line: "lets --dialect listen for other computers, which may do all that is allowed"},
		{Long: "stdio", Line: "serves standard input and output, for ssh and the like"},
		{Long: "version", Line: "prints the version"},
		{Short: 'h', Long: "help", Line: "prints this"},
	}
}

func usage() string {
	var b strings.Builder
	b.WriteString("usage: techshd [OPTION…]                             serves paired technicians\n" +
		"       techshd --dialect NAME [OPTION…]              " +
		"speaks a format of the course, for clients on this computer\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "       techshd %-37s %s\n", strings.TrimSpace(c.name+" "+c.synopsis), c.line)
	}
	fmt.Fprintf(&b, "       techshd %-37s %s\n", helpLine, "prints a page of the manual")
	for _, o := range options() {
		fmt.Fprintf(&b, "  %-23s %s\n", o, o.Line)
	}
	return b.String()
}

// A usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func main() {
	if programs.IsGuardian(os.Args) {
		signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		programs.Guard(os.Stdin, os.NewFile(3, "programs"))
		return
	}
	openStreams()
	umask := landing.ReadUmask()
	if zone := codec.LocalZone(os.Getenv("TZ")); zone != nil {
		time.Local = zone
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends the process at once
		time.AfterFunc(drainTimeout, func() {
			fmt.Fprintln(os.Stderr, "techshd: something hangs, perhaps a file system: it is not waited for")
			os.Exit(1)
		})
	})
	status := report(run(ctx, umask, os.Args[1:]))
	if status != 0 {
		system.HoldWindow(os.Stdin, os.Stderr)
	}
	os.Exit(status)
}

// report prints an error and returns the exit status.
func report(err error) (status int) {
	if err == nil {
		return 0
	}
	text, status := "techshd: "+codec.ShowLines(err.Error())+"\n", 1
	if e, ok := errors.AsType[*codec.Error](err); ok && e.Hint != "" {
		text += "  " + codec.Show(e.Hint) + "\n"
	}
	if _, ok := errors.AsType[usageError](err); ok {
		text, status = text+"  techshd -h explains the command line\n", 2
	}
	if errors.Is(err, errUnasked) {
		status = 2
	}
	w, _ := logOf(false)
	_, _ = io.WriteString(w, text)
	return status
}

// run carries out the command line.
func run(ctx context.Context, umask landing.Umask, argv []string) error {
	args, err := codec.Options(bare(argv), options(), true)
	if err == nil {
		err = contradiction(args)
	}
	switch {
	case err != nil:
		return usageError{err}
	case args.Has("h"):
		_, err := io.WriteString(os.Stdout, usage())
		return err
	case args.Has("version"):
		_, err := fmt.Println("techshd", version())
		return err
	case len(args.Words) > 0 && args.Words[0].Text == "help":
		return help(args.Words[1:])
	case len(args.Words) > 0:
		return manage(ctx, args.Words)
	}
	addr, err := listenAt(args)
	if err != nil {
		return usageError{err}
	}
	c := newConsole(logOf(args.Has("stdio")))
	defer c.close()
	d, err := newDaemon(umask, args, c)
	if err == nil && args.Has("ask") {
		d.ask(ctx, !args.Has("stdio"))
	}
	switch {
	case err != nil:
		return err
	case args.Has("stdio"):
		return d.serveStdio(ctx)
	case args.Has("plain"):
		return d.servePlain(ctx, addr)
	case args.Has("dialect"):
		return d.serveDialects(ctx, args)
	}
	return d.serveNetwork(ctx, addr)
}

func bare(argv []string) []codec.Word {
	var words []codec.Word
	for _, a := range argv {
		words = append(words, codec.Bare(a))
	}
	return words
}

// listenAt returns the address at which to listen. With --plain it must be loopback,
// because a plain connection is not encrypted.
func listenAt(args codec.Args) (string, error) {
	addr, ok := args.Value("listen")
	if !ok && args.Has("plain") {
		return defaultPlain, nil
	} else if !ok {
		return ":" + defaultPort, nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("--listen: %w", err)
	}
	if args.Has("plain") && !isLoopback(host) {
		return "", fmt.Errorf("%s: not a loopback address, and a plain connection is not encrypted", codec.Name(addr))
	}
	return addr, nil
}

// contradiction returns an error if two options exclude each other.
func contradiction(args codec.Args) error {
	for _, pair := range [][2]string{
		{"plain", "stdio"},
		{"listen", "stdio"},
		{"sessions", "stdio"},
		{"allow", "read-only"},
		{"dialect", "plain"},
		{"dialect", "stdio"},
		{"dialect", "listen"},
	} {
		if args.Has(pair[0]) && args.Has(pair[1]) {
			return fmt.Errorf("--%s and --%s do not go together", pair[0], pair[1])
		}
	}
	if args.Has("allow-strangers") && !args.Has("dialect") {
		return errors.New("--allow-strangers goes with --dialect")
	}
	if len(args.Words) == 0 {
		return nil
	}
	for _, o := range options() {
		if args.Has(o.Key()) {
			return fmt.Errorf("%s: no option of the server goes with it", codec.Name(args.Words[0].Text))
		}
	}
	return nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version + ", protocol " + codec.Version
	}
	return "unknown, protocol " + codec.Version
}
