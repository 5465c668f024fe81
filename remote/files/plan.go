package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

// planDelete returns the plan of DEL. It leaves out what DEL refuses.
func planDelete(ctx context.Context, r *verb.Request) (p verb.Plan, err error) {
	if err := r.Need(1, -1); err != nil {
		return p, err
	}
	r.View.AnyDepth = r.Args.Has("state")
	var names verb.List
	err = eachPath(ctx, r, r.Args.Words, func(path string) error {
		at, err := r.View.Place(path)
		if err != nil {
			return err
		}
		defer at.Close()
		fi, err := at.Dir.Lstat(at.Name)
		if err != nil || isRootOrHome(at, fi) && !r.Args.Has("really") || fi.IsDir() && !r.Args.Has("r") {
			return err
		}
		p.AddFile(at.Real, fi)
		name := codec.Name(r.View.FS.Real(at.Real))
		if fi.IsDir() {
			name += " (a folder with " + r.Contents(ctx, path) + ")"
		}
		names.Add(name)
		return nil
	})
	p.Text = counted(names)
	return p, err
}

// planMove returns the plan of MOVE.
func planMove(ctx context.Context, r *verb.Request) (p verb.Plan, err error) {
	var names verb.List
	err = eachPair(ctx, r, func(from, to string, into bool) error {
		src, err := r.View.Place(from)
		if err != nil {
			return err
		}
		defer src.Close()
		fi, err := src.Dir.Lstat(src.Name)
		if err != nil {
			return err
		}
		dst, err := moveTarget(r, src, fi, to, into)
		if err != nil {
			return err
		}
		defer dst.Close()
		old, err := checkMove(r, src, fi, dst)
		if err != nil {
			return err
		}
		p.AddFile(src.Real, fi)
		p.AddFact(src.Real, dst.Real)
		name := codec.Name(r.View.FS.Real(src.Real)) + " to " + codec.Name(r.View.FS.Real(dst.Real))
		if old != nil && !os.SameFile(fi, old) {
			p.AddFile(dst.Real, old)
			name += ", which is replaced"
		}
		names.Add(name)
		return nil
	})
	p.Text = counted(names)
	return p, err
}

// checkMoved returns an error if the person was asked, but not about this move of the
// file fi from src to dst.
func checkMoved(r *verb.Request, src disk.Spot, fi fs.FileInfo, dst disk.Spot) error {
	err := errors.Join(r.Agreed.CheckFile(src.Real, fi), r.Agreed.CheckFact(src.Real, dst.Real))
	if old, serr := dst.Dir.Lstat(dst.Name); err == nil && serr == nil && !os.SameFile(fi, old) {
		err = r.Agreed.CheckFile(dst.Real, old)
	}
	return err
}

// planCopy returns the plan of COPY. The person is asked only if COPY replaces something.
func planCopy(ctx context.Context, r *verb.Request) (p verb.Plan, err error) {
	if !r.Args.Has("f") {
		return p, nil
	}
	var names verb.List
	err = eachPair(ctx, r, func(from, to string, into bool) error {
		if r.View.IsFolder(from) {
			at, err := r.View.TreeTarget(to, disk.TopName(from), into)
			if err != nil {
				return err
			}
			defer at.Close()
			if fi, err := at.Dir.Lstat(at.Name); err != nil || !fi.IsDir() {
				return nil // it does not exist, so nothing in it is replaced
			}
			p.AddFolder(at.Real)
			names.Add(codec.Name(r.View.FS.Real(at.Real)) +
				": files in it are replaced by those in " + realName(r, from))
			return nil
		}
		at, err := r.View.Target(to, filepath.Base(from), into)
		if err != nil {
			return err
		}
		defer at.Close()
		if old, err := at.Dir.Lstat(at.Name); err == nil {
			p.AddFile(at.Real, old)
			names.Add(codec.Name(r.View.FS.Real(at.Real)) + " is replaced by " + realName(r, from))
		}
		return nil
	})
	p.Text = counted(names)
	return p, err
}

// mayReplace reports whether the file at a target may be replaced.
func mayReplace(r *verb.Request, at disk.Spot) bool {
	return r.Args.Has("f") && r.Agreed.MayReplace(at.Real)
}

// realName resolves the links in path and returns the result for display, or path itself
// if this fails.
func realName(r *verb.Request, path string) string {
	real, err := r.View.Resolve(path)
	if err != nil {
		return codec.Name(path)
	}
	return codec.Name(r.View.FS.Real(real))
}

// counted returns a list of names for a question. If there are several names, the list
// begins with their number.
func counted(names verb.List) string {
	if names.Len() < 2 {
		return names.String()
	}
	return fmt.Sprintf("%d things: %s", names.Len(), &names)
}

// eachPath calls do for each path that words stand for. If there is only one path,
// eachPath returns its error. Otherwise it ignores errors, because the verb itself
// reports them.
func eachPath(ctx context.Context, r *verb.Request, words []codec.Word, do func(path string) error) error {
	for _, w := range words {
		paths, err := r.View.Expand(ctx, w)
		if err != nil {
			paths = transfer.Match(w.Text)
		}
		for path := range paths.All() {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err == nil {
				err = do(path)
			}
			if err != nil && len(words) == 1 && paths.Len() == 1 && forgive(r, err) != nil {
				return codec.Explain(path, err)
			}
			err = nil
		}
	}
	return nil
}

// eachPair is like pairwise, for a plan.
func eachPair(ctx context.Context, r *verb.Request, do func(from, to string, into bool) error) error {
	if err := r.Need(2, -1); err != nil {
		return err
	}
	words := r.Args.Words
	last := len(words) - 1
	to, err := r.View.One(ctx, verb.Literal(words[last:])[0])
	if err != nil {
		return err
	}
	return eachPath(ctx, r, words[:last], func(from string) error {
		return do(from, to, intoFolder(words, from))
	})
}

// intoFolder reports whether the last word, which is the target, must be a folder. It
// must be one if there are several sources, or if from was found by a pattern.
func intoFolder(words []codec.Word, from string) bool {
	return len(words) > 2 || codec.HasPattern(words[0].Text) && !words[0].Quoted && from != words[0].Text
}
