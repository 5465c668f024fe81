// Command techshd is the server of techsh: it runs on the computer to be
// helped, in plain sight. Standard output has the address and what a client
// needs, a line each; standard error has the console log, or, behind a carrier,
// the system's log has it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"techsh/codec"
	"techsh/remote"
)

const defaultListen = "127.0.0.1:8820"

func options() []codec.Option {
	return []codec.Option{
		{Long: "plain", Line: "listens on loopback, and takes whoever has the printed cookie"},
		{Long: "listen", Arg: "ADDR:PORT", Line: "there instead of " + defaultListen + "; port 0 is any that is free"},
		{Long: "stdio", Line: "speaks on standard input and output, behind ssh and the like"},
		{Long: "version", Line: "prints the version"},
		{Short: 'h', Long: "help", Line: "prints this"},
	}
}

func usage() string {
	var b strings.Builder
	b.WriteString("usage: techshd --plain [--listen ADDR:PORT] | techshd --stdio\n")
	for _, o := range options() {
		fmt.Fprintf(&b, "  %-22s %s\n", o, o.Line)
	}
	return b.String()
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends us at once
	status, err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "techshd:", err)
	}
	if status == 2 {
		fmt.Fprint(os.Stderr, usage())
	}
	os.Exit(status)
}

func run(ctx context.Context, argv []string) (status int, err error) {
	var words []codec.Word
	for _, a := range argv {
		words = append(words, codec.Bare(a))
	}
	args, err := codec.Options(words, options(), true)
	switch {
	case err != nil:
		return 2, err
	case args.Has("h"):
		fmt.Print(usage())
		return 0, nil
	case args.Has("version"):
		fmt.Println("techshd", version())
		return 0, nil
	case len(args.Words) > 0:
		return 2, fmt.Errorf("%s: unexpected", codec.Quote(args.Words[0]))
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // the working folder it is
	}
	server := &remote.Server{Dir: home, Log: console(os.Stderr)}
	switch {
	case args.Has("stdio") && !args.Has("plain"):
		return serveStdio(ctx, server)
	case args.Has("plain") && !args.Has("stdio"):
		addr, ok := args.Value("listen")
		if !ok {
			addr = defaultListen
		}
		return servePlain(ctx, server, addr)
	}
	return 2, errors.New("one of --plain and --stdio is needed")
}

// console logs for the person at this computer: the time of day and what
// happens.
func console(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch {
		case len(groups) > 0:
		case a.Key == slog.TimeKey:
			return slog.String("time", a.Value.Time().Format("15:04:05"))
		case a.Key == slog.LevelKey && a.Value.Any() == slog.LevelInfo:
			return slog.Attr{}
		}
		return a
	}}))
}

// servePlain listens on loopback, and nowhere else: what is said there is not
// encrypted.
func servePlain(ctx context.Context, server *remote.Server, addr string) (int, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return 2, err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return 2, fmt.Errorf("%s: not a loopback address, and a plain connection is not encrypted", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return 1, err
	}
	cookie := remote.NewCookie()
	server.Gate = remote.Cookie(cookie)
	fmt.Printf("%s\nauth %s\n", l.Addr(), cookie)
	return statusOf(server.Serve(ctx, l))
}

func serveStdio(ctx context.Context, server *remote.Server) (int, error) {
	server.Log = console(stdioLog())
	return statusOf(server.ServeConn(ctx, newStdio(os.Stdin, os.Stdout)))
}

func statusOf(err error) (int, error) {
	if err != nil {
		return 1, err
	}
	return 0, nil
}

// stdio is standard input and output as one connection. A read of standard
// input cannot be interrupted, so another goroutine reads, which lives as
// long as the process.
type stdio struct {
	*io.PipeReader
	out *os.File
}

func newStdio(in io.Reader, out *os.File) *stdio {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(err)
	}()
	return &stdio{r, out}
}

func (s *stdio) Write(p []byte) (int, error) { return s.out.Write(p) }

func (s *stdio) CloseWrite() error { return s.out.Close() }

func (s *stdio) Close() error { return errors.Join(s.PipeReader.Close(), ignoreClosed(s.out.Close())) }

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version + ", protocol " + codec.Version
	}
	return "unknown, protocol " + codec.Version
}
