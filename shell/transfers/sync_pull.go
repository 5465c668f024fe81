package transfers

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/transfer"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
	"techsh/shell/transfers/running"
)

// pull makes the local folder a copy of the remote one.
func (s *syncRun) pull(ctx context.Context) error {
	local, err := s.openLocal(false)
	if err != nil {
		return err
	}
	to := destination{folder: filepath.Dir(s.localDir), name: filepath.Base(s.localDir), typed: s.typed}
	if local != nil {
		defer local.Close()
		to.folder, to.name = s.localDir, "."
	}
	p := newPullPlanner(ctx, s, local)
	if err := s.run.CountPartial(p.compare(ctx)); err != nil {
		return err
	}
	s.incomplete = s.run.Partial()
	if err := s.checkSource(); err != nil || s.dryRun {
		return err
	}
	if err := p.deleteLocal(ctx); err != nil || p.fetched == 0 && local != nil {
		return err
	}
	s.setTotals()
	list := p.list
	if local == nil {
		list = nil // fetch the whole folder, which may be empty
	}
	d := &download{run: s.run, to: to}
	return d.call(ctx, getCall{words: []codec.Word{s.remote}, name: to.name, list: list, force: true})
}

// A pullPlanner plans a pull.
type pullPlanner struct {
	sync  *syncRun
	ctx   context.Context
	local *os.Root // nil if it does not exist

	fetched int      // number of entries to fetch
	list    *getList // the entries to fetch; nil means all
	leftOut bool     // there are entries that are not fetched

	deletions running.NameList // local names, deleted with everything in them
	states    fileid.Set       // states of the entries to delete; an entry in another state is not deleted

	deleted compare.Subtree // the local entry that was last added to deletions
	skipped compare.Subtree // a remote folder that cannot be fetched
}

func newPullPlanner(ctx context.Context, s *syncRun, local *os.Root) *pullPlanner {
	budget := &s.run.Budget
	return &pullPlanner{
		sync: s, ctx: ctx, local: local,
		list:      newGetList(budget),
		deletions: running.NameList{Budget: budget},
	}
}

func (p *pullPlanner) compare(ctx context.Context) error {
	p.sync.run.Progress.SetActivity("comparing")
	c := compare.Comparison{
		Remote:     running.NewRemote(p.sync.run.Env, p.sync.run.Note),
		Local:      p.local,
		FromRemote: true,
		Pair:       p.pair,
		Respelled:  p.sync.run.TellSpelling,
		Clash: func(_ string, remote codec.Entry, other string) error {
			p.sync.run.FailClash(remote.Name, other)
			return p.leaveOut()
		},
		Budget: &p.sync.run.Budget,
	}
	if p.sync.deletes {
		c.Alone = p.deletion()
	}
	return c.Run(ctx, p.sync.remote)
}

// pair plans what happens to a remote entry. An error of the local entry is ignored,
// because the transfer reports it too.
func (p *pullPlanner) pair(name string, remote, local codec.Entry, _ error) error {
	change := console.Replacement{Old: local, New: remote}
	action := actionCopy
	switch {
	case p.skipped.Includes(name):
		return p.leaveOut()
	case !running.IsTransferable(remote.Kind):
		p.sync.run.Fail(console.About(remote.Name, running.NotSentError(remote.Kind)))
		return p.leaveOut()
	case remote.Kind == codec.Folder && local.Kind == codec.Folder:
		return nil
	case local.Kind == 0:
	case transfer.Alike(remote, local):
		p.sync.run.Equal++
		return p.leaveOut()
	case change.Possible():
		action = actionReplace
	case !p.sync.deletes:
		path := filepath.Join(p.sync.typed, filepath.FromSlash(name))
		p.sync.run.Fail(console.About(path, change.RefusedError("local")))
		p.skipped.Enter(name)
		return p.leaveOut()
	default:
		if err := p.deletion().WalkAt(p.ctx, p.local, name); err != nil {
			return err
		}
	}
	e := codec.Entry{Kind: remote.Kind, Size: max(0, remote.Size)}
	if remote.Kind == codec.Folder {
		e.Size = 0
	}
	p.sync.plan.add(action, name, e)
	p.fetched++
	return p.fetch(name, e)
}

// fetch adds an entry to the list. If the list becomes too long, but nothing is left out,
// no list is needed.
func (p *pullPlanner) fetch(name string, e codec.Entry) error {
	if p.sync.dryRun || p.list == nil {
		return nil
	}
	err := p.list.add(name, e.Kind, e.Size)
	if err == nil || p.leftOut {
		return err
	}
	p.list.discard()
	p.list = nil
	return nil
}

// leaveOut records that an entry is not fetched.
func (p *pullPlanner) leaveOut() error {
	p.leftOut = true
	if p.list == nil {
		return codec.Errorf(codec.TooBig, "too many files differ")
	}
	return nil
}

// deletion returns a walk that plans the deletion of local entries.
func (p *pullPlanner) deletion() *compare.LocalWalk {
	each := func(name string, e codec.Entry, fi fs.FileInfo) error {
		p.sync.plan.delete(name, e)
		if p.sync.dryRun {
			return nil
		}
		if !p.deleted.Includes(name) {
			p.deleted.Enter(name)
			if _, err := p.deletions.Add(name); err != nil {
				return err
			}
		}
		return p.states.Add(fileid.Of(fi), &p.sync.run.Budget)
	}
	failed := func(name string, err error) { p.sync.run.Fail(console.About(name, err)) }
	return &compare.LocalWalk{Failed: failed, Each: each}
}
