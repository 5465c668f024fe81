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

// A killTarget is what one call of KILL is to end: processes of a name, or of
// whatever name.
type killTarget struct {
	name string
	pids []codec.Word
}

func runKill(ctx context.Context, env *command.Env, in command.Invocation) error {
	var cancels []func(context.Context) error // of jobs
	all := make([]killTarget, 1)              // the first has what is wanted by number
	for _, w := range in.Words {
		var err error
		switch _, isPID := parsePID(w); {
		case isPID:
			all[0].pids = append(all[0].pids, w)
		case !w.Quoted && strings.HasPrefix(w.Text, "%"):
			var cancel func(context.Context) error
			cancel, err = env.Jobs.Find(w)
			cancels = append(cancels, cancel)
		default:
			var found []killTarget
			found, err = findByName(ctx, env, w.Text, in.Has("f"))
			all = append(all, found...)
		}
		if err != nil {
			return err // before anything is ended
		}
	}
	for _, cancel := range cancels {
		if err := cancel(ctx); err != nil {
			return err
		}
	}
	for _, q := range all {
		if err := sendKill(ctx, env, in, q); err != nil {
			return err
		}
	}
	return nil
}

// findByName returns what is called name there, when that is a single one or the
// person agrees.
func findByName(ctx context.Context, env *command.Env, name string, force bool) ([]killTarget, error) {
	all, now, err := listProcesses(ctx, env)
	if err != nil {
		return nil, err
	}
	want := env.Conn.FoldName(name)
	var found []processLine
	pids := map[string][]codec.Word{} // by the name as it is spelt
	for _, p := range all {
		if _, zombie := p.More.Get("state"); zombie {
			continue // it has ended
		}
		if is := env.Conn.FoldName(p.Name); is == want || env.Conn.Hello.System == "windows" && is == want+".exe" {
			found = append(found, processLine{p, ""})
			pids[p.Name] = append(pids[p.Name], codec.Bare(strconv.Itoa(p.PID)))
		}
	}
	what := fmt.Sprintf("%d processes called %s", len(found), codec.Name(name))
	switch {
	case len(found) == 0:
		return nil, console.WithHint(console.About(name, codec.Errorf(codec.NotFound, "no such process")), "ps lists what runs")
	case len(found) == 1 || force:
	case !env.Console.CanAsk():
		return nil, console.WithHint(fmt.Errorf("there are %s", what), "-f ends them all")
	default:
		env.Console.Flush()
		fmt.Fprint(env.Console.Err, processTable(env.Console.ErrPaint, found, now))
		if err := env.Console.Confirm("end "+what, "nothing was ended"); err != nil {
			return nil, err
		}
	}
	var quarries []killTarget
	for _, name := range slices.Sorted(maps.Keys(pids)) {
		quarries = append(quarries, killTarget{name, pids[name]})
	}
	return quarries, nil
}

// sendKill has the remote end a quarry.
func sendKill(ctx context.Context, env *command.Env, in command.Invocation, q killTarget) error {
	if len(q.pids) == 0 {
		return nil
	}
	var words []codec.Word
	if sig, ok := in.Value("s"); ok {
		words = append(words, codec.Bare("-s"), codec.Lit(sig))
	} else if in.Has("9") {
		words = append(words, codec.Bare("-s"), codec.Bare("KILL"))
	}
	if q.name != "" {
		words = append(words, codec.Bare("--name"), codec.Lit(q.name))
	}
	_, err := env.Conn.Call(ctx, "KILL", append(words, q.pids...), link.Answer{Note: env.Console.PrintNote})
	return err
}

// completeTarget completes what can be ended: jobs, pids, or names.
func completeTarget(ctx context.Context, env *command.Env, w codec.Word) []command.Candidate {
	jobs := env.Jobs.Names()
	if strings.HasPrefix(w.Text, "%") || !env.Conn.Offers("PS") {
		return command.MatchPrefix(w.Text, jobs)
	}
	all, _, err := listProcesses(ctx, env)
	if err != nil {
		return nil
	}
	var list []command.Candidate
	names := map[string]bool{}
	for _, p := range all {
		pid, low := strconv.Itoa(p.PID), strings.ToLower(p.Name)
		_, number := codec.ParseNumber(p.Name)
		switch {
		case p.Memory == 0: // the kernel's own, and what has ended
		case w.Text != "" && strings.HasPrefix(pid, w.Text):
			list = append(list, command.Candidate{Text: pid, Label: pid + " " + codec.Show(p.Name)})
		case number || names[p.Name] || !strings.HasPrefix(low, strings.ToLower(w.Text)):
		default:
			names[p.Name] = true
			list = append(list, command.Candidate{Text: p.Name, Label: codec.Name(p.Name)})
		}
	}
	return command.SortCandidates(list)
}
