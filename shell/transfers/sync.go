package transfers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/transfers/running"
)

// A syncRun is a sync in progress: it compares two folders, and then prints the plan
// or carries it out.
type syncRun struct {
	run      *running.Transfer
	plan     syncPlan
	dryRun   bool       // only print the plan
	deletes  bool       // delete what the source does not have
	typed    string     // the local folder as typed
	localDir string     // the absolute path of the local folder
	remote   codec.Word // the remote folder

	incomplete bool // some of the source could not be read
}

func syncFolders(ctx context.Context, env *command.Env, in command.Invocation) error {
	sides, err := parseSides(in.Words)
	if err != nil {
		return err
	}
	s := newSyncRun(ctx, env, in, sides)
	switch err = s.refuseOverlap(ctx); {
	case err != nil:
	case sides.fromRemote:
		err = s.pull(ctx)
	default:
		err = s.push(ctx)
	}
	if err == nil && s.dryRun {
		s.run.Progress.Hide()
		s.plan.lines.print()
		fmt.Fprintln(env.Console, s.plan.total(s.run.Equal))
	}
	return s.run.Finish(ctx, err, "")
}

func newSyncRun(ctx context.Context, env *command.Env, in command.Invocation, sides syncSides) *syncRun {
	typed, err := env.Local.One(ctx, sides.local)
	if err != nil {
		typed = sides.local.Text
	}
	remote := sides.remote
	remote.Quoted = remote.Quoted || client.IsPattern(remote)
	s := &syncRun{
		run:      running.New(env, running.Options{Recursive: true, Update: true, Force: true}),
		dryRun:   in.Has("n"),
		deletes:  in.Has("delete"),
		typed:    typed,
		localDir: env.Local.Path(typed),
		remote:   remote,
	}
	s.run.NoSummary = s.dryRun
	s.run.TooBigHint = "sync the folders in it one by one"
	if s.dryRun {
		s.plan.lines = &planLines{out: env.Console, full: func() {
			s.run.Progress.Hide()
			env.Console.TellAlways("these are too many lines to sort, so the rest is in no order")
		}}
	}
	return s
}

// openLocal opens the local folder. It returns nil if the folder does not exist and
// is the target.
func (s *syncRun) openLocal(isSource bool) (*os.Root, error) {
	path := s.localDir
	fi, err := os.Stat(path)
	missing := errors.Is(err, os.ErrNotExist) && !isSource
	if missing {
		path = filepath.Dir(path)
		fi, err = os.Stat(path)
	}
	if err == nil && !fi.IsDir() {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	if err != nil || missing {
		return nil, console.About(s.typed, err)
	}
	dir, err := os.OpenRoot(path)
	return dir, console.About(s.typed, err)
}

// checkSource returns an error if the plan contains deletions although some of the source
// could not be read. Otherwise files that exist, but could not be read, would be treated
// as missing.
func (s *syncRun) checkSource() error {
	if s.incomplete && s.plan.deletes() {
		return codec.Errorf(codec.Partial, "not everything could be read, so nothing was changed")
	}
	return nil
}

// confirmDeletions asks for confirmation before anything is deleted from folder. side is
// "local" or "remote". In a script it does not ask, but only reports how much will be
// deleted.
func (s *syncRun) confirmDeletions(folder, side string) error {
	what := fmt.Sprintf("delete %s, on the %s side", s.plan.deleteTotal(), side)
	if !s.run.Env.Console.NeedsConfirmation() {
		s.run.Tell(folder, "%s", what)
		return nil
	}
	err := s.run.Env.Console.Confirm(what, "nothing was changed")
	s.run.Restart()
	return err
}

// setTotals sets the totals of the progress display.
func (s *syncRun) setTotals() {
	total := s.plan.copied
	total.addAll(s.plan.replaced)
	s.run.Progress.SetTotals(total.files, total.bytes)
}
