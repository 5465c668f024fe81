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
	var seen *transfer.NameSet
	if local != nil {
		defer local.Close()
		to.folder, to.name = s.localDir, "."
		if s.deletes {
			seen = transfer.NewNameSet()
		}
	}
	d := &download{run: s.run, to: to}
	differing, err := d.differences(ctx, s.remote, local, seen)
	if err != nil {
		return err
	}
	s.incomplete = s.run.Partial()
	if seen != nil {
		if err := s.planLocalDeletions(ctx, local, seen, differing); err != nil {
			return err
		}
	}
	if err := s.checkSource(); err != nil {
		return err
	}
	list := s.planPull(differing)
	if s.dryRun {
		return nil
	}
	if err := s.deleteLocal(ctx, local); err != nil || len(list.names) == 0 && local != nil {
		return err
	}
	s.setTotals()
	if local == nil {
		list = nil // fetch the whole folder, which may be empty
	}
	return d.call(ctx, getCall{words: []codec.Word{s.remote}, name: to.name, list: list, force: true})
}

// planPull returns the entries that are fetched. It leaves out an entry that cannot
// replace the local entry of the same name, unless the local entry is deleted first.
func (s *syncRun) planPull(differing []running.Difference) *getList {
	list := newGetList()
	var skipped compare.Subtree // a remote folder that cannot be fetched
	for _, d := range differing {
		if skipped.Includes(d.Name) {
			continue
		}
		action := actionCopy
		switch {
		case d.Change == nil:
		case d.Change.Possible():
			action = actionReplace
		case !s.deletes:
			name := filepath.Join(s.typed, filepath.FromSlash(d.Name))
			s.run.Fail(console.About(name, d.Change.RefusedError("local")))
			skipped.Enter(d.BareName())
			continue
		}
		list.add(d.Name, d.Size)
		s.plan.add(action, d.Name, codec.Entry{Kind: d.Kind, Size: d.Size})
	}
	return list
}

// planLocalDeletions plans the deletion of local entries that the remote does not have,
// and of local entries that cannot be replaced. seen contains the names of all remote
// entries.
func (s *syncRun) planLocalDeletions(
	ctx context.Context, local *os.Root, seen *transfer.NameSet, differing []running.Difference,
) error {
	inTheWay := map[string]bool{}
	for _, d := range differing {
		inTheWay[d.BareName()] = d.Change != nil && !d.Change.Possible()
	}
	var deleted compare.Subtree
	each := func(name string, e codec.Entry, fi fs.FileInfo) bool {
		if !deleted.Includes(name) {
			if seen.Has(foldLocalName(name)) && !inTheWay[name] {
				return true
			}
			s.plan.beginDeletion(name)
			deleted.Enter(name)
		}
		s.plan.addDeleted(name, e, fileid.Of(fi))
		return true
	}
	failed := func(name string, err error) { s.run.Fail(console.About(name, err)) }
	return compare.LocalWalk{Failed: failed, Each: each}.Walk(ctx, local)
}
