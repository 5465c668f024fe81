package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/protocol/lint"
)

func lintRows() []row {
	return []row{
		{
			names:    []string{"lint"},
			synopsis: "[--mine] [HOST]",
			line:     "sends a server of yours odd and broken frames, and checks that it keeps to the protocol",
			most:     1,
			kinds:    []kind{hostName},
			reaches:  true,
			frames:   true,
			run:      runLint,
			options: []codec.Option{
				{Long: "mine", Line: "the server is yours, although it is not on this computer"},
			},
			examples: []string{"lint", "lint --mine office-pc"},
		},
	}
}

// Handshake connects to a target with a handshake that it has to refuse: see
// lint.Server.
type Handshake func(ctx context.Context, target string, h lint.Handshake) (io.ReadWriteCloser, error)

// lintTimeout is how long each thing may take that the server has to do.
const lintTimeout = 5 * time.Second

func runLint(ctx context.Context, s *Shell, in invocation) error {
	target := s.aim(in)
	l, err := lint.Open(ctx, s.lintServer(target, in.Has("mine")))
	if err != nil {
		return lintRefused(target, err)
	}
	outcomes := map[lint.Outcome]int{}
	for _, c := range lint.Checks() {
		if !l.Applies(c) {
			continue
		}
		r, applies, err := l.Do(ctx, c)
		if err != nil {
			return err
		}
		if !applies {
			continue
		}
		outcomes[r.Outcome]++
		s.printCheck(r)
		if err := s.out.Flush(); err != nil {
			return aboutStream("standard output", err)
		}
		if r.Lost != nil {
			return &unreached{r.Lost}
		}
	}
	passed, failed := outcomes[lint.Pass], outcomes[lint.Fail]
	fmt.Fprintf(s.out, "%d passed, %d failed, %d not tried\n", passed, failed, outcomes[lint.Skip])
	if failed > 0 {
		return fmt.Errorf("%s: %d of %s failed", nameOf(target), failed, count(int64(passed+failed), "check"))
	}
	return nil
}

// lintServer returns the target as a server to check. A secret that Reach asks
// for is asked for once.
func (s *Shell) lintServer(target string, remote bool) lint.Server {
	secret := ""
	ask := func(prompt string) (answer string, err error) {
		if secret == "" {
			secret, err = s.ask(prompt)
		}
		return secret, err
	}
	server := lint.Server{
		Dial: func(ctx context.Context) (io.ReadWriteCloser, link.Opening, error) {
			return s.Reach(ctx, target, ask)
		},
		Timeout: lintTimeout,
		Remote:  remote,
	}
	if s.Handshake != nil {
		server.Handshake = func(ctx context.Context, h lint.Handshake) (io.ReadWriteCloser, error) {
			return s.Handshake(ctx, target, h)
		}
	}
	return server
}

// lintRefused explains why a server is not checked.
func lintRefused(target string, err error) error {
	_, greeting := errors.AsType[*lint.GreetingError](err)
	switch {
	case errors.Is(err, lint.ErrDialect):
		return codec.Errorf(codec.Unsupported, "%s speaks a dialect, and these checks are those of %s",
			nameOf(target), codec.Version)
	case errors.Is(err, lint.ErrRemote):
		return withHint(fmt.Errorf("%s is not this computer", nameOf(target)),
			"lint --mine, if that server is yours: it is sent what it has to refuse")
	case greeting:
		return &unreached{fmt.Errorf("%s: %w", nameOf(target), err)}
	}
	return &unreached{err}
}

// printCheck prints the outcome of a check.
func (s *Shell) printCheck(r lint.Result) {
	c, mark, text := r.Check, string(r.Outcome), ""
	switch r.Outcome {
	case lint.Pass:
		text = ": " + c.Expected()
	case lint.Fail:
		mark = s.paint.bad(mark)
	case lint.Skip:
		mark, text = s.paint.dim(mark), ": HELO does not offer "+c.Verb
	}
	fmt.Fprintf(s.out, "%s  %-14s  %s%s\n", mark, c.Section, c.Name, s.paint.dim(text))
	if r.Outcome != lint.Fail {
		return
	}
	for _, line := range [][2]string{
		{"sent", c.Sent()},
		{"expected", c.Expected()},
		{"came", codec.Show(r.Came)},
		{"missing", r.Missing},
		{"see", "codec/doc.go, " + c.Section},
	} {
		fmt.Fprintf(s.out, "      %-8s  %s\n", line[0], line[1])
	}
	if r.Lost != nil {
		fmt.Fprintln(s.out, "      the server could not be reached")
	}
}

// aim returns the target of a command that makes connections of its own: the one
// that it names, or that of the shell.
func (s *Shell) aim(in invocation) string {
	switch {
	case len(in.Words) == 1:
		return in.Words[0].Text
	case s.conn != nil:
		return s.conn.target
	}
	return s.Target
}

// unreached is the error of a command that could not connect.
type unreached struct{ error }

func (u *unreached) Unwrap() error { return u.error }

// Is makes its exit status that of not being connected.
func (u *unreached) Is(target error) bool { return target == errNotConnected }
