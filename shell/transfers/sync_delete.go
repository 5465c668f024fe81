package transfers

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/link"
	"techsh/codec/removal"
	"techsh/shell/client"
	"techsh/shell/console"
)

// deleteLocal carries out the deletions in the local folder.
func (p *pullPlanner) deleteLocal(ctx context.Context) error {
	s := p.sync
	if !s.plan.deletes() {
		return nil
	}
	if err := s.confirmDeletions(s.typed, "local"); err != nil {
		return err
	}
	tree := removal.Tree{Only: &p.states, Failed: func(path string, err error) error {
		s.run.Fail(console.About(path, err))
		return nil
	}}
	for path := range p.deletions.All() {
		folder, name := filepath.Split(filepath.FromSlash(path))
		dir, err := p.local.OpenRoot("./" + folder)
		if err == nil {
			err = tree.Remove(ctx, dir, name, path)
			dir.Close()
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !console.IsCode(err, codec.NotEmpty) {
			s.run.Fail(console.About(path, err)) // if the error is NotEmpty, the reason was already reported
		}
	}
	s.run.Deleted += int64(tree.Gone)
	return nil
}

// findStates lists a remote folder like the function Find of running.NewRemote, but each entry
// includes its state.
func (s *syncRun) findStates(
	ctx context.Context, folder codec.Word, _ bool, each func(codec.Entry) error,
) error {
	words := append([]codec.Word{codec.Bare("--state")}, client.Operands([]codec.Word{folder})...)
	err := s.run.Env.Conn.Find(ctx, words, s.run.Note, each)
	x, ok := errors.AsType[*codec.Error](err)
	if ok && x.Code == codec.BadRequest && strings.Contains(x.Text, "--state") {
		err = codec.Errorf(codec.Unsupported, "the remote is too old to delete only what was planned")
		err = console.WithHint(err, "nothing was changed; del -r deletes a remote folder")
	}
	return err
}

// deleteRemote carries out the deletions in the remote folder.
func (p *pushPlanner) deleteRemote(ctx context.Context) error {
	s := p.sync
	if !s.plan.deletes() {
		return nil
	}
	if err := s.confirmDeletions(s.remote.Text, "remote"); err != nil {
		return err
	}
	failedBefore := s.run.Failed()
	begin, n := 0, 0 // begin is an index in p.states; n is the number of deletions so far
	for batch := range p.deletions.Words() {
		n += len(batch)
		states := p.states[begin:p.ends[n-1]]
		begin = p.ends[n-1]
		request := link.Request{
			Verb:  codec.MakeVerb("DEL"),
			Words: append([]codec.Word{codec.Bare("-r"), codec.Bare("--state")}, client.Operands(batch)...),
			Send:  func(_ context.Context, up *link.Upstream) error { return sendStates(up, states) },
			Recv:  link.Answer{Note: s.run.Note}.Recv,
		}
		_, err := s.run.Env.Conn.Do(ctx, request)
		if console.IsCode(err, codec.Changed, codec.NotEmpty) { // the batch has only one path, which failed
			s.run.Fail(err)
			err = nil
		}
		if err := s.run.CountPartial(err); err != nil {
			return err
		}
		s.run.Deleted += int64(len(states))
	}
	s.run.Deleted -= s.run.Failed() - failedBefore
	return nil
}

// sendStates sends states, one on each line.
func sendStates(up *link.Upstream, states []fileid.State) error {
	var lines []byte
	for _, state := range states {
		lines = append(append(lines, state.String()...), '\n')
		if len(lines) > codec.MaxWords/2 {
			if err := up.Write(codec.DATA, lines); err != nil {
				return err
			}
			lines = lines[:0]
		}
	}
	return up.Write(codec.DATA, lines)
}
