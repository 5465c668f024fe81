package transfers

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/console"
	"techsh/shell/transfers/running"
)

// deleteLocal carries out the deletions in the local folder.
func (s *syncRun) deleteLocal(ctx context.Context, local *os.Root) error {
	if len(s.plan.deletions) == 0 {
		return nil
	}
	if err := s.confirmDeletions(s.typed, "local"); err != nil {
		return err
	}
	for _, d := range s.plan.deletions {
		if err := s.deletePlanned(ctx, local, d); err != nil {
			return err
		}
	}
	return nil
}

// deletePlanned carries out one deletion in the local folder. It returns only the error
// of ctx, and reports all other errors itself.
func (s *syncRun) deletePlanned(ctx context.Context, local *os.Root, d deletion) error {
	l := localRemoval{run: s.run}
	for _, state := range d.states {
		if err := l.only.Add(state); err != nil {
			l.report(d.path, err)
			return nil
		}
	}
	folder, name := filepath.Split(filepath.FromSlash(d.path))
	dir, err := local.OpenRoot("./" + folder)
	if err == nil {
		defer dir.Close()
		err = l.remove(ctx, dir, name, d.path)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l.report(d.path, err)
	return nil
}

// A localRemoval deletes local files, but only those whose state has not changed since
// the deletion was planned.
type localRemoval struct {
	run  *running.Transfer
	only fileid.Set
}

// remove deletes name in dir with its contents. It returns the error of name itself, and
// reports errors of the contents.
func (l *localRemoval) remove(ctx context.Context, dir *os.Root, name, path string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	fi, err := dir.Lstat(name)
	if err == nil && fi.IsDir() {
		if err = l.only.Check(fi); err == nil {
			err = l.empty(ctx, dir, name, path, fi)
		}
	}
	if err == nil {
		err = landing.Remove(dir, name, &l.only)
	}
	if err == nil {
		l.run.Deleted++
	}
	return err
}

// empty deletes the contents of the folder that fi describes. It lists the folder until
// nothing is left, because some file systems leave names out of a listing if files are
// deleted during the listing.
func (l *localRemoval) empty(ctx context.Context, dir *os.Root, name, path string, fi fs.FileInfo) error {
	sub, err := landing.OpenFolder(dir, name, fi)
	if err != nil {
		return err
	}
	defer sub.Close()
	for {
		f, err := sub.Open(".")
		if err != nil {
			return err
		}
		read, left, err := l.removeEach(ctx, sub, f, path)
		f.Close()
		switch {
		case err != nil:
			return err
		case left > 0:
			return codec.Errorf(codec.NotEmpty, "")
		case read == 0:
			return nil
		}
	}
}

// removeEach removes everything in the folder that is open as dir and f. It returns how
// many names it has read, and how many of these files are left.
func (l *localRemoval) removeEach(
	ctx context.Context, dir *os.Root, f *os.File, path string,
) (read, left int, err error) {
	for {
		names, err := f.Readdirnames(1024)
		for _, name := range names {
			under := path + "/" + name
			err := l.remove(ctx, dir, name, under)
			if ctx.Err() != nil {
				return 0, 0, err
			}
			if !l.report(under, err) {
				left++
			}
		}
		read += len(names)
		if err == io.EOF {
			return read, left, nil
		}
		if err != nil {
			return 0, 0, err
		}
	}
}

// report reports the error of removing a file. It does not report that a folder is not
// empty, because the errors of the contents were reported already. The result tells
// whether the file is gone.
func (l *localRemoval) report(path string, err error) (gone bool) {
	switch {
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return true
	case !errors.Is(err, &codec.Error{Code: codec.NotEmpty}):
		l.run.Fail(console.About(path, err))
	}
	return false
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
func (s *syncRun) deleteRemote(ctx context.Context) error {
	if len(s.plan.deletions) == 0 {
		return nil
	}
	if err := s.confirmDeletions(s.remote.Text, "remote"); err != nil {
		return err
	}
	var words []codec.Word
	for _, d := range s.plan.deletions {
		words = append(words, codec.Lit(d.path))
	}
	failedBefore := s.run.Failed()
	rest := s.plan.deletions
	for batch := range client.Batches(words) {
		planned := rest[:len(batch)]
		rest = rest[len(batch):]
		request := link.Request{
			Verb:  codec.MakeVerb("DEL"),
			Words: append([]codec.Word{codec.Bare("-r"), codec.Bare("--state")}, client.Operands(batch)...),
			Send:  func(_ context.Context, up *link.Upstream) error { return sendStates(up, planned) },
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
		for _, d := range planned {
			s.run.Deleted += int64(len(d.states))
		}
	}
	s.run.Deleted -= s.run.Failed() - failedBefore
	return nil
}

// sendStates sends the states of deletions, one on each line.
func sendStates(up *link.Upstream, planned []deletion) error {
	var lines []byte
	for _, d := range planned {
		for _, state := range d.states {
			lines = append(append(lines, state.String()...), '\n')
			if len(lines) > codec.MaxWords/2 {
				if err := up.Write(codec.DATA, lines); err != nil {
					return err
				}
				lines = lines[:0]
			}
		}
	}
	return up.Write(codec.DATA, lines)
}
