package programs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
)

// A killTarget is a list of processes that a call of KILL ends. If name is not empty, the
// remote ends only processes with this name, because another program may have received
// one of the pids in the meantime.
type killTarget struct {
	name string // may be empty
	pids []codec.Word
}

// runKill first finds everything that it has to end, and only then ends it.
func runKill(ctx context.Context, env *command.Env, in command.Invocation) error {
	var byPID killTarget
	var byName []killTarget
	var cancelJobs []func(context.Context) error
	for _, w := range in.Words {
		switch _, isPID := parsePID(w); {
		case isPID:
			byPID.pids = append(byPID.pids, w)
		case !w.Quoted && strings.HasPrefix(w.Text, "%"):
			cancel, err := env.Jobs.Find(w)
			if err != nil {
				return err
			}
			cancelJobs = append(cancelJobs, cancel)
		default:
			found, err := findByName(ctx, env, w.Text, in.Has("f"))
			if err != nil {
				return err
			}
			byName = append(byName, found...)
		}
	}
	for _, cancel := range cancelJobs {
		if err := cancel(ctx); err != nil {
			return err
		}
	}
	for _, target := range append([]killTarget{byPID}, byName...) {
		if len(target.pids) == 0 {
			continue
		}
		if err := sendKill(ctx, env, in, target); err != nil {
			return err
		}
	}
	return nil
}

// findByName returns the remote processes called name. It returns a separate target for
// each spelling of the name that it finds. If there are several processes and force is
// false, the user must confirm.
func findByName(ctx context.Context, env *command.Env, name string, force bool) ([]killTarget, error) {
	wanted := env.Conn.FoldName(name)
	list := processList{keeps: func(p codec.Process) bool {
		_, zombie := p.More.Get("state") // a zombie has already ended
		folded := env.Conn.FoldName(p.Name)
		return !zombie && (folded == wanted || env.Conn.Hello.System == "windows" && folded == wanted+".exe")
	}}
	if err := list.receive(ctx, env); err != nil {
		return nil, err
	}
	found := list.lines()
	pids := map[string][]codec.Word{} // the keys are exact names
	for _, p := range found {
		pids[p.Name] = append(pids[p.Name], codec.Bare(strconv.Itoa(p.PID)))
	}
	count := fmt.Sprintf("%d processes called %s", len(found), codec.Name(name))
	switch {
	case len(found) == 0:
		err := console.About(name, codec.Errorf(codec.NotFound, "no such process"))
		return nil, console.WithHint(err, "ps lists the processes")
	case len(found) == 1 || force:
	case !env.Console.CanAsk():
		return nil, console.WithHint(fmt.Errorf("there are %s", count), "-f ends them all")
	default:
		env.Console.Flush()
		err := writeProcesses(env.Console.Err, env.Console.ErrPaint, found, list.now)
		if err == nil {
			err = env.Console.Confirm("end "+count, "nothing was ended")
		}
		if err != nil {
			return nil, err
		}
	}
	var targets []killTarget
	for _, name := range slices.Sorted(maps.Keys(pids)) {
		targets = append(targets, killTarget{name, pids[name]})
	}
	return targets, nil
}

// sendKill makes the call of KILL for a target.
func sendKill(ctx context.Context, env *command.Env, in command.Invocation, target killTarget) error {
	var words []codec.Word
	if sig, ok := in.Value("s"); ok {
		words = append(words, codec.Bare("-s"), codec.Lit(sig))
	} else if in.Has("9") {
		words = append(words, codec.Bare("-s"), codec.Bare("KILL"))
	}
	if target.name != "" {
		words = append(words, codec.Bare("--name"), codec.Lit(target.name))
	}
	_, err := env.Conn.Call(ctx, "KILL", append(words, target.pids...), link.Answer{Note: env.Console.PrintNote})
	return err
}

// completeTarget completes an argument of kill or ps: a job, a pid, or the name of a
// process.
func completeTarget(ctx context.Context, env *command.Env, w codec.Word) command.Candidates {
	if strings.HasPrefix(w.Text, "%") || !env.Conn.Offers("PS") {
		return command.MatchPrefix(w.Text, env.Jobs.Names())
	}
	var list processList
	if err := list.receive(ctx, env); err != nil {
		return command.Candidates{}
	}
	var candidates command.Collector
	listed := map[string]bool{}
	for _, p := range list.all {
		pid, lower := strconv.Itoa(p.PID), strings.ToLower(p.Name)
		_, isNumber := codec.ParseNumber(p.Name)
		switch {
		case p.Memory == 0: // a kernel thread or a zombie
		case w.Text != "" && strings.HasPrefix(pid, w.Text):
			candidates.Add(command.Candidate{Text: pid, Label: pid + " " + codec.Show(p.Name)})
		case isNumber || listed[p.Name] || !strings.HasPrefix(lower, strings.ToLower(w.Text)):
		default:
			listed[p.Name] = true
			candidates.Add(command.Candidate{Text: p.Name, Label: codec.Name(p.Name)})
		}
	}
	return candidates.Candidates()
}
