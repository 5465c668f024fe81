package remote

import (
	"cmp"
	"context"
	"errors"
	"math"
	"os"
	"time"

	"techsh/codec"
	"techsh/codec/trust"
)

func processRows() []row {
	return []row{
		{
			verb: "PS", right: trust.Info, synopsis: "[--mine] [PID…]", line: "what runs", run: ps,
			options: []codec.Option{{Long: "mine", Line: "what RUN has started for you"}},
		},
		{
			verb: "KILL", right: trust.Exec, asks: true, synopsis: "[-s SIG] [--name PROGRAM] PID…", line: "ends processes", run: kill,
			options: []codec.Option{
				{Short: 's', Arg: "SIG", Line: "sends that signal, by its name or number, and not TERM"},
				{Long: "name", Arg: "PROGRAM", Line: "only what is called so"},
			},
		},
	}
}

func ps(ctx context.Context, r *request) (codec.Pairs, error) {
	most := -1
	if r.args.Has("mine") {
		most = 0
	}
	if err := r.need(0, most); err != nil {
		return nil, err
	}
	l := r.listing(ctx)
	add := func(p codec.Process) error { return l.line(p.String()) }
	var err error
	switch {
	case r.args.Has("mine"):
		for _, pid := range r.mine() {
			if p, perr := processOf(ctx, pid); perr == nil { // else it has just ended
				err = errors.Join(err, add(p))
			}
		}
	case len(r.args.Words) > 0:
		err = r.eachProcess(ctx, &l.tally, func(pid int) error {
			p, err := processOf(ctx, pid)
			if err != nil {
				return err
			}
			return add(p)
		})
	default:
		var all []codec.Process
		all, err = processes(ctx)
		for _, p := range all {
			err = errors.Join(err, add(p))
		}
	}
	if err = errors.Join(err, l.flush()); err != nil {
		return nil, err
	}
	return codec.Pairs{codec.PairOf("now", time.Now().UTC().Format(codec.TimeLayout))}, l.partial()
}

// eachProcess runs do for the pids that the words of the call are, and counts
// in t.
func (r *request) eachProcess(ctx context.Context, t *tally, do func(pid int) error) error {
	words := r.args.Words
	for _, w := range words {
		pid, err := pidOf(w.Text)
		if err == nil {
			err = do(pid)
		}
		if err := r.count(ctx, t, len(words) == 1, w.Text, err); err != nil {
			return err
		}
	}
	return nil
}

// pidOf reads the number of a process. What means a group or everybody to a
// system is none.
func pidOf(text string) (int, error) {
	n, ok := codec.ParseNumber(text)
	if !ok || n < 1 || n > math.MaxInt32 {
		return 0, codec.Errorf(codec.BadRequest, "not the number of a process")
	}
	return int(n), nil
}

func kill(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	name, given := r.args.Value("s")
	if !given {
		name = "TERM"
	}
	sig, err := signalOf(name)
	if err != nil {
		return nil, codec.Explain(name, err)
	}
	var t tally
	err = r.eachProcess(ctx, &t, func(pid int) error { return r.signal(ctx, pid, sig) })
	if err != nil {
		return nil, err
	}
	return nil, t.partial()
}

// signal sends a signal to a process, which is first got hold of and then
// looked at: its number may have become another's meanwhile.
func (r *request) signal(ctx context.Context, pid int, sig os.Signal) error {
	if pid == os.Getpid() {
		return codec.Errorf(codec.NotAllowed, "it is techshd itself, without which nobody gets here")
	}
	p, err := os.FindProcess(pid)
	if err != nil { // on Windows only
		_, missing := programName(ctx, pid)
		return cmp.Or(missing, err)
	}
	defer p.Release()
	if want, ok := r.args.Value("name"); ok {
		is, err := programName(ctx, pid)
		if err != nil {
			return err
		}
		if is != want {
			return codec.Errorf(codec.Changed, "it is %s now, and not %s", codec.Name(is), codec.Name(want))
		}
	}
	err = p.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return noProcess()
	}
	return err
}
