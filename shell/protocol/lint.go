package protocol

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/protocol/lint"
)

// A Handshake connects to a target with an invalid handshake. The field Handshake of
// lint.Server specifies the results.
type Handshake func(ctx context.Context, target string, h lint.Handshake) (io.ReadWriteCloser, error)

// lintTimeout is the limit for each answer of the server.
const lintTimeout = 5 * time.Second

func runLint(ctx context.Context, env *command.Env, handshake Handshake, in command.Invocation) error {
	target := env.DialTarget(in)
	l, err := lint.Open(ctx, lintServer(env, handshake, target, in.Has("mine")))
	if err != nil {
		return describeLintError(target, err)
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
		printCheck(env, r)
		if err := env.Console.Flush(); err != nil {
			return console.AboutStream("standard output", err)
		}
		if r.Lost != nil {
			return &connectError{r.Lost}
		}
	}
	passed, failed := outcomes[lint.Pass], outcomes[lint.Fail]
	fmt.Fprintf(env.Console, "%d passed, %d failed, %d not tried\n", passed, failed, outcomes[lint.Skip])
	if failed > 0 {
		checks := console.Count(int64(passed+failed), "check")
		return fmt.Errorf("%s: %d of %s failed", client.TargetName(target), failed, checks)
	}
	return nil
}

// lintServer returns the lint.Server for a target. The user is asked for a secret
// only once, although lint opens many connections.
func lintServer(env *command.Env, handshake Handshake, target string, remote bool) lint.Server {
	secret := ""
	ask := func(prompt string) (answer string, err error) {
		if secret == "" {
			secret, err = env.Console.AskSecret(prompt)
		}
		return secret, err
	}
	server := lint.Server{
		Dial: func(ctx context.Context) (io.ReadWriteCloser, link.Opening, error) {
			return env.Dial(ctx, target, ask)
		},
		Timeout: lintTimeout,
		Remote:  remote,
	}
	if handshake != nil {
		server.Handshake = func(ctx context.Context, h lint.Handshake) (io.ReadWriteCloser, error) {
			return handshake(ctx, target, h)
		}
	}
	return server
}

// describeLintError explains to the user why a server cannot be checked.
func describeLintError(target string, err error) error {
	_, greeting := errors.AsType[*lint.GreetingError](err)
	switch {
	case errors.Is(err, lint.ErrDialect):
		return codec.Errorf(codec.Unsupported, "%s speaks a dialect, but these checks are for %s",
			client.TargetName(target), codec.Version)
	case errors.Is(err, lint.ErrRemote):
		return console.WithHint(fmt.Errorf("%s is not this computer", client.TargetName(target)),
			"lint --mine, if that server is yours: lint sends what servers must refuse")
	case greeting:
		return &connectError{fmt.Errorf("%s: %w", client.TargetName(target), err)}
	}
	return &connectError{err}
}

// printCheck prints the result of a check.
func printCheck(env *command.Env, r lint.Result) {
	c, mark, text := r.Check, string(r.Outcome), ""
	switch r.Outcome {
	case lint.Pass:
		text = ": " + c.Expected()
	case lint.Fail:
		mark = env.Console.Paint.Bad(mark)
	case lint.Skip:
		mark, text = env.Console.Paint.Dim(mark), ": HELO does not offer "+c.Verb
	}
	fmt.Fprintf(env.Console, "%s  %-14s  %s%s\n", mark, c.Section, c.Name, env.Console.Paint.Dim(text))
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
		fmt.Fprintf(env.Console, "      %-8s  %s\n", line[0], line[1])
	}
	if r.Lost != nil {
		fmt.Fprintln(env.Console, "      the server could not be reached")
	}
}
