package lint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// A Handshake is an invalid way to open a connection, which a server must refuse.
type Handshake string

// The handshakes that a server with TLS must refuse.
const (
	NoCertificate Handshake = "no certificate"
	UnknownKey    Handshake = "an unknown key"
	OtherALPN     Handshake = "another ALPN"
	OlderTLS      Handshake = "TLS 1.2"
	NoTLS         Handshake = "no TLS"
)

// A RefusedError is returned by Server.Handshake if the server has refused the
// handshake.
type RefusedError struct{ Reason error }

// Error implements error.
func (e *RefusedError) Error() string { return e.Reason.Error() }

// Unwrap returns the reason.
func (e *RefusedError) Unwrap() error { return e.Reason }

// Errors returned by Open.
var (
	ErrDialect = errors.New("the server speaks a dialect")
	ErrRemote  = errors.New("the server is not on this computer")
)

// A GreetingError is returned by Open if the greeting of the server is invalid.
type GreetingError struct{ Missing, Came string }

// Error implements error.
func (e *GreetingError) Error() string {
	return fmt.Sprintf("expected %s, but received %s", e.Missing, codec.Show(e.Came))
}

// A Server describes the server under test.
type Server struct {
	// Dial opens a connection.
	Dial func(ctx context.Context) (io.ReadWriteCloser, link.Opening, error)

	// Handshake opens a connection with an invalid handshake. It returns a *RefusedError
	// if the server refuses the handshake, and errors.ErrUnsupported if the connection
	// does not use TLS. If Handshake is nil, the checks of handshakes are skipped.
	Handshake func(ctx context.Context, h Handshake) (io.ReadWriteCloser, error)

	Timeout time.Duration // limit for each reaction of the server
	Remote  bool          // the server is allowed to be on another computer
}

// A Linter checks one server.
type Linter struct {
	server  Server
	cookies bool // the server requires a cookie
	hello   codec.Hello
}

// Open connects to a server and returns a Linter for it. It returns an error, without
// sending anything, if the server must not be checked.
func Open(ctx context.Context, s Server) (*Linter, error) {
	l := &Linter{server: s}
	c, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.close()
	switch {
	case c.isTranslated():
		return nil, ErrDialect
	case !s.Remote && !c.isLoopback():
		return nil, ErrRemote
	}
	l.cookies = c.opening.Cookie != ""
	c.begin(ctx, afterFirstCall)
	if c.missing != "" {
		return nil, &GreetingError{c.missing, c.summary()}
	}
	l.hello = c.hello
	return l, nil
}

func (l *Linter) dial(ctx context.Context) (*probeConn, error) {
	rwc, opening, err := l.server.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return newProbeConn(rwc, opening, l.server.Timeout), nil
}

// An Outcome is the outcome of a check.
type Outcome string

// The possible outcomes.
const (
	Pass Outcome = "PASS"
	Fail Outcome = "FAIL"
	Skip Outcome = "SKIP"
)

// A Result is the result of a check.
type Result struct {
	Check   Check
	Outcome Outcome
	Came    string // describes the received answer
	Missing string // describes the missing item of the answer
	Lost    error  // set if no connection could be opened, so that further checks are pointless
}

// Applies reports whether a check makes sense for the way in which the server is
// reached.
func (l *Linter) Applies(c Check) bool {
	switch {
	case c.handshake != "":
		return l.server.Handshake != nil
	case c.begins == beforeAuth:
		return l.cookies
	}
	return true
}

// Do runs a check. applies is false if the attempt shows that the check does not apply to
// this server, although Applies returned true. err is set only if ctx is done.
func (l *Linter) Do(ctx context.Context, c Check) (r Result, applies bool, err error) {
	r = Result{Check: c, Outcome: Skip}
	if c.Verb != "" && !slices.Contains(l.hello.Verbs, c.Verb) {
		return r, true, nil
	}
	conn, err := l.connect(ctx, c)
	if errors.Is(err, errors.ErrUnsupported) {
		return r, false, nil
	}
	if r.Lost = err; err == nil {
		conn.begin(ctx, c.begins)
		conn.run(ctx, c.steps)
		conn.close()
	} else {
		conn = &probeConn{missing: c.Expected(), came: []string{"no connection"}}
	}
	if ctx.Err() != nil {
		return r, true, context.Cause(ctx)
	}
	if conn.missing == "" {
		r.Outcome = Pass
		return r, true, nil
	}
	r.Outcome, r.Came, r.Missing = Fail, conn.summary(), itemText(conn.missing)
	return r, true, nil
}

// connect opens the connection for a check.
func (l *Linter) connect(ctx context.Context, c Check) (*probeConn, error) {
	if c.handshake == "" {
		return l.dial(ctx)
	}
	rwc, err := l.server.Handshake(ctx, c.handshake)
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return &probeConn{refused: refused, timeout: l.server.Timeout}, nil
	}
	if err != nil {
		return nil, err
	}
	return newProbeConn(rwc, link.Opening{}, l.server.Timeout), nil
}

// isLoopback reports whether the server is certainly on this computer. It returns
// false for a connection through a carrier program.
func (c *probeConn) isLoopback() bool {
	conn, ok := c.rwc.(net.Conn)
	if !ok {
		return false
	}
	addr, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// isTranslated reports whether the connection leads to a gateway in this process,
// which translates for a server with a dialect.
func (c *probeConn) isTranslated() bool {
	conn, ok := c.rwc.(net.Conn)
	return ok && conn.RemoteAddr().Network() == "pipe"
}

// quoted returns text as a quoted string, truncated if it is long.
func quoted(text string) string {
	const most = 72
	if len(text) <= most {
		return strconv.Quote(text)
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(text[:most]), len(text))
}
