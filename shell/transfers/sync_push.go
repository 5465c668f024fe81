package transfers

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/hashset"
	"techsh/codec/landing"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
	"techsh/shell/transfers/running"
)

// push makes the remote folder a copy of the local one.
func (s *syncRun) push(ctx context.Context) error {
	local, err := s.openLocal(true)
	if err != nil {
		return err
	}
	defer local.Close()
	p := newPushPlanner(ctx, s, local)
	err = p.compare(ctx)
	isNew := errors.Is(err, &codec.Error{Code: codec.NotFound})
	if isNew {
		err = p.copies().Walk(ctx, local)
	}
	if err := s.run.CountPartial(err); err != nil {
		return err
	}
	if s.dryRun || s.plan.deletes() { // otherwise the upload reports them
		for _, err := range p.unread {
			s.run.Fail(err)
		}
	}
	if err := s.checkSource(); err != nil || s.dryRun {
		return err
	}
	if err := p.deleteRemote(ctx); err != nil || p.sent == 0 && !isNew {
		return err
	}
	s.setTotals()
	how := &sourcePlan{name: "."}
	if !isNew {
		how.wants = p.wants
	}
	u := &upload{
		run:     s.run,
		target:  client.Operands([]codec.Word{s.remote}),
		sources: []source{{&landing.Path{Name: s.localDir}, codec.Folder, how}},
	}
	return u.call(ctx)
}

// A pushPlanner plans a push.
type pushPlanner struct {
	sync  *syncRun
	ctx   context.Context
	local *os.Root

	sent  int                 // number of entries to send
	files *transfer.NameTable // the entries to send
	trees *transfer.NameTable // the folders to send with everything in them
	last  compare.Subtree     // the last folder in trees that was planned; later, the last one that was sent

	deletions running.NameList // remote paths, deleted with everything in them
	ends      []int            // for each of the deletions, the index in states at which its states end
	states    []fileid.State   // states of the entries to delete; an entry in another state is not deleted

	removed     compare.Subtree // a remote folder that is not a folder locally
	deletesTree bool            // the folder in removed is deleted
	unread      []error         // errors of local entries that cannot be read
}

func newPushPlanner(ctx context.Context, s *syncRun, local *os.Root) *pushPlanner {
	return &pushPlanner{
		sync: s, ctx: ctx, local: local,
		files:     transfer.NewNameTable(),
		trees:     transfer.NewNameTable(),
		deletions: running.NameList{Budget: &s.run.Budget},
	}
}

func (p *pushPlanner) compare(ctx context.Context) error {
	p.sync.run.Progress.SetActivity("comparing")
	remote := running.NewRemote(p.sync.run.Env, p.sync.run.Note)
	if p.sync.deletes && !p.sync.dryRun {
		remote.Find = p.sync.findStates
	}
	doubts := running.Doubts{Run: p.sync.run}
	c := compare.Comparison{
		Remote: remote,
		Local:  p.local,
		Pair:   p.pair,
		Alone:  p.copies(),
		Budget: &p.sync.run.Budget,
	}
	if p.sync.run.Env.Conn.Offers("STAT") {
		c.Doubt = doubts.Add
	}
	err := c.Run(ctx, p.sync.remote)
	if err != nil && !console.IsCode(err, codec.Partial) {
		return err
	}
	copies := func(name string) error { return p.copies().WalkAt(ctx, p.local, name) }
	ignore := func(string) error { return nil }
	if serr := doubts.Settle(ctx, copies, ignore, p.respelled); serr != nil {
		return serr
	}
	return err
}

// respelled plans what happens to a local entry whose name on the remote is spelled
// differently. With --delete, the remote entry is deleted before the local one is sent.
func (p *pushPlanner) respelled(name string, remote codec.Entry) error {
	lookup := compare.NewLocalLookup(p.local, false)
	defer lookup.Close()
	local, err := lookup.Entry(name)
	change := console.Replacement{Old: remote, New: local}
	switch {
	case err != nil:
		return p.failLocally(name, err)
	case p.sync.deletes || remote.Kind == codec.Folder && local.Kind == codec.Folder:
		return p.copies().WalkAt(p.ctx, p.local, name)
	case transfer.Alike(remote, local):
		p.sync.run.Equal++
	case change.Possible():
		return p.send(actionReplace, name, local)
	default:
		p.sync.run.Fail(console.About(remote.Name, change.RefusedError("remote")))
	}
	return nil
}

