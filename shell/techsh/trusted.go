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

const tlsTime = 5 * time.Second

// refusef says why a computer is not connected to, in whole sentences, and what
// can be done about it.
func refusef(hint, format string, args ...any) error {
	e := codec.Errorf(codec.Unpaired, format, args...)
	e.Hint = hint
	return e
}

// known returns the host called name, or at that address, and who we are.
func known(name string) (trust.Host, *trust.Identity, error) {
	folder, err := trust.OpenOwn()
	if err != nil {
		return trust.Host{}, nil, err
	}
	host, err := folder.Host(name)
	if errors.Is(err, trust.ErrUnknown) {
		host, err = folder.Host(withPort(name))
	}
	if errors.Is(err, trust.ErrUnknown) {
		err = unknown(folder, name)
	}
	if err != nil {
		return host, nil, err
	}
	self, err := folder.Identity()
	return host, self, err
}

// unknown says that no host is called name, and which there are.
func unknown(folder *trust.Folder, name string) error {
	hosts, err := folder.Hosts()
	if err != nil {
		return err
	}
	hint := `"techsh pair" makes one known`
	if len(hosts) > 0 {
		hint = "known: " + strings.Join(namesOf(hosts), ", ") + `; "techsh pair" makes another one known`
	}
	return refusef(hint, "%s: no computer of that name is known here", codec.Name(name))
}

func namesOf(hosts []trust.Host) []string {
	var names []string
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return names
}

// trusted opens the way to a known computer, which has to have the key it had
// when it was paired.
func trusted(ctx context.Context, name string) (io.ReadWriteCloser, link.Opening, error) {
	found := client.BeginStep(ctx, "name")
	host, self, err := known(name)
	if err != nil {
		return nil, link.Opening{}, err
	}
	found(host.Name + " is at " + host.Addr)
	raw, err := dial(ctx, host.Addr)
	if err != nil {
		return nil, link.Opening{}, refusef("is it on, and does techshd run there? If its address is another one now, pair again",
			"no answer from %s at %v", host.Name, err)
	}
	conn, err := secure(ctx, raw, host.Addr, self.Client(host.ID))
	if key, ok := errors.AsType[*trust.KeyError](err); ok {
		return nil, link.Opening{}, refusef(
			fmt.Sprintf(`ask its owner: if it was set up again, "techsh forget %s" and "techsh pair"; if not, somebody is in between`, host.Name),
			"STOP: %s answered with another key than the one paired on %s (expected %s, got %s). Nothing was sent.",
			host.Addr, host.Added.Format(time.DateOnly), key.Want.Short(), key.Got.Short())
	}
	if err != nil {
		return nil, link.Opening{}, err
	}
	return conn, link.Opening{}, nil
}

// secure does the TLS handshake on raw, which it closes when that fails. The
// error is a *trust.KeyError, or says what is at addr instead of techshd.
func secure(ctx context.Context, raw net.Conn, addr string, config *tls.Config) (*tls.Conn, error) {
	late := errors.New("the time is up")
	limited, cancel := context.WithTimeoutCause(ctx, tlsTime, late)
	defer cancel()
	w := &witness{Conn: raw}
	encrypted := client.BeginStep(ctx, "TLS")
	conn := tls.Client(w, config)
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
	return nil, w.stranger(addr, err, err == late)
}

// A witness keeps the first bytes that come, in case it is no techshd that
// says them.
type witness struct {
	net.Conn
	said []byte
}

const enough = 60 // bytes to know somebody by

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.said = append(w.said, p[:min(n, enough-len(w.said))]...)
	return n, err
}

// stranger says who is there, who is no techshd.
func (w *witness) stranger(addr string, err error, late bool) error {
	const hint = "is the port right? That of techshd is " + defaultPort + ", unless it was told another one"
	first, _, _ := strings.Cut(strings.TrimLeft(string(w.said), "\r\n"), "\n")
	switch {
	case len(w.said) == 0 && late:
		return refusef(hint, "%s took the connection, and said nothing for %v: it hangs, or it is not techshd", addr, tlsTime)
	case len(w.said) == 0:
		return refusef(hint, "%s took the connection and hung up without a word: it is not techshd, or one that was started with --plain", addr)
	case speaksTLS(w.said) && late:
		return refusef("the network may be very slow: try again", "%s did not get done with TLS within %v", addr, tlsTime)
	case speaksTLS(w.said):
		return refusef(hint, "%s answered, but it is not techshd (%v)", addr, err)
	}
	return refusef(hint, "%s answered, but it is not techshd (it said \"%s\")", addr, codec.Show(strings.TrimSuffix(first, "\r")))
}

// speaksTLS says whether b begins like a record of TLS: a handshake or an
// alert (RFC 8446, section 5.1).
func speaksTLS(b []byte) bool {
	return slices.Contains([]byte{20, 21, 22}, b[0]) && (len(b) == 1 || b[1] == 3)
}
