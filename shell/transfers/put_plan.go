package transfers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
)

// A source is one of the things that are sent.
type source struct {
	path  string // as it is said
	name  string // what it is called there, if it goes into a folder
	e     codec.Entry
	stdin bool
	have  transfer.Prefix  // there, from an earlier time
	skip  *compare.NameSet // of a tree, what is not sent
}

// gather finds what words stand for here.
func (d *upload) gather(ctx context.Context, words []codec.Word, target codec.Word) error {
	if len(words) == 1 && command.IsStandardStream(words[0]) {
		switch {
		case target.Text == "":
			return console.WithHint(errors.New("-: standard input needs a name there"), "put - notes.txt")
		case d.env.Console.Script:
			return errors.New("-: standard input is the script")
		}
		e := codec.Entry{Kind: codec.Regular, Mode: codec.Unknown, Size: codec.Unknown, Name: "stdin"}
		d.sources = []source{{path: "-", name: e.Name, e: e, stdin: true}}
		return nil
	}
	var paths []string
	for _, w := range words {
		list, err := d.env.Local.Expand(ctx, w)
		if err != nil {
			return err
		}
		paths = append(paths, list...)
	}
	d.several = len(paths) > 1
	same := duplicateNames{}
	for _, path := range paths {
		src, err := d.look(path)
		if err != nil && !d.several {
			return err
		}
		if err != nil {
			d.fail(err)
			continue
		}
		if err := same.add(d.env.Conn.FoldName(src.name), src.path); err != nil {
			return err
		}
		d.sources = append(d.sources, src)
	}
	return nil
}

// look finds out what is to be sent from a path here. A link is followed.
func (d *upload) look(path string) (source, error) {
	abs := d.env.Local.Path(path)
	fi, err := os.Stat(abs) // before opening it, which waits on a pipe
	switch {
	case err != nil:
		return source{}, console.About(path, err)
	case fi.IsDir() && !d.trees:
		return source{}, console.WithHint(console.About(path, errors.New("is a folder")), "-r sends it with all in it")
	case !fi.IsDir() && !fi.Mode().IsRegular():
		return source{}, console.About(path, codec.Errorf(codec.NotRegular, ""))
	}
	name := filepath.Base(abs)
	if last := filepath.Base(path); last == "." || last == ".." || filepath.Dir(abs) == abs {
		name = "." // it has no name of its own
	}
	return source{path: path, name: name, e: transfer.EntryOf(name, fi)}, nil
}

// agree compares what is to be sent with what is there, when that can matter,
// and leaves out what is equal or shall not be replaced.
func (d *upload) agree(ctx context.Context) error {
	if !d.update && (!d.asks || d.force) || d.sources[0].stdin || !d.env.Conn.Offers("FIND") {
		return nil
	}
	d.p.SetActivity("looking what is there")
	there, err := d.there(ctx)
	if err != nil {
		return err
	}
	d.into = there != nil
	if !d.into && len(d.target) > 0 {
		d.onward = onwardBy("l:"+d.sources[0].path, "r:"+d.target[len(d.target)-1].Text)
	}
	var left []source
	for _, src := range d.sources {
		old, exists := there[d.env.Conn.FoldName(src.name)]
		keep := true
		switch {
		case !exists:
		case old.Kind == codec.Folder && src.e.Kind == codec.Folder:
			src.skip, err = d.agreeTree(ctx, src, old.Name)
		case old.Kind == codec.Regular && src.e.Kind == codec.Regular:
			keep, err = d.agreeOne(ctx, src, old)
		}
		if err != nil {
			return err
		}
		if keep {
			left = append(left, src)
		}
	}
	d.sources = left
	return nil
}

// there returns what the names of the parcels mean there: Entry.Name is the
// remote's path of it.
func (d *upload) there(ctx context.Context) (map[string]codec.Entry, error) {
	names := map[string]bool{}
	for _, src := range d.sources {
		names[d.env.Conn.FoldName(src.name)] = true
	}
	there := map[string]codec.Entry{}
	first := true
	err := d.env.Conn.Find(ctx, append([]codec.Word{codec.Bare("--depth"), codec.Bare("1")}, d.folder()...), d.note, func(e codec.Entry) error {
		name := d.env.Conn.Base(e.Name)
		switch {
		case first && e.Kind != codec.Folder && len(d.sources) == 1:
			there[d.env.Conn.FoldName(d.sources[0].name)] = e // it is the file that is meant
		case first:
			if names["."] {
				there["."] = e
			}
		case names[d.env.Conn.FoldName(name)]:
			there[d.env.Conn.FoldName(name)] = e
		}
		first = false
		return nil
	})
	if errors.Is(err, &codec.Error{Code: codec.NotFound}) {
		return nil, nil
	}
	return there, d.answered(err)
}

