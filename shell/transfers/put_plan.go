package transfers

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"

	"techsh/codec"
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
	opts, conn := u.run.Options, u.run.Env.Conn
	mustCompare := opts.Update || u.run.CanAsk && !opts.Force
	if !mustCompare || len(u.sources) == 0 || u.sources[0].stdin || !conn.Offers("FIND") {
		return nil
	}
	u.run.Progress.SetActivity("looking at the remote files")
	existing, err := u.existing(ctx)
	if err != nil {
		return err
	}
	u.targetExists = existing != nil
	if !u.targetExists && len(u.target) > 0 {
		u.run.ResumeHint = running.SyncHint("l:"+u.sources[0].path, "r:"+u.target[len(u.target)-1].Text)
	}
	var wanted []source
	for _, src := range u.sources {
		old, exists := existing[conn.FoldName(src.name)]
		wants := true
		switch {
		case !exists:
		case old.Kind == codec.Folder && src.entry.Kind == codec.Folder:
			src.skip, err = u.unwantedInTree(ctx, src, old.Name)
		case old.Kind == codec.Regular && src.entry.Kind == codec.Regular:
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

// existing returns the remote entries that have the names of the sources, by folded
// name. The Name of each entry is its remote path. The map is nil if the target does
// not exist.
func (u *upload) existing(ctx context.Context) (map[string]codec.Entry, error) {
	fold := u.run.Env.Conn.FoldName
	names := map[string]bool{}
	for _, src := range u.sources {
		names[fold(src.name)] = true
	}
	existing := map[string]codec.Entry{}
	first := true // the first entry is the target itself
	add := func(e codec.Entry) error {
		name := fold(u.run.Env.Conn.Base(e.Name))
		switch {
		case first && e.Kind != codec.Folder && len(u.sources) == 1:
			existing[fold(u.sources[0].name)] = e
		case first && names["."]:
			existing["."] = e
		case !first && names[name]:
			existing[name] = e
		}
		first = false
		return nil
	}
	words := append([]codec.Word{codec.Bare("--depth"), codec.Bare("1")}, u.targetPath()...)
	err := u.run.Env.Conn.Find(ctx, words, u.run.Note, add)
	if errors.Is(err, &codec.Error{Code: codec.NotFound}) {
		return nil, nil
	}
	return existing, u.run.CountPartial(err)
}

// mayReplace reports whether to send src although it replaces the remote file old.
func (u *upload) mayReplace(ctx context.Context, src source, old codec.Entry) (bool, error) {
	equal, err := u.run.IsEqual(ctx, old, src.entry, os.Open, u.run.Env.Local.Path(src.path))
	if equal || err != nil {
		return false, err
	}
	yes, err := u.run.MayReplace(old.Name, console.Replacement{Old: old, New: src.entry})
	u.replaces = u.replaces || yes
	return yes, err
}

// unwantedInTree returns the entries of the tree src that are not sent, because the entry
// of the same name in the remote tree at path is equal or must not be replaced.
func (u *upload) unwantedInTree(ctx context.Context, src source, path string) (*transfer.NameSet, error) {
	local, err := os.OpenRoot(u.run.Env.Local.Path(src.path))
	if err != nil {
		return nil, console.About(src.path, err)
	}
	defer local.Close()
	skip := transfer.NewNameSet()
	classify := func(name string, remote, entry codec.Entry) (running.Difference, bool) {
		if entry.Kind != 0 && !(entry.Kind == codec.Folder && remote.Kind == codec.Folder) {
			skip.Add(name)
		}
		return running.Difference{Name: name, Change: running.NewReplacement(remote, entry)}, entry.Kind != 0
	}
	links := compare.Follow{Local: u.run.Options.Follow}
	differing, err := u.run.Differences(ctx, codec.Lit(path), local, links, classify)
	if err != nil {
		return skip, err
	}
	return skip, u.run.EachAllowed(src.name, differing, func(x running.Difference) {
		skip.Remove(x.Name)
		u.replaces = true
	})
}

// findParts asks the remote for the parts of the large files that the remote has stored
// in interrupted transfers.
func (u *upload) findParts(ctx context.Context) error {
	if !u.run.Env.Conn.Offers("PART") {
		return nil
	}
	for i := range u.sources {
		src := &u.sources[i]
		if src.entry.Kind != codec.Regular || src.entry.Size < running.MinResumeSize {
			continue
		}
		words := append(u.targetPath(), codec.Bare(strconv.FormatInt(src.entry.Size, 10)), codec.Lit(src.name))
		pairs, err := u.run.Env.Conn.Call(ctx, "PART", words, link.Answer{})
		if ctx.Err() != nil || errors.Is(err, link.ErrLost) {
			return err
		}
		if err != nil {
			continue // PUT reports the error
		}
		if err := u.verifyPart(ctx, src, pairs); err != nil {
			return err
		}
	}
	return nil
}

// verifyPart checks whether the part on the remote is the beginning of the local file. If
// it is, verifyPart sets src.have, so that src is resumed. pairs describes the part.
func (u *upload) verifyPart(ctx context.Context, src *source, pairs codec.Pairs) error {
	have, _ := pairs.Int("have")
	size := console.FormatSize(have)
	switch {
	case have == 0:
		return nil
	case have > src.entry.Size:
		total := console.FormatSize(src.entry.Size)
		u.run.Tell(src.path, "starting again: the remote has %s, the file only %s", size, total)
		return nil
	}
	u.run.Progress.SetActivity("comparing the remote part of " + codec.Name(src.name))
	prefix, err := u.localPrefix(ctx, src.path, have)
	if err != nil {
		return console.About(src.path, err)
	}
	if sum, _ := pairs.Get("sha256"); prefix.SHA256 != sum {
		u.run.Tell(src.path, "starting again: the %s on the remote differ from this file", size)
		return nil
	}
	src.have = prefix
	u.run.Tell(src.path, "continuing at %s (verified)", console.FormatPart(have, src.entry.Size))
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
