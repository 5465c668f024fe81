package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/shell/client"
)

const (
	defaultPort = "8820"
	dialTimeout = 5 * time.Second
)

// A dialer opens the connections of a run, in the way that the options choose.
type dialer struct {
	// The initial target; "" means the embedded server, or the server that the carrier
	// connects to.
	target     string
	plain      bool     // targets are addresses of plain servers, not known computers
	dialect    string   // if not "", targets are addresses of servers with this dialect
	via        []string // the command of the carrier
	cookieFile string
	interrupts chan os.Signal
	umask      landing.Umask // umask of the embedded server

	pairing  *pairing // a pairing to perform with the initial target, or nil
	embedded *embedded

	mu  sync.Mutex
	own *trust.Folder // the only one of the run, because it remembers what it has read
}

// newDialer parses the options that choose how to connect. The first element of words is
// the address, if there is one.
func newDialer(args codec.Args, words []string) (*dialer, error) {
	if name, ok := args.Value("dialect"); ok {
		return newDialectDialer(name, args, words)
	}
	d := &dialer{}
	d.cookieFile, _ = args.Value("cookie-file")
	carrier, via := args.Value("via")
	switch {
	case via && args.Has("plain"):
		return nil, errors.New("--plain and --via exclude each other")
	case via:
		parts, err := codec.Split(carrier)
		if err != nil {
			return nil, fmt.Errorf("--via: %w", err)
		}
		if len(parts) == 0 {
			return nil, errors.New("--via: the command is empty")
		}
		for _, p := range parts {
			d.via = append(d.via, p.Text)
		}
	case args.Has("plain"):
		d.plain, d.target = true, addrOf(words)
		return d, checkLoopback(d.target)
	case len(words) > 0:
		d.target = words[0]
	}
	return d, nil
}

// addrOf returns the address in the first word, or else the default address.
func addrOf(words []string) string {
	if len(words) > 0 {
		return withPort(words[0])
	}
	return net.JoinHostPort("127.0.0.1", defaultPort)
}

// withPort returns addr with the default port added if it has none.
func withPort(addr string) string {
	if _, _, err := net.SplitHostPort(addr); err == nil {
		return addr
	}
	return net.JoinHostPort(strings.Trim(addr, "[]"), defaultPort)
}

// checkLoopback returns an error if addr is not a loopback address, because a plain
// connection would send the cookie and all data unencrypted.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s: not a loopback address, and a plain connection is not encrypted", addr)
	}
	return nil
}

// dial opens a connection to target, or to the initial target if target is "".
func (d *dialer) dial(
	ctx context.Context, target string, ask func(prompt string) (string, error),
) (io.ReadWriteCloser, link.Opening, error) {
	switch {
	case d.plain:
		return d.dialPlain(ctx, withPort(target), ask)
	case d.dialect != "":
		return d.dialDialect(ctx, withPort(target))
	case d.pairing != nil && target == d.target:
		return d.pairing.dial(ctx, func() { d.pairing = nil })
	case target != "":
		return d.dialPaired(ctx, target)
	case d.via != nil:
		started := client.BeginStep(ctx, "carrier")
		c, err := d.startCarrier()
		if err == nil {
			started(d.via[0])
		}
		return c, link.Opening{Noise: true}, err
	}
	if d.embedded == nil || d.embedded.hasEnded() {
		var err error
		if d.embedded, err = startEmbedded(d.umask); err != nil {
			return nil, link.Opening{}, err
		}
	}
	conn, err := d.embedded.dial(ctx)
	return conn, link.Opening{}, err
}

// hosts returns the names of the known computers. It ignores errors, because dial
// reports them.
func (d *dialer) hosts() []string {
	if d.plain || d.dialect != "" {
		return nil
	}
	folder, err := d.folder()
	if err != nil {
		return nil
	}
	hosts, _ := folder.Hosts()
	return namesOf(hosts)
}

// folder opens the user's own folder, once.
func (d *dialer) folder() (*trust.Folder, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.own == nil {
		own, err := trust.OpenOwn()
		if err != nil {
			return nil, err
		}
		d.own = own
	}
	return d.own, nil
}

// dialTCP connects to addr. Its errors begin with the address.
func dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	resolved := client.BeginStep(ctx, "address")
	connected := func(string) {}
	var once sync.Once
	netDialer := net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		once.Do(func() { // only for the first of several addresses
			resolved(address)
			connected = client.BeginStep(ctx, "TCP")
		})
		return nil
	}}
	conn, err := netDialer.DialContext(ctx, "tcp", addr)
	if err == nil {
		connected(conn.RemoteAddr().String() + " answers")
		return conn, nil
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		if err = e.Err; e.Timeout() && ctx.Err() == nil {
			err = fmt.Errorf("no answer within %v", dialTimeout)
		}
	}
	if e, ok := errors.AsType[*os.SyscallError](err); ok {
		err = e.Err
	}
	return nil, fmt.Errorf("%s: %w", addr, err)
}

func (d *dialer) dialPlain(
	ctx context.Context, addr string, ask func(prompt string) (string, error),
) (io.ReadWriteCloser, link.Opening, error) {
	if err := checkLoopback(addr); err != nil {
		return nil, link.Opening{}, err
	}
	conn, err := dialTCP(ctx, addr)
	if err != nil {
		return nil, link.Opening{}, err
	}
	cookie, err := d.cookie(addr, ask)
	if err != nil {
		conn.Close()
		return nil, link.Opening{}, err
	}
	return conn, link.Opening{Cookie: cookie}, nil
}

// cookie returns the cookie of the server at addr, from the file of --cookie-file, from
// the environment or from the user. The text in the file, in the environment or from the
// user is either the cookie alone or the lines that techshd prints.
func (d *dialer) cookie(addr string, ask func(prompt string) (string, error)) (string, error) {
	text := os.Getenv("TECHSH_COOKIE")
	if d.cookieFile != "" {
		b, err := os.ReadFile(d.cookieFile)
		if err != nil {
			return "", err
		}
		text = string(codec.DecodeText(b))
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

func (d *dialer) close() {
	if d.embedded != nil {
		d.embedded.close()
	}
}
