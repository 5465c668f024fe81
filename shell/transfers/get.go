package transfers

import (
	"context"
	"errors"
	"slices"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
	"techsh/shell/transfers/running"
)

func get(ctx context.Context, env *command.Env, in command.Invocation) error {
	run, sources, target, err := newTransfer(env, in)
	if err != nil {
		return err
	}
	run.FolderHint = "-r fetches it with everything in it"
	d := &download{run: run}
	err = d.transfer(ctx, sources, target)
	return run.Finish(ctx, err, ", to "+d.to.String())
}

// A download is a run of the command "get", or of the command "sync" from the remote.
type download struct {
	run         *running.Transfer
	to          destination
	replaceable *transfer.NameTable // the names of local files that the user has agreed to replace, or nil
	spellings   compare.Spellings   // spellings of the local names
	arrived     landing.Arrivals    // files that have arrived outside of trees, in all calls
}

// A getCall describes one call of GET.
type getCall struct {
	words []codec.Word
	name  string         // the local name, if the call fetches only one file or tree
	have  landing.Prefix // the stored beginning of the file, if its transfer was interrupted
	list  *getList       // the entries of the tree to fetch; nil means all
	force bool
}

// transfer fetches sources.
func (d *download) transfer(ctx context.Context, sources []codec.Word, target codec.Word) error {
	if err := d.prepare(ctx, sources, target); err != nil {
		return err
	}
	plan, err := d.plan(ctx, sources)
	if err != nil {
		return err
	}
	return d.makeCalls(ctx, plan)
}

// prepare determines the destination and checks it.
func (d *download) prepare(ctx context.Context, sources []codec.Word, target codec.Word) error {
	var err error
	if d.to, err = newDestination(ctx, d.run.Env.Local, sources, target, d.run.Options.Parents); err != nil {
		return err
	}
	if err := d.refuseOverlap(ctx, sources); err != nil {
		return err
	}
	isHome := func(w codec.Word) bool { return w.Text == "~" && !w.Quoted }
	if d.to.name == "" && !d.to.stdout && slices.ContainsFunc(sources, isHome) {
		return console.WithHint(&console.UsageError{Err: errors.New("~: a local name is needed")}, "get -r ~ home")
	}
	d.run.NoResume = d.to.stdout
	switch {
	case d.to.name != "":
		d.run.ResumeHint = running.SyncHint("r:"+sources[0].Text, "l:"+target.Text)
	case !d.run.Options.Update:
		d.run.ResumeHint = running.UpdateHint
	}
	return nil
}

// plan returns the calls of GET that fetch sources.
func (d *download) plan(ctx context.Context, sources []codec.Word) (*getPlan, error) {
	switch {
	case !d.to.stdout:
		return d.planCalls(ctx, sources)
	case d.run.Options.Recursive || len(sources) > 1:
		return nil, errors.New("-: standard output takes one file, and no folder")
	}
	if d.run.Env.Conn.MatchesSeveral(ctx, sources[0]) {
		err := errors.New("-: standard output takes one file, and several match " + codec.Quote(sources[0]))
		return nil, console.WithHint(err, "nothing was fetched")
	}
	if d.run.Env.Console.Out.Terminal {
		d.run.Progress.Hide() // progress would mix with the contents of the file
	}
	return &getPlan{asTyped: sources}, nil
}

// makeCalls makes the calls of a plan. It continues after a failed call unless the
// connection is lost or ctx is done. If the plan has only one call, makeCalls returns the
// error of that call.
func (d *download) makeCalls(ctx context.Context, plan *getPlan) error {
	d.run.Restart()
	calls := 0
	var failed error // the error of the previous call
	for c := range plan.all() {
		if failed != nil {
			d.run.Fail(failed)
		}
		failed = d.call(ctx, c)
		if failed != nil && (ctx.Err() != nil || errors.Is(failed, link.ErrLost)) {
			return failed
		}
		calls++
	}
	if failed != nil && calls > 1 {
		d.run.Fail(failed)
		return nil
	}
	return failed
}
