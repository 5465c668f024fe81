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

// A Handshake is a way to begin a connection that a server has to refuse.
type Handshake string

// The handshakes that servers with TLS have to refuse.
const (
	NoCertificate Handshake = "no certificate"
	UnknownKey    Handshake = "an unknown key"
	OtherALPN     Handshake = "another ALPN"
	OlderTLS      Handshake = "TLS 1.2"
	NoTLS         Handshake = "no TLS"
)

// A RefusedError is returned by Server.Handshake when the server has refused the
// handshake.
type RefusedError struct{ Reason error }

// Error returns the reason.
func (e *RefusedError) Error() string { return e.Reason.Error() }

// Unwrap returns the reason.
func (e *RefusedError) Unwrap() error { return e.Reason }

// Errors of Open.
var (
	ErrDialect = errors.New("the server speaks a dialect")
	ErrRemote  = errors.New("the server is not on this computer")
)

// A GreetingError is returned by Open when the server does not greet as it must.
type GreetingError struct{ Missing, Came string }

// Error says what is missing and what came instead.
func (e *GreetingError) Error() string {
	return fmt.Sprintf("it should say %s, and it said %s", e.Missing, codec.Show(e.Came))
}

// A Server is the server that is checked.
type Server struct {
	// Dial opens a connection.
	Dial func(ctx context.Context) (io.ReadWriteCloser, link.Opening, error)

	// Handshake opens a connection with a handshake that the server has to
	// refuse. Its error is a *RefusedError if the server did, and
	// errors.ErrUnsupported if there are no handshakes, as without TLS. Nil
	// skips these checks.
	Handshake func(ctx context.Context, h Handshake) (io.ReadWriteCloser, error)

	Timeout time.Duration // for each thing that the server has to do
	Remote  bool          // the server may be on another computer
}

// A Linter checks one server.
type Linter struct {
	server  Server
	cookies bool // the server wants a cookie
	hello   codec.Hello
}

// Open connects to a server and returns a Linter for it. It sends nothing to a
// server that may not be checked.
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

// An Outcome is how a check ends.
type Outcome string

// The outcomes.
const (
	Pass Outcome = "PASS"
	Fail Outcome = "FAIL"
	Skip Outcome = "SKIP"
)

// A Result is the outcome of one check.
type Result struct {
	Check   Check
	Outcome Outcome
	Came    string // the answer, in a few words
	Missing string // the item of the answer that did not come
	Lost    error  // the connection could not be opened: no other check can be done
}

// Applies reports whether a check is about the way in which this server is
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

// Do does one check. applies is false if the check turns out not to be about
// this server. The error is that of ctx.
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

// isLoopback reports whether the server is on this computer. Behind a carrier
// this is not known, and it returns false.
func (c *probeConn) isLoopback() bool {
	conn, ok := c.rwc.(net.Conn)
	if !ok {
		return false
	}
	addr, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// isTranslated reports whether the other end is techsh itself, which translates
// for a server that speaks a dialect.
func (c *probeConn) isTranslated() bool {
	conn, ok := c.rwc.(net.Conn)
	return ok && conn.RemoteAddr().Network() == "pipe"
}

// quoted returns a quoted text, shortened to one line.
func quoted(text string) string {
	const most = 72
	if len(text) <= most {
		return strconv.Quote(text)
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(text[:most]), len(text))
}
