package programs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"techsh/codec"
	"techsh/remote/verb"
)

const (
	maxArgs     = 256
	maxArgBytes = 32 << 10

	termDelay     = 700 * time.Millisecond // from TERM to KILL
	drainDelay    = 3 * time.Second        // the time from TERM to KILL when the server is stopped
	pipeTimeout   = 2 * time.Second        // for other programs to close the output of a program that has ended
	hangUpTimeout = 200 * time.Millisecond // like pipeTimeout, for a terminal, which already has all output
)

func (p *Programs) execute(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	cmd, err := newCommand(r)
	if err != nil {
		r.Call.NoStream()
		return nil, err
	}
	return p.run(ctx, r, cmd, cmd.Args[0])
}

func (p *Programs) shell(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	cmd, err := newShellCommand(r)
	if err != nil {
		r.Call.NoStream()
		return nil, err
	}
	return p.run(ctx, r, cmd, "sh")
}

// run starts cmd and sends its output until cmd ends. If ctx ends first, run ends cmd and
// everything that cmd has started. If cmd ends by itself, children with a process group
// of their own may continue.
func (p *Programs) run(
	ctx context.Context, r *verb.Request, cmd *exec.Cmd, name string,
) (pairs codec.Pairs, err error) {
	defer func() {
		if !errors.Is(err, verb.ErrAskAgain) {
			r.Call.NoStream()
		}
	}()
	limit, err := timeoutOf(r)
	if err != nil {
		return nil, err
	}
	if err = prepare(ctx, r, cmd); err != nil {
		return nil, err
	}
	if err := checkAgreed(r, cmd); err != nil {
		return nil, err
	}
	running, err := p.startFor(r, cmd)
	if err != nil {
		return nil, codec.Explain(name, startError(err))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if running.in != nil {
		running.stream(r.Call, cancel)
	} else {
		r.Call.NoStream()
	}
	if limit > 0 { // limits the children of cmd too, which may outlive it and still write
		defer time.AfterFunc(limit, func() {
			cancel(&codec.Error{Code: codec.Timeout, Name: name, Text: fmt.Sprintf("it was ended after %v", limit)})
		}).Stop()
	}
	for _, o := range running.outputs {
		running.wg.Go(func() { running.pump(ctx, r.Call.Conn, o) })
	}
	state, held := running.wait(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	pairs = exitPairs(state)
	if held {
		pairs = append(pairs, codec.Pair{Key: "note", Value: heldNote})
	}
	return pairs, nil
}

// startFor starts cmd with pipes or in a terminal, as the options say.
func (p *Programs) startFor(r *verb.Request, cmd *exec.Cmd) (*process, error) {
	columns, rows, terminal, err := terminalSize(r)
	switch {
	case err != nil:
		return nil, err
	case terminal:
		return startTerminal(cmd, &p.guard, columns, rows)
	}
	return startPiped(cmd, &p.guard, r.Args.Has("i"))
}

// timeoutOf returns the value of --timeout, or 0 if it was not given.
func timeoutOf(r *verb.Request) (time.Duration, error) {
	text, ok := r.Args.Value("timeout")
	if !ok {
		return 0, nil
	}
	limit, err := time.ParseDuration(text + "s")
	if err != nil || limit <= 0 || strings.Trim(text, ".0123456789") != "" {
		return 0, codec.Explain(text, codec.Errorf(codec.BadRequest, "a timeout is a number of seconds, more than 0"))
	}
	return limit, nil
}

// startError returns the error for a program that could not be started.
func startError(err error) error {
	switch {
	case errors.Is(err, syscall.ENOENT) && programExists(err):
		return codec.Errorf(codec.NotFound, "its interpreter is missing")
	case errors.Is(err, syscall.ETXTBSY):
		return codec.Errorf(codec.Busy, "it is being written to")
	case needsElevation(err):
		e := codec.Explain("", err)
		e.Hint = "start asks the person at the screen for them"
		return e
	case errors.Is(err, syscall.E2BIG), errors.Is(err, argumentsTooLong):
		return codec.Errorf(codec.TooBig, "the arguments and variables are too many for this system")
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.EMFILE),
		errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ENOSPC): // ENOSPC: no more terminals
		errno, _ := errors.AsType[syscall.Errno](err)
		return codec.Errorf(codec.Busy, "the system has no room for another program: %v", errno)
	}
	return err
}

// programExists reports whether the program that could not be started exists.
func programExists(err error) bool {
	e, ok := errors.AsType[*fs.PathError](err)
	if !ok {
		return false
	}
	_, err = os.Stat(e.Path)
	return err == nil
}

// prepare sets the folder and the variables of cmd, and probes cmd.
func prepare(ctx context.Context, r *verb.Request, cmd *exec.Cmd) (err error) {
	if cmd.Dir, err = workingFolder(ctx, r); err != nil {
		return err
	}
	cmd.Env = environment(r, cmd.Dir)
	probe(cmd)
	return nil
}

// workingFolder returns the path of the folder in which a program runs. The path begins
// at the root of the system, not at the root of the jail.
func workingFolder(ctx context.Context, r *verb.Request) (string, error) {
	path := "."
	if d, ok := r.Args.Value("d"); ok {
		var err error
		if path, err = r.View.One(ctx, codec.Bare(d)); err != nil {
			return "", codec.Explain(d, err)
		}
	}
	dir, real, err := r.View.Folder(path)
	if err != nil {
		return "", codec.Explain(path, err)
	}
	return r.View.FS.Real(real), dir.Close()
}

// endDelay returns how long to wait for a program to end after it was asked to end.
func endDelay(ctx context.Context) time.Duration {
	if errors.Is(context.Cause(ctx), &codec.Error{Code: codec.Draining}) {
		return drainDelay
	}
	return termDelay
}
