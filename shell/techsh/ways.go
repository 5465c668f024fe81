package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/shell/client"
)

const (
	defaultPort = "8820"
	dialTime    = 5 * time.Second
	carrierTime = 2 * time.Second // for a carrier to end by itself
)

// A way is how computers are reached in this run.
type way struct {
	target     string   // where to begin; "" is the server of our own, or the carrier
	plain      bool     // targets are addresses of plain servers, not known computers
	dialect    string   // targets are addresses of servers that speak this one, if it is any
	via        []string // the carrier's words
	cookieFile string
	interrupts chan os.Signal

	pairing  *pairing // with the target, before anything else
	embedded *embedded
}

// wayOf reads the options about the way and the address among words.
func wayOf(args codec.Args, words []string) (*way, error) {
	if name, ok := args.Value("dialect"); ok {
		return dialectWay(name, args, words)
	}
	w := &way{}
	w.cookieFile, _ = args.Value("cookie-file")
	command, via := args.Value("via")
	switch {
	case via && args.Has("plain"):
		return nil, errors.New("--plain and --via are two ways")
	case via:
		parts, err := codec.Split(command)
		if err != nil {
			return nil, fmt.Errorf("--via: %w", err)
		}
		if len(parts) == 0 {
			return nil, errors.New("--via: the command is empty")
		}
		for _, p := range parts {
			w.via = append(w.via, p.Text)
		}
	case args.Has("plain"):
		w.plain, w.target = true, net.JoinHostPort("127.0.0.1", defaultPort)
		if len(words) > 0 {
			w.target = withPort(words[0])
		}
		return w, checkPlain(w.target)
	case len(words) > 0:
		w.target = words[0]
	}
	return w, nil
}

func withPort(addr string) string {
	if _, _, err := net.SplitHostPort(addr); err == nil {
		return addr
	}
	return net.JoinHostPort(strings.Trim(addr, "[]"), defaultPort)
}

// checkPlain takes loopback addresses only: the cookie and all that follows
// would cross a network for everybody to read.
func checkPlain(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s: not a loopback address, and a plain connection is not encrypted", addr)
	}
	return nil
}

// reach opens the way to target, or to where the run began.
func (w *way) reach(ctx context.Context, target string, ask func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
	switch {
	case w.plain:
		target = withPort(target)
		if err := checkPlain(target); err != nil {
			return nil, link.Opening{}, err
		}
		return w.loopback(ctx, target, ask)
	case w.dialect != "":
		return w.speak(ctx, withPort(target))
	case w.pairing != nil && target == w.target:
		return w.pairing.reach(ctx, func() { w.pairing = nil })
	case target != "":
		return trusted(ctx, target)
	case w.via != nil:
		started := client.BeginStep(ctx, "carrier")
		c, err := w.carrier()
		if err == nil {
			started(w.via[0])
		}
		return c, link.Opening{Noise: true}, err
	}
	if w.embedded == nil || w.embedded.over() {
		var err error
		if w.embedded, err = startEmbedded(); err != nil {
			return nil, link.Opening{}, err
		}
	}
	conn, err := w.embedded.reach(ctx)
	return conn, link.Opening{}, err
}

// hosts returns the names of the computers that can be targets; none when
// that is not known, as connecting will tell.
func (w *way) hosts() []string {
	if w.plain || w.dialect != "" {
		return nil
	}
	folder, err := trust.OpenOwn()
	if err != nil {
		return nil
	}
	hosts, _ := folder.Hosts()
	return namesOf(hosts)
}

// dial connects to addr. The error is about that.
func dial(ctx context.Context, addr string) (net.Conn, error) {
	resolved := client.BeginStep(ctx, "address")
	connected := func(string) {}
	var once sync.Once
	dialer := net.Dialer{Timeout: dialTime, Control: func(_, address string, _ syscall.RawConn) error {
		once.Do(func() { // of several addresses the first to be tried
			resolved(address)
			connected = client.BeginStep(ctx, "TCP")
		})
		return nil
	}}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err == nil {
		connected(conn.RemoteAddr().String() + " answers")
		return conn, nil
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		if err = e.Err; e.Timeout() && ctx.Err() == nil {
			err = fmt.Errorf("nothing within %v", dialTime)
		}
	}
	if e, ok := errors.AsType[*os.SyscallError](err); ok {
		err = e.Err
	}
	return nil, fmt.Errorf("%s: %w", addr, err)
}

func (w *way) loopback(ctx context.Context, addr string, ask func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
	conn, err := dial(ctx, addr)
	if err != nil {
		return nil, link.Opening{}, err
	}
	cookie, err := w.cookie(addr, ask)
	if err != nil {
		conn.Close()
		return nil, link.Opening{}, err
	}
	return conn, link.Opening{Cookie: cookie}, nil
}

// cookie finds the cookie: in the file, in the environment, or in a person's
// clipboard. What techshd prints will do as it is.
func (w *way) cookie(addr string, ask func(string) (string, error)) (string, error) {
	text := os.Getenv("TECHSH_COOKIE")
	if w.cookieFile != "" {
		b, err := os.ReadFile(w.cookieFile)
		if err != nil {
			return "", err
		}
		text = string(b)
	}
	if text == "" {
		var err error
		if text, err = ask("cookie of " + addr + ": "); err != nil {
			return "", fmt.Errorf("%s: no cookie: set TECHSH_COOKIE or use --cookie-file: %w", addr, err)
		}
	}
	for line := range strings.Lines(text) {
		if cookie, ok := strings.CutPrefix(strings.TrimSpace(line), "auth "); ok {
			return strings.TrimSpace(cookie), nil
		}
	}
	return strings.TrimSpace(text), nil
}

func (w *way) close() {
	if w.embedded != nil {
		w.embedded.close()
	}
}

// A carrier is a command whose standard streams are the connection.
type carrier struct {
	io.WriteCloser // its standard input
	io.Reader      // its standard output
	cmd            *exec.Cmd
	once           sync.Once
}

// carrier starts the command. Ctrl-C is for us, not for it, although it
// shares our terminal, where it may ask for a password.
func (w *way) carrier() (*carrier, error) {
	cmd := exec.Command(w.via[0], w.via[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	apart(cmd)
	signal.Ignore(os.Interrupt) // what is ignored now stays so in the child
	err = cmd.Start()
	signal.Notify(w.interrupts, os.Interrupt)
	if err != nil {
		return nil, fmt.Errorf("--via: %w", err)
	}
	return &carrier{WriteCloser: in, Reader: out, cmd: cmd}, nil
}

// CloseWrite ends the carrier's standard input.
func (c *carrier) CloseWrite() error { return c.WriteCloser.Close() }

// Close ends its standard input, which should end it, and waits for it.
func (c *carrier) Close() error {
	var err error
	c.once.Do(func() {
		err = c.WriteCloser.Close()
		timer := time.AfterFunc(carrierTime, func() { _ = c.cmd.Process.Kill() })
		defer timer.Stop()
		_ = c.cmd.Wait() // also closes the pipe that we read
	})
	return err
}
