package remote

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"techsh/codec"
	"techsh/codec/trust"
)

func programRows() []row {
	options := []codec.Option{{Short: 'i', Line: "the client streams standard input: DATA… END"}, {Short: 'd', Arg: "DIR", Line: "runs there"}}
	return []row{
		{
			verb: "EXEC", right: trust.Exec, asks: true, synopsis: "[-i] [-d DIR] PROG ARG…", line: "runs a program: DATA is its output, NOTE its errors, OK its end",
			options: options, leading: true, stream: true, run: execute,
		},
		{
			verb: "SH", right: trust.Exec, asks: true, long: []string{"shell"}, synopsis: "[-i] [-d DIR] LINE", line: "likewise, a line for the system's shell",
			options: options, leading: true, stream: true, run: shell,
		},
	}
}

const (
	maxArgs     = 256
	maxArgBytes = 32 << 10
	termTime    = 700 * time.Millisecond // from TERM to KILL
	drainTime   = 3 * time.Second        // likewise when the server goes down
	pipeTime    = 2 * time.Second        // for others to let go of the output of a program that has ended
)

func execute(ctx context.Context, r *request) (codec.Pairs, error) {
	cmd, err := r.command()
	if err != nil {
		r.NoStream()
		return nil, err
	}
	return r.run(ctx, cmd, cmd.Args[0])
}

// command makes the words of a call a program and its arguments.
func (r *request) command() (*exec.Cmd, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	if n := len(r.args.Words); n > maxArgs {
		return nil, codec.Errorf(codec.BadRequest, "%d words, the most is %d", n, maxArgs)
	}
	var argv []string
	size := 0
	for _, w := range r.args.Words {
		argv = append(argv, w.Text)
		size += len(w.Text)
		if strings.IndexByte(w.Text, 0) >= 0 {
			return nil, codec.Errorf(codec.BadRequest, "no argument of a program has a NUL in it")
		}
	}
	if size > maxArgBytes {
		return nil, codec.Errorf(codec.TooBig, "%d bytes of arguments, the most is %d", size, maxArgBytes)
	}
	path, err := r.program(argv[0])
	if err != nil {
		return nil, codec.Explain(argv[0], err)
	}
	cmd := exec.Command(path)
	cmd.Args = argv
	return cmd, nil
}

func shell(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		r.NoStream()
		return nil, err
	}
	return r.run(ctx, shellCommand(codec.Rest(r.line, r.args.Words)), "sh")
}

// program finds what name runs: on the server's PATH, or, with a separator
// in it, from the session's folder.
func (s *session) program(name string) (string, error) {
	var path string
	if filepath.IsAbs(name) || strings.ContainsFunc(name, func(c rune) bool { return c < 0x80 && os.IsPathSeparator(byte(c)) }) {
		abs, err := s.abs(name)
		if err != nil {
			return "", err
		}
		if path, err = exec.LookPath(s.disk.real(abs)); err != nil {
			return "", noProgram(err)
		}
	} else {
		var err error
		if path, err = exec.LookPath(name); err != nil { // also ErrDot: nothing is run from where we happen to be
			return "", noProgram(err)
		}
	}
	return path, checkProgram(path)
}

func noProgram(err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return codec.Errorf(codec.NotFound, "no such program")
	}
	if errors.Is(err, exec.ErrDot) {
		return codec.Errorf(codec.NotAllowed, "it is only in the folder where the server runs, which is not searched")
	}
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return e.Err
	}
	return err
}

// run starts cmd and answers what it writes until it ends, or ctx does. It
// leaves no process of its group behind.
func (r *request) run(ctx context.Context, cmd *exec.Cmd, name string) (pairs codec.Pairs, err error) {
	defer r.NoStream()
	if cmd.Dir, err = r.workingFolder(ctx); err != nil {
		return nil, err
	}
	cmd.Env = environment(os.Environ())
	p, err := start(cmd, r.args.Has("i"))
	if errors.Is(err, syscall.ENOEXEC) {
		err = codec.Errorf(codec.Unsupported, "not a program of this system")
	}
	if err != nil {
		return nil, codec.Explain(name, err)
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
	p.wg.Go(func() { p.pump(ctx, r.Conn, codec.DATA, p.out, 256<<10) })
	p.wg.Go(func() { p.pump(ctx, r.Conn, codec.NOTE, p.err, 32<<10) })
	state, held := p.wait(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	pairs = exitPairs(state)
	if held {
		pairs = append(pairs, codec.Pair{Key: "note", Value: "others that it started still held its output: they were ended"})
	}
	return pairs, nil
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

// environment is what programs get: the server's, less what is ours.
func environment(env []string) []string {
	var out []string
	for _, kv := range env {
		if !strings.HasPrefix(strings.ToUpper(kv), "TECHSH_") {
			out = append(out, kv)
		}
	}
	return out
}

// graceOf returns how long a program may take to end when it is asked to.
func graceOf(ctx context.Context) time.Duration {
	if errors.Is(context.Cause(ctx), errDraining) {
		return drainTime
	}
	return termTime
}
