package shell

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

func lintRows() []row {
	return []row{
		{
			names: []string{"lint"}, synopsis: "[--mine] [HOST]", line: "sends a server of yours odd and broken frames, and says whether it does what the specification asks", most: 1,
			kinds: []kind{hostName}, reaches: true, frames: true, run: lint,
			options:  []codec.Option{{Long: "mine", Line: "it is yours, although it is not at this computer"}},
			examples: []string{"lint", "lint --mine office-pc"},
		},
	}
}

// A Stranger is somebody whom a server has to turn away.
type Stranger string

// The strangers of servers that speak TLS.
const (
	NoCertificate Stranger = "no certificate"
	OtherKey      Stranger = "a key that nobody knows"
	OtherALPN     Stranger = "another ALPN"
	OlderTLS      Stranger = "TLS 1.2"
	NoTLS         Stranger = "no TLS"
)

// Knock connects to a target as a Stranger. The error is a *TurnedAwayError
// when the handshake was refused, and errors.ErrUnsupported where servers know
// no strangers, as plain ones, which do not speak TLS.
type Knock func(ctx context.Context, target string, as Stranger) (io.ReadWriteCloser, error)

const lintWithin = 5 * time.Second

// A linter runs the checks on one server.
type linter struct {
	s      *Shell
	target string
	within time.Duration // for each thing that a server has to do
	answer string        // what a person was asked for, once

	plain bool
	hello codec.Hello

	passed, failed, untried int
}

func lint(ctx context.Context, s *Shell, in invocation) error {
	l := &linter{s: s, target: s.aim(in), within: lintWithin}
	if err := l.meet(ctx, in.Has("mine")); err != nil {
		return err
	}
	for _, c := range checks() {
		if !l.applies(c) {
			continue
		}
		if err := l.check(ctx, c); err != nil {
			return err
		}
		if err := s.out.Flush(); err != nil {
			return aboutStream("standard output", err)
		}
	}
	fmt.Fprintf(s.out, "%d passed, %d failed, %d not tried\n", l.passed, l.failed, l.untried)
	if l.failed > 0 {
		return fmt.Errorf("%s: %d of %s failed", nameOf(l.target), l.failed, count(int64(l.passed+l.failed), "check"))
	}
	return nil
}

// aim is the target that a command which makes connections of its own is
// about: the one it names, or the shell's.
func (s *Shell) aim(in invocation) string {
	switch {
	case len(in.Words) == 1:
		return in.Words[0].Text
	case s.conn != nil:
		return s.conn.target
	}
	return s.Target
}

// meet finds out whether the server may be checked, and what it can.
func (l *linter) meet(ctx context.Context, mine bool) error {
	i, err := l.reach(ctx)
	if err != nil {
		return &unreached{err}
	}
	defer i.close()
	switch {
	case i.translated():
		return codec.Errorf(codec.Unsupported, "%s speaks a dialect, and these checks are those of %s", nameOf(l.target), codec.Version)
	case !mine && !i.onLoopback():
		return withHint(fmt.Errorf("%s is not this computer", nameOf(l.target)), "lint --mine, if that server is yours: it is sent what it has to refuse")
	}
	l.plain = i.opening.Cookie != ""
	i.begin(ctx, byHeader)
	if i.wrong != "" {
		return &unreached{fmt.Errorf("%s: it should say %s, and it said %s", nameOf(l.target), i.wrong, codec.Show(i.said()))}
	}
	l.hello = i.hello
	return nil
}

// reach opens a connection for one check. A person is asked once.
func (l *linter) reach(ctx context.Context) (*inspection, error) {
	rwc, opening, err := l.s.Reach(ctx, l.target, func(prompt string) (answer string, err error) {
		if l.answer == "" {
			l.answer, err = l.s.ask(prompt)
		}
		return l.answer, err
	})
	if err != nil {
		return nil, err
	}
	return newInspection(rwc, opening, l.within), nil
}

// applies says whether a check is about the way to this server.
func (l *linter) applies(c check) bool {
	switch {
	case c.as != "":
		return l.s.Knock != nil
	case c.begins == atGate:
		return l.plain
	}
	return true
}

// check does one check and prints its outcome. Its error ends the run.
func (l *linter) check(ctx context.Context, c check) error {
	if c.needs != "" && !slices.Contains(l.hello.Verbs, c.needs) {
		l.untried++
		l.line("SKIP", c, "HELO does not offer "+c.needs)
		return nil
	}
	i, err := l.connect(ctx, c)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil // this way knows no strangers
	}
	gone := err
	if err == nil {
		i.begin(ctx, c.begins)
		i.run(ctx, c.steps)
		i.close()
	} else {
		i = &inspection{wrong: c.expected(), came: []string{"no connection"}}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if i.wrong == "" {
		l.passed++
		l.line("PASS", c, c.expected())
		return nil
	}
	l.failed++
	l.line("FAIL", c, "")
	fmt.Fprintf(l.s.out, "      sent      %s\n      expected  %s\n      came      %s\n      missing   %s\n      see       codec/doc.go, %s\n",
		c.sent(), c.expected(), codec.Show(i.said()), itemText(i.wrong), c.section)
	if gone != nil {
		fmt.Fprintf(l.s.out, "      behind it the server could not be reached\n")
		return &unreached{gone}
	}
	return nil
}

// connect opens the connection that a check is about.
func (l *linter) connect(ctx context.Context, c check) (*inspection, error) {
	if c.as == "" {
		return l.reach(ctx)
	}
	rwc, err := l.s.Knock(ctx, l.target, c.as)
	if turnedAway, ok := errors.AsType[*TurnedAwayError](err); ok {
		return &inspection{turnedAway: turnedAway, within: l.within}, nil
	}
	if err != nil {
		return nil, err
	}
	return newInspection(rwc, link.Opening{}, l.within), nil
}

// A TurnedAwayError is how a Knock ends when the server refuses already the
// handshake.
type TurnedAwayError struct{ Reason error }

// Error gives the reason.
func (e *TurnedAwayError) Error() string { return e.Reason.Error() }

// Unwrap returns the reason.
func (e *TurnedAwayError) Unwrap() error { return e.Reason }

func (l *linter) line(outcome string, c check, text string) {
	mark := outcome
	switch outcome {
	case "FAIL":
		mark = l.s.paint.bad(mark)
	case "SKIP":
		mark = l.s.paint.dim(mark)
	}
	if text != "" {
		text = ": " + text
	}
	fmt.Fprintf(l.s.out, "%s  %-14s  %s%s\n", mark, c.section, c.name, l.s.paint.dim(text))
}

// onLoopback says whether the server is at this computer, as far as can be
// seen: behind a carrier it cannot.
func (i *inspection) onLoopback() bool {
	conn, ok := i.rwc.(net.Conn)
	if !ok {
		return false
	}
	addr, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// translated says whether techsh itself is at the other end, and asks a server
// that speaks something else.
func (i *inspection) translated() bool {
	conn, ok := i.rwc.(net.Conn)
	return ok && conn.RemoteAddr().Network() == "pipe"
}

// unreached is the error of a command that could not connect.
type unreached struct{ error }

func (u *unreached) Unwrap() error { return u.error }

// Is makes it stand for the exit status of not being connected.
func (u *unreached) Is(target error) bool { return target == errNotConnected }

// quoted is what was sent or came, or its beginning.
func quoted(text string) string {
	const most = 72
	if len(text) <= most {
		return strconv.Quote(text)
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(text[:most]), len(text))
}