// pair plans what happens to a remote entry.
func (p *pushPlanner) pair(name string, remote, local codec.Entry, err error) error {
	if p.removed.Includes(name) {
		if p.deletesTree {
			return p.delete(name, remote)
		}
		return nil
	}
	if remote.Kind == codec.Folder && local.Kind == codec.Folder {
		return nil
	}
	if remote.Kind == codec.Folder {
		p.removed.Enter(name)
		p.deletesTree = p.sync.deletes && err == nil
	}
	change := console.Replacement{Old: remote, New: local}
	switch {
	case err != nil:
		return p.failLocally(name, err)
	case local.Kind != 0 && transfer.Alike(remote, local):
		p.sync.run.Equal++
	case local.Kind != 0 && change.Possible():
		return p.send(actionReplace, name, local)
	case p.sync.deletes:
		if err := p.beginDeletion(name, remote); err != nil || local.Kind == 0 {
			return err
		}
		return p.copies().WalkAt(p.ctx, p.local, name)
	case running.IsTransferable(local.Kind):
		p.sync.run.Fail(console.About(remote.Name, change.RefusedError("remote")))
	case local.Kind != 0:
		return p.send(actionCopy, name, local)
	}
	return nil
}

// beginDeletion plans the deletion of a remote entry with everything in it.
func (p *pushPlanner) beginDeletion(name string, e codec.Entry) error {
	if !p.sync.dryRun {
		if _, err := p.deletions.Add(e.Name); err != nil {
			return err
		}
		p.ends = append(p.ends, len(p.states))
	}
	return p.delete(name, e)
}

// delete adds a remote entry to the last of the deletions.
func (p *pushPlanner) delete(name string, e codec.Entry) error {
	p.sync.plan.delete(name, e)
	if p.sync.dryRun {
		return nil
	}
	word, _ := e.More.Get("state")
	state, err := fileid.Parse(word)
	if err != nil {
		return console.About(e.Name, err)
	}
	p.states = append(p.states, state)
	p.ends[len(p.ends)-1]++
	return p.sync.run.Budget.Take(hashset.Size)
}

// copies returns a walk that plans to send local entries that the remote does not have.
func (p *pushPlanner) copies() *compare.LocalWalk {
	each := func(name string, e codec.Entry, _ fs.FileInfo) error {
		switch {
		case p.last.Includes(name):
			p.count(actionCopy, name, e)
			return nil
		case e.Kind == codec.Folder:
			p.last.Enter(name)
			p.trees.Add(name)
			p.count(actionCopy, name, e)
			return p.sync.run.Budget.Take(hashset.Size)
		}
		return p.send(actionCopy, name, e)
	}
	failed := func(name string, err error) { _ = p.failLocally(name, err) }
	return &compare.LocalWalk{Failed: failed, Each: each}
}

// send plans to send an entry that is not a folder.
func (p *pushPlanner) send(action, name string, e codec.Entry) error {
	p.files.Add(name)
	p.count(action, name, e)
	return p.sync.run.Budget.Take(hashset.Size)
}

// count counts an entry that is sent.
func (p *pushPlanner) count(action, name string, e codec.Entry) {
	p.sent++
	switch {
	case running.IsTransferable(e.Kind):
		p.sync.plan.add(action, name, e)
	case p.sync.dryRun: // otherwise the upload reports it
		p.sync.run.Fail(console.About(name, running.NotSentError(e.Kind)))
	}
}

// wants reports whether an entry is sent. It is called in the order of a walk.
func (p *pushPlanner) wants(name string) bool {
	if p.last.Includes(name) {
		return true
	}
	if p.trees.Has(name) {
		p.last.Enter(name)
		return true
	}
	return p.files.Has(name)
}

// failLocally records a local entry that cannot be read.
func (p *pushPlanner) failLocally(name string, err error) error {
	p.sync.incomplete = true
	p.unread = append(p.unread, console.About(name, err))
	const size = 256
	return p.sync.run.Budget.Take(size + len(name))
}
