package remote

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
	"techsh/codec/trust"
)

func programRows() []row {
	place := []codec.Option{{Short: 'd', Arg: "DIR", Line: "runs there"}, {Short: 'e', Arg: "NAME=VALUE", Line: "sets a variable; may come again", Many: true}}
	options := append([]codec.Option{
		{Short: 'i', Line: "the client streams standard input: DATA… END"},
		{Short: 't', Arg: "COLSxROWS", Line: "in a terminal of that size, whose input the client streams: DATA, SIZE…"},
		{Long: "timeout", Arg: "SECONDS", Line: "ends it then"},
	}, place...)
	const how = "[-i] [-t COLSxROWS] [-d DIR] [-e NAME=VALUE…] [--timeout SECONDS] "
	return []row{
		{
			verb: "EXEC", right: trust.Exec, asks: true, synopsis: how + "PROG ARG…",
			line: "runs a program: DATA is its output, NOTE its errors, OK its end", options: options, leading: true, stream: true, run: execute,
		},
		{
			verb: "SH", right: trust.Exec, asks: true, long: []string{"shell"}, synopsis: how + "[--shell SHELL] LINE", line: "likewise, a line for the system's shell",
			options: append([]codec.Option{{Long: "shell", Arg: "SHELL", Line: "for that one"}}, options...), leading: true, stream: true, run: shell,
		},
		{
			verb: "RUN", right: trust.Exec, asks: true, long: []string{"start"}, synopsis: "[-d DIR] [-e NAME=VALUE…] PROG ARG…",
			line: "starts a program, or what opens a document, on the desktop here: OK pid=", options: place, leading: true, run: launch,
		},
	}
}

const (
	maxArgs     = 256
	maxArgBytes = 32 << 10
	termTime    = 700 * time.Millisecond // from TERM to KILL
	drainTime   = 3 * time.Second        // likewise when the server goes down
	pipeTime    = 2 * time.Second        // for others to let go of the output of a program that has ended
	hangUpTime  = 200 * time.Millisecond // likewise of its terminal: what it has shown is on its way
)

func execute(ctx context.Context, r *request) (codec.Pairs, error) {
	cmd, err := r.command()
	if err != nil {
		r.NoStream()
		return nil, err
	}
	return r.run(ctx, cmd, cmd.Args[0])
}

func shell(ctx context.Context, r *request) (codec.Pairs, error) {
	cmd, err := r.shellLine()
	if err != nil {
		r.NoStream()
		return nil, err
	}
	return r.run(ctx, cmd, "sh")
}

// run starts cmd and answers what it writes until it ends, or ctx does. What
// it has started ends with ctx; if it ends by itself, others may go on that have
// a process group of their own.
func (r *request) run(ctx context.Context, cmd *exec.Cmd, name string) (pairs codec.Pairs, err error) {
	defer r.NoStream()
	limit, err := r.timeout()
	if err != nil {
		return nil, err
	}
	if err = r.prepare(ctx, cmd); err != nil {
		return nil, err
	}
	p, err := r.start(cmd)
	if err != nil {
		return nil, codec.Explain(name, startError(err))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if p.in != nil {
		ended := r.Stream(p.in.take)
		p.wg.Go(func() {
			select {
			case err := <-ended:
				if err != nil { // the stream makes no sense: the program ends with it
					cancel(err)
				}
			case <-p.gone:
			}
		})
		p.wg.Go(func() { p.in.feed(r.Conn) })
	} else {
		r.NoStream()
	}
	if limit > 0 { // for what it has started too, which may outlive it and still be heard
		defer time.AfterFunc(limit, func() {
			cancel(&codec.Error{Code: codec.Timeout, Name: name, Text: fmt.Sprintf("it was ended after %v", limit)})
		}).Stop()
	}
	for _, o := range p.outputs {
		p.wg.Go(func() { p.pump(ctx, r.Conn, o) })
	}
	state, held := p.wait(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	pairs = exitPairs(state)
	if held {
		pairs = append(pairs, codec.Pair{Key: "note", Value: "others that it started still held its output, which is read no longer: they were ended, unless they have a session of their own"})
	}
	return pairs, nil
}

// start starts cmd as the options say.
func (r *request) start(cmd *exec.Cmd) (*process, error) {
	columns, rows, terminal, err := r.size()
	switch {
	case err != nil:
		return nil, err
	case terminal:
		return startTerminal(cmd, columns, rows)
	}
	return start(cmd, r.args.Has("i"))
}

// timeout returns what --timeout says, 0 without it.
func (r *request) timeout() (time.Duration, error) {
	text, ok := r.args.Value("timeout")
	if !ok {
		return 0, nil
	}
	limit, err := time.ParseDuration(text + "s")
	if err != nil || limit <= 0 || strings.Trim(text, ".0123456789") != "" {
		return 0, codec.Explain(text, codec.Errorf(codec.BadRequest, "a timeout is a number of seconds, more than 0"))
	}
	return limit, nil
}

// startError says why a program could not be started.
func startError(err error) error {
	switch {
	case errors.Is(err, syscall.ENOENT) && isThere(err):
		return codec.Errorf(codec.NotFound, "its interpreter is missing")
	case errors.Is(err, syscall.ENOEXEC):
		return codec.Errorf(codec.Unsupported, "not a program of this system")
	case errors.Is(err, syscall.ETXTBSY):
		return codec.Errorf(codec.Busy, "it is being written to")
	case errors.Is(err, syscall.E2BIG):
		return codec.Errorf(codec.TooBig, "the arguments and variables are too many for this system")
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE),
		errors.Is(err, syscall.ENOSPC): // for one more terminal
		errno, _ := errors.AsType[syscall.Errno](err)
		return codec.Errorf(codec.Busy, "the system has no room for another program: %v", errno)
	}
	return err
}

// isThere says whether the program is there that could not be started.
func isThere(err error) bool {
	e, ok := errors.AsType[*fs.PathError](err)
	if !ok {
		return false
	}
	_, err = os.Stat(e.Path)
	return err == nil
}

// prepare gives cmd its folder and its variables.
func (r *request) prepare(ctx context.Context, cmd *exec.Cmd) (err error) {
	if cmd.Dir, err = r.workingFolder(ctx); err != nil {
		return err
	}
	cmd.Env, err = r.environment()
	return err
}

// workingFolder returns where a program runs, in terms of the machine.
func (r *request) workingFolder(ctx context.Context) (string, error) {
	path := "."
	if d, ok := r.args.Value("d"); ok {
		var err error
		if path, err = r.one(ctx, codec.Bare(d)); err != nil {
			return "", codec.Explain(d, err)
		}
	}
	dir, real, err := r.folder(path)
	if err != nil {
		return "", codec.Explain(path, err)
	}
	return r.disk.real(real), dir.Close()
}

// graceOf returns how long a program may take to end when it is asked to.
func graceOf(ctx context.Context) time.Duration {
	if errors.Is(context.Cause(ctx), errDraining) {
		return drainTime
	}
	return termTime
}
