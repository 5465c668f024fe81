package transfers

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"

	"techsh/codec"
	"techsh/codec/hashset"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
	"techsh/shell/transfers/running"
)

// skipUnwanted removes the sources that are equal to remote files, and those that must
// not replace remote files. It asks the remote only if there can be such sources.
func (u *upload) skipUnwanted(ctx context.Context) error {
	opts := u.run.Options
	mustCompare := opts.Update || u.run.CanAsk && !opts.Force
	if !mustCompare || len(u.sources) == 0 || u.sources[0].stdin() || !u.run.Env.Conn.Offers("FIND") {
		return nil
	}
	u.run.Progress.SetActivity("looking at the remote files")
	existing, err := u.existing(ctx)
	if err != nil {
		return err
	}
	u.targetExists = existing != nil
	if !u.targetExists && len(u.target) > 0 {
		u.run.ResumeHint = running.SyncHint("l:"+u.sources[0].path.String(), "r:"+u.target[len(u.target)-1].Text)
	}
	wanted := u.sources[:0]
	for _, src := range u.sources {
		old, exists := existing[u.name(src)]
		wants := true
		switch {
		case !exists:
		case old.Kind == 0: // it clashes with another source
			wants = false
		case old.Kind == codec.Folder && src.kind == codec.Folder:
			err = u.skipInTree(ctx, &src, old.Name)
		case old.Kind == codec.Regular && src.kind == codec.Regular:
			wants, err = u.mayReplace(ctx, src, old)
		}
		if err != nil {
			return err
		}
		if wants {
			wanted = append(wanted, src)
		}
	}
	u.sources = wanted
	return nil
}

// mayReplace reports whether to send src although it replaces the remote file old.
func (u *upload) mayReplace(ctx context.Context, src source, old codec.Entry) (bool, error) {
	e, err := u.entry(src)
	if err != nil {
		return true, nil // the sender reports it
	}
	equal, err := u.run.IsEqual(ctx, old, e, os.Open, u.run.Env.Local.Path(src.path.String()))
	if equal || err != nil {
		return false, err
	}
	yes, err := u.run.MayReplace(old.Name, console.Replacement{Old: old, New: e})
	u.replaces = u.replaces || yes
	return yes, err
}

// skipInTree makes src leave out those entries of its tree that are equal to the entries of
// the same names in the remote tree at path, or must not replace them.
func (u *upload) skipInTree(ctx context.Context, src *source, path string) error {
	typed := src.path.String()
	local, err := os.OpenRoot(u.run.Env.Local.Path(typed))
	if err != nil {
		return console.About(typed, err)
	}
	defer local.Close()
	skip := transfer.NewNameTable()
	folders := transfer.NewNameTable() // the folders in skip that are skipped with everything in them
	var last compare.Subtree
	src.how().wants = func(name string) bool {
		if last.Includes(name) {
			return false
		}
		if folders.Has(name) {
			last.Enter(name)
		}
		return !skip.Has(name)
	}
	s := running.Selection{
		Run:   u.run,
		Label: u.name(*src),
		Decided: func(d running.Difference, wanted bool) error {
			if wanted {
				u.replaces = true
				return nil
			}
			skip.Add(d.Name)
			if d.New.Kind == codec.Folder {
				folders.Add(d.Name)
			}
			return u.run.Budget.Take(2 * hashset.Size)
		},
	}
	return s.Make(ctx, codec.Lit(path), local, compare.Follow{Local: u.run.Options.Follow})
}

// findParts asks the remote for the parts of the large files that the remote has stored
// in interrupted transfers.
func (u *upload) findParts(ctx context.Context) error {
	if !u.run.Env.Conn.Offers("PART") {
		return nil
	}
	for i := range u.sources {
		src := &u.sources[i]
		if src.kind != codec.Regular || src.stdin() {
			continue
		}
		e, err := u.entry(*src)
		if err != nil || e.Size < running.MinResumeSize {
			continue // the sender reports the error
		}
		words := append(u.targetPath(), codec.Bare(strconv.FormatInt(e.Size, 10)), codec.Lit(e.Name))
		pairs, err := u.run.Env.Conn.Call(ctx, "PART", words, link.Answer{})
		if ctx.Err() != nil || errors.Is(err, link.ErrLost) {
			return err
		}
		if err != nil {
			continue // PUT reports the error
		}
		if err := u.verifyPart(ctx, src, e, pairs); err != nil {
			return err
		}
	}
	return nil
}

// verifyPart makes the upload resume src if the part on the remote is the beginning of
// the local file. e is the entry of src. pairs describe that part.
func (u *upload) verifyPart(ctx context.Context, src *source, e codec.Entry, pairs codec.Pairs) error {
	path := src.path.String()
	have, _ := pairs.Int("have")
	size := console.FormatSize(have)
	switch {
	case have == 0:
		return nil
	case have > e.Size:
		u.run.Tell(path, "starting again: the remote has %s, the file only %s", size, console.FormatSize(e.Size))
		return nil
	}
	u.run.Progress.SetActivity("comparing the remote part of " + codec.Name(e.Name))
	prefix, err := u.localPrefix(ctx, path, have)
	if err != nil {
		return console.About(path, err)
	}
	if sum, _ := pairs.Get("sha256"); prefix.SHA256 != sum {
		u.run.Tell(path, "starting again: the %s on the remote differ from this file", size)
		return nil
	}
	src.how().have = prefix
	u.run.Tell(path, "continuing at %s (verified)", console.FormatPart(have, e.Size))
	return nil
}

// localPrefix reads the first size bytes of a local file and returns their Prefix.
func (u *upload) localPrefix(ctx context.Context, path string, size int64) (landing.Prefix, error) {
	f, err := os.Open(u.run.Env.Local.Path(path))
	if err != nil {
		return landing.Prefix{}, err
	}
	defer f.Close()
	return landing.PrefixOf(ctx, f, size)
}

// targetPath returns the target as a literal path, which is "." if none was typed.
func (u *upload) targetPath() []codec.Word {
	words := slices.Clone(u.target)
	switch n := len(words); {
	case n == 0:
		words = []codec.Word{codec.Bare(".")}
	case client.IsPattern(words[n-1]):
		words[n-1] = codec.Lit(words[n-1].Text)
	}
	return words
}
