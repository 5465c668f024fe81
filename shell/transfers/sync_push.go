package transfers

import (
	"context"
	"errors"
	"io/fs"
	"path"

	"techsh/codec"
	"techsh/codec/fileid"
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
	p := newPushPlanner(s)
	remote := running.NewRemote(s.run.Env, s.run.Note)
	if s.deletes && !s.dryRun {
		remote.Find = s.findStates
	}
	err = remote.Pairs(ctx, s.remote, local, compare.Follow{}, p.addRemote)
	isNew := errors.Is(err, &codec.Error{Code: codec.NotFound})
	if err = s.run.CountPartial(err); err != nil && !isNew {
		return err
	}
	if err := (compare.LocalWalk{Failed: p.failLocally, Each: p.addLocal}).Walk(ctx, local); err != nil {
		return err
	}
	if err := s.checkSource(); err != nil || s.dryRun {
		return err
	}
	if err := s.deleteRemote(ctx); err != nil || p.sent == 0 && !isNew {
		return err
	}
	s.setTotals()
	u := &upload{
		run:     s.run,
		target:  client.Operands([]codec.Word{s.remote}),
		sources: []source{{path: s.localDir, name: ".", entry: codec.Entry{Kind: codec.Folder}, skip: p.skip}},
	}
	return u.call(ctx)
}

// A pushPlanner plans a push. First all remote entries are added, then all local
// ones.
type pushPlanner struct {
	sync          *syncRun
	skip          *transfer.NameSet // entries that are equal or cannot be sent
	replaced      map[string]bool   // remote files that are replaced
	remoteFolders *transfer.NameSet // folders that exist on both sides
	replacedTree  compare.Subtree   // a remote folder that is not a folder locally
	deletesTree   bool              // replacedTree is deleted
	sent          int               // number of entries to send
}

func newPushPlanner(s *syncRun) *pushPlanner {
	return &pushPlanner{
		sync:          s,
		skip:          transfer.NewNameSet(),
		replaced:      map[string]bool{},
		remoteFolders: transfer.NewNameSet(),
	}
}

// addRemote plans what happens to a remote entry. local is the entry of the same
// name; its Kind is 0 if there is none. err is set if the local entry could not be
// read.
func (p *pushPlanner) addRemote(name string, remote, local codec.Entry, err error) error {
	if p.replacedTree.Includes(name) {
		if p.deletesTree {
			return p.delete(name, remote)
		}
		return nil
	}
	bothFolders := remote.Kind == codec.Folder && local.Kind == codec.Folder
	change := console.Replacement{Old: remote, New: local}
	switch {
	case err != nil:
		p.sync.incomplete = true
	case bothFolders:
		p.remoteFolders.Add(name)
	case local.Kind != 0 && transfer.Alike(remote, local):
		p.sync.run.Equal++
		p.skip.Add(name)
	case local.Kind != 0 && change.Possible():
		p.replaced[name] = true
	case p.sync.deletes:
		p.sync.plan.beginDeletion(remote.Name)
		if err := p.delete(name, remote); err != nil {
			return err
		}
	case running.IsTransferable(local.Kind):
		p.skip.Add(name)
		p.sync.run.Fail(console.About(remote.Name, change.RefusedError("remote")))
	}
	if remote.Kind == codec.Folder && !bothFolders {
		p.replacedTree.Enter(name)
		p.deletesTree = p.sync.deletes && err == nil
	}
	return nil
}

// delete plans the deletion of a remote entry.
func (p *pushPlanner) delete(name string, e codec.Entry) error {
	var state fileid.State
	if !p.sync.dryRun {
		word, _ := e.More.Get("state")
		var err error
		if state, err = fileid.Parse(word); err != nil {
			return console.About(e.Name, err)
		}
	}
	p.sync.plan.addDeleted(name, e, state)
	return nil
}

// addLocal plans what happens to a local entry.
func (p *pushPlanner) addLocal(name string, e codec.Entry, _ fs.FileInfo) bool {
	switch {
	case p.skip.Has(name):
		return true
	case p.skip.Has(path.Dir(name)): // inside a folder that cannot be sent
		p.skip.Add(name)
		return true
	case e.Kind == codec.Folder && p.remoteFolders.Has(name):
		return true
	case !running.IsTransferable(e.Kind):
		if p.sync.dryRun { // otherwise the upload reports it
			p.sync.run.Fail(console.About(name, running.NotSentError(e.Kind)))
		}
	case p.replaced[name]:
		p.sync.plan.add(actionReplace, name, e)
	default:
		p.sync.plan.add(actionCopy, name, e)
	}
	p.sent++
	return true
}

// failLocally records a local entry that cannot be read, unless the upload will report
// the same error.
func (p *pushPlanner) failLocally(name string, err error) {
	p.sync.incomplete = true
	if p.sync.dryRun || len(p.sync.plan.deletions) > 0 {
		p.sync.run.Fail(console.About(name, err))
	}
}