// agreeOne says whether a file is sent although one of its name is there.
func (d *upload) agreeOne(ctx context.Context, src source, old codec.Entry) (bool, error) {
	equal, err := d.equals(ctx, old, src.e, os.Open, d.env.Local.Path(src.path))
	if equal || err != nil {
		return false, err
	}
	yes, err := d.replace(old.Name, console.Replacement{Old: old, New: src.e})
	d.replaces = d.replaces || yes
	return yes, err
}

// agreeTree returns what of a tree is not sent, as the tree at path there has
// it already, or it shall stay there as it is.
func (d *upload) agreeTree(ctx context.Context, src source, path string) (*compare.NameSet, error) {
	here, err := os.OpenRoot(d.env.Local.Path(src.path))
	if err != nil {
		return nil, console.About(src.path, err)
	}
	defer here.Close()
	skip := compare.NewNameSet()
	differing, err := d.differing(ctx, codec.Lit(path), here, compare.Follow{Local: d.follow}, func(name string, there, fresh codec.Entry) (difference, bool) {
		if fresh.Kind != 0 && !(fresh.Kind == codec.Folder && there.Kind == codec.Folder) {
			skip.Add(name)
		}
		return difference{name: name, replaces: &console.Replacement{Old: there, New: fresh}}, fresh.Kind != 0
	})
	if err == nil {
		err = d.agreed(src.name, differing, func(c difference) {
			skip.Remove(c.name)
			d.replaces = true
		})
	}
	return skip, err
}

// resume asks for each file that is worth it what an interrupted put of it
// has left there.
func (d *upload) resume(ctx context.Context) error {
	if !d.env.Conn.Offers("PART") {
		return nil
	}
	for i := range d.sources {
		src := &d.sources[i]
		if src.e.Kind != codec.Regular || src.e.Size < resumeFrom {
			continue
		}
		words := append(d.folder(), codec.Bare(strconv.FormatInt(src.e.Size, 10)), codec.Lit(src.name))
		pairs, err := d.env.Conn.Call(ctx, "PART", words, link.Answer{})
		if ctx.Err() != nil || errors.Is(err, link.ErrLost) {
			return err
		}
		have, _ := pairs.Int("have")
		switch {
		case err != nil || have == 0:
			continue // what is wrong there, PUT says
		case have > src.e.Size:
			d.say(src.path, "starting again: %s are there, it has only %s", console.FormatSize(have), console.FormatSize(src.e.Size))
			continue
		}
		d.p.SetActivity("comparing what is there of " + codec.Name(src.name))
		if src.have, err = prefix(ctx, d.env, src.path, have); err != nil {
			return console.About(src.path, err)
		}
		sum, _ := pairs.Get("sha256")
		if src.have.SHA256 != sum {
			src.have = transfer.Prefix{}
			d.say(src.path, "starting again: the %s there differ from this file", console.FormatSize(have))
			continue
		}
		d.say(src.path, "continuing at %s (verified)", console.FormatPart(have, src.e.Size))
	}
	return nil
}

// folder is the target as a path in any case, and never a pattern.
func (d *upload) folder() []codec.Word {
	words := slices.Clone(d.target)
	switch n := len(words); {
	case n == 0:
		words = []codec.Word{codec.Bare(".")}
	case client.IsPattern(words[n-1]):
		words[n-1] = codec.Lit(words[n-1].Text)
	}
	return words
}

// prefix reads the beginning of a file here.
func prefix(ctx context.Context, env *command.Env, path string, size int64) (transfer.Prefix, error) {
	f, err := os.Open(env.Local.Path(path))
	if err != nil {
		return transfer.Prefix{}, err
	}
	defer f.Close()
	return transfer.PrefixOf(ctx, f, size)
}

// weigh says how many files there are to send, and how much that is: at a
// terminal, whose line shows it.
func (d *upload) weigh(ctx context.Context) (files, bytes int64) {
	if !d.env.Console.Err.Terminal || d.follow {
		return codec.Unknown, 0
	}
	d.p.SetActivity("counting what is here")
	for _, src := range d.sources {
		if src.e.Kind == codec.Regular {
			files, bytes = files+1, bytes+src.e.Size
			continue
		}
		dir, err := os.OpenRoot(d.env.Local.Path(src.path))
		if err != nil {
			continue
		}
		_ = compare.LocalWalk{Failed: func(string, error) {}, Each: func(name string, e codec.Entry) bool {
			if e.Kind == codec.Regular && (src.skip == nil || !src.skip.Has(name)) {
				files, bytes = files+1, bytes+e.Size
			}
			return true
		}}.Walk(ctx, dir)
		dir.Close()
	}
	return files, bytes
}
