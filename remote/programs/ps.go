package programs

import (
	"cmp"
	"context"
	"errors"
	"math"
	"os"
	"time"

	"techsh/codec"
	"techsh/remote/system"
	"techsh/remote/verb"
)

func (p *Programs) list(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	most := -1
	if r.Args.Has("mine") {
		most = 0
	}
	if err := r.Need(0, most); err != nil {
		return nil, err
	}
	l := verb.NewLines(ctx, r)
	add := func(p codec.Process) error { return l.Line(p.String()) }
	var err error
	switch {
	case r.Args.Has("mine"):
		for _, pid := range p.detached.of(r.Peer.Key) {
			if one, perr := system.Process(ctx, pid); perr == nil { // an error means that it has just ended
				err = errors.Join(err, add(one))
			}
		}
	case len(r.Args.Words) > 0:
		err = eachProcess(ctx, r, &l.Tally, func(pid int) error {
			p, err := system.Process(ctx, pid)
			if err != nil {
				return err
			}
			return add(p)
		})
	default:
		var all []codec.Process
		all, err = system.Processes(ctx)
		for _, p := range all {
			err = errors.Join(err, add(p))
		}
	}
	if err = errors.Join(err, l.Flush()); err != nil {
		return nil, err
	}
	return codec.Pairs{codec.PairOf("now", time.Now().UTC().Format(codec.TimeLayout))}, l.Partial()
}

// eachProcess calls do for each pid among the words of the call, and counts the outcomes
// in t.
func eachProcess(ctx context.Context, r *verb.Request, t *verb.Tally, do func(pid int) error) error {
	words := r.Args.Words
	for _, w := range words {
		pid, err := parsePID(w.Text)
		if err == nil {
			err = do(pid)
		}
		if err := r.Count(ctx, t, len(words) == 1, w.Text, err); err != nil {
			return err
		}
	}
	return nil
}

// parsePID parses a process id. It refuses the numbers that mean a group or all
// processes.
func parsePID(text string) (int, error) {
	n, ok := codec.ParseNumber(text)
	if !ok || n < 1 || n > math.MaxInt32 {
		return 0, codec.Errorf(codec.BadRequest, "not the number of a process")
	}
	return int(n), nil
}

func kill(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	name, given := r.Args.Value("s")
	if !given {
		name = "TERM"
	}
	sig, err := parseSignal(name)
	if err != nil {
		return nil, codec.Explain(name, err)
	}
	var t verb.Tally
	err = eachProcess(ctx, r, &t, func(pid int) error { return signal(ctx, r, pid, sig) })
	if err != nil {
		return nil, err
	}
	return nil, t.Partial()
}

// signal sends a signal to a process. It opens the process before it checks the name of
// its program, because otherwise the pid could belong to another process when the signal
// is sent.
func signal(ctx context.Context, r *verb.Request, pid int, sig os.Signal) error {
	if pid == os.Getpid() {
		return codec.Errorf(codec.NotAllowed, "it is techshd itself, without which nobody can connect")
	}
	p, err := os.FindProcess(pid)
	if err != nil { // on Windows only
		_, missing := system.ProgramName(ctx, pid)
		return cmp.Or(missing, err)
	}
	defer p.Release()
	if want, ok := r.Args.Value("name"); ok {
		is, err := system.ProgramName(ctx, pid)
		if err != nil {
			return err
		}
		if is != want {
			return codec.Errorf(codec.Changed, "it is %s now, and not %s", codec.Name(is), codec.Name(want))
		}
	}
	if err := checkKilled(ctx, r, pid); err != nil {
		return err
	}
	err = p.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return system.NoProcess()
	}
	return err
}
