package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/shell/client"
)

const tlsTimeout = 5 * time.Second

// unpairedf returns an error that says why techsh does not trust or reach a computer,
// with a hint on what the user can do.
func unpairedf(hint, format string, args ...any) error {
	e := codec.Errorf(codec.Unpaired, format, args...)
	e.Hint = hint
	return e
}

// findHost returns the known computer that has the given name or address, and the
// identity of the local computer.
func (d *dialer) findHost(name string) (trust.Host, *trust.Identity, error) {
	folder, err := d.folder()
	if err != nil {
		return trust.Host{}, nil, err
	}
	host, err := folder.Host(name)
	if errors.Is(err, trust.ErrUnknown) {
		host, err = folder.Host(withPort(name))
	}
	if errors.Is(err, trust.ErrUnknown) {
		err = unknownHost(folder, name)
	}
	if err != nil {
		return host, nil, err
	}
	self, err := folder.Identity()
	return host, self, err
}

// unknownHost returns the error for a name that no known computer has.
func unknownHost(folder *trust.Folder, name string) error {
	hosts, err := folder.Hosts()
	if err != nil {
		return err
	}
	hint := `"techsh pair" pairs with a computer`
	if len(hosts) > 0 {
		hint = "known: " + strings.Join(namesOf(hosts), ", ") + `; "techsh pair" pairs with another one`
	}
	return unpairedf(hint, "%s: no known computer has that name", codec.Name(name))
}

func namesOf(hosts []trust.Host) []string {
	var names []string
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return names
}

// dialPaired connects to a known computer, which must have the key from the pairing.
func (d *dialer) dialPaired(ctx context.Context, name string) (io.ReadWriteCloser, link.Opening, error) {
	found := client.BeginStep(ctx, "name")
	host, self, err := d.findHost(name)
	if err != nil {
		return nil, link.Opening{}, err
	}
	found(host.Name + " is at " + host.Addr)
	raw, err := dialTCP(ctx, host.Addr)
	if err != nil {
		return nil, link.Opening{}, unpairedf(
			"is it on, and does techshd run on it? If its address has changed, pair again",
			"no answer from %s at %v", host.Name, err)
	}
	conn, err := secure(ctx, raw, host.Addr, self.Client(host.ID))
	if key, ok := errors.AsType[*trust.KeyError](err); ok {
		return nil, link.Opening{}, unpairedf(
			fmt.Sprintf(`ask its owner: if it has a new identity, "techsh forget %s" and "techsh pair"; `+
				`if not, another computer is in between`, host.Name),
			"STOP: %s answered with another key than the one paired on %s (expected %s, got %s). Nothing was sent.",
			host.Addr, host.Added.Format(time.DateOnly), key.Want.Short(), key.Got.Short())
	}
	if err != nil {
		return nil, link.Opening{}, err
	}
	return conn, link.Opening{}, nil
}

// secure does the TLS handshake on raw, and closes raw if the handshake fails. The error
// is a *trust.KeyError, or describes the server at addr.
func secure(ctx context.Context, raw net.Conn, addr string, config *tls.Config) (*tls.Conn, error) {
	errTimeout := errors.New("timeout")
	limited, cancel := context.WithTimeoutCause(ctx, tlsTimeout, errTimeout)
	defer cancel()
	peek := &peekConn{Conn: raw}
	encrypted := client.BeginStep(ctx, "TLS")
	conn := tls.Client(trust.StrictEOF(peek), config)
	err := conn.HandshakeContext(limited)
	if err == nil {
		encrypted("TLS 1.3, " + trust.ALPN)
		client.BeginStep(ctx, "identity")("its ID is " + trust.PeerID(conn.ConnectionState()).Short())
		return conn, nil
	}
	raw.Close()
	if _, ok := errors.AsType[*trust.KeyError](err); ok {
		encrypted("TLS 1.3, " + trust.ALPN)
		client.BeginStep(ctx, "identity")
		return nil, err
	}
	if cause := context.Cause(limited); cause != nil {
		err = cause
	}
	if ctx.Err() != nil {
		return nil, err
	}
	return nil, peek.explain(addr, err, err == errTimeout)
}

// A peekConn records the first bytes that are read. If the server is not techshd, these
// bytes show what it is.
type peekConn struct {
	net.Conn
	first []byte
}

const maxPeek = 60 // bytes

// Read implements io.Reader.
func (c *peekConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.first = append(c.first, p[:min(n, maxPeek-len(c.first))]...)
	return n, err
}

// explain returns the error to show for a handshake with the server at addr that failed
// with err. timeout tells whether the handshake took longer than tlsTimeout.
func (c *peekConn) explain(addr string, err error, timeout bool) error {
	const hint = "is the port right? techshd has " + defaultPort + ", unless --listen names another one"
	line, _, _ := strings.Cut(strings.TrimLeft(string(c.first), "\r\n"), "\n")
	switch {
	case len(c.first) == 0 && timeout:
		return unpairedf(hint, "%s took the connection and was silent for %v: it hangs, or it is not techshd",
			addr, tlsTimeout)
	case len(c.first) == 0:
		return unpairedf(hint, "%s took the connection and closed it: it is not techshd, or it is techshd --plain",
			addr)
	case isTLS(c.first) && timeout:
		return unpairedf("the network may be very slow: try again", "%s did not finish TLS within %v", addr, tlsTimeout)
	case isTLS(c.first):
		return unpairedf(hint, "%s answered, but it is not techshd (%v)", addr, err)
	}
	return unpairedf(hint, "%s answered, but it is not techshd (it sent \"%s\")",
		addr, codec.Show(strings.TrimSuffix(line, "\r")))
}

// isTLS reports whether b begins like a TLS record with a handshake or alert (RFC
// 8446, section 5.1).
func isTLS(b []byte) bool {
	return slices.Contains([]byte{20, 21, 22}, b[0]) && (len(b) == 1 || b[1] == 3)
}
