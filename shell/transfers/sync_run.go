package transfers

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
)

// open opens the folder here. It is nil where the first sync has to make it.
func (y *syncRun) open(source bool) (*os.Root, error) {
	path := y.here
	fi, err := os.Stat(path)
	missing := errors.Is(err, os.ErrNotExist) && !source
	if missing {
		path = filepath.Dir(path)
		fi, err = os.Stat(path)
	}
	if err == nil && !fi.IsDir() {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	if err != nil || missing {
		return nil, console.About(y.typed, err)
	}
	dir, err := os.OpenRoot(path)
	return dir, console.About(y.typed, err)
}

// fetch makes the folder here like the one there.
func (y *syncRun) fetch(ctx context.Context) error {
	here, err := y.open(false)
	if err != nil {
		return err
	}
	f := &download{transferRun: y.transferRun, to: destination{folder: filepath.Dir(y.here), name: filepath.Base(y.here), typed: y.typed}}
	var seen *compare.NameSet
	if here != nil {
		defer here.Close()
		f.to.folder, f.to.name = y.here, "."
		if y.remove {
			seen = compare.NewNameSet()
		}
	}
	differing, err := f.unlike(ctx, y.there, here, seen)
	if err != nil {
		return err
	}
	y.trouble = y.partly
	if seen != nil {
		others := map[string]bool{} // what is there too, but has to go
		for _, d := range differing {
			others[d.bare()] = d.replaces != nil && !d.replaces.Possible()
		}
		if err := y.missing(ctx, here, func(name string) bool { return seen.Has(localFold(name)) && !others[name] }); err != nil {
			return err
		}
	}
	if err := y.whole(); err != nil {
		return err
	}
	c := getCall{words: []codec.Word{y.there}, name: f.to.name, list: y.wanted(differing), force: true}
	if y.dry {
		return nil
	}
	if err := y.removeHere(ctx, here); err != nil || len(c.list.names) == 0 && here != nil {
		return err
	}
	y.p.SetTotals(y.copies.files+y.replaced.files, y.copies.bytes+y.replaced.bytes)
	if here == nil {
		c.list = nil // all of it, also when it is empty
	}
	return f.call(ctx, c)
}

// wanted plans what is fetched. What cannot take the place of what is here is
// not, unless that is deleted before.
func (y *syncRun) wanted(differing []difference) *getList {
	list := newGetList()
	above := "" // a folder there that cannot come, with "/" behind
	for _, d := range differing {
		if above != "" && strings.HasPrefix(d.name, above) {
			continue
		}
		above = ""
		what := "copy"
		switch {
		case d.replaces == nil:
		case d.replaces.Possible():
			what = "replace"
		case !y.remove:
			y.fail(console.About(filepath.Join(y.typed, filepath.FromSlash(d.name)), d.replaces.RefusedError("local")))
			above = d.bare() + "/"
			continue
		}
		list.add(d.name, d.size)
		y.plan(what, d.name, codec.Entry{Kind: d.kind, Size: d.size})
	}
	return list
}

// missing finds what is here and does not stay.
func (y *syncRun) missing(ctx context.Context, here *os.Root, stays func(name string) bool) error {
	above := ""
	failed := func(name string, err error) { y.fail(console.About(name, err)) }
	return compare.LocalWalk{Failed: failed, Each: func(name string, e codec.Entry) bool {
		switch {
		case above != "" && strings.HasPrefix(name, above):
		case stays(name):
			return true
		default:
			y.gone = append(y.gone, deletion{path: name})
			above = name + "/"
		}
		y.plan("delete", name, e)
		return true
	}}.Walk(ctx, here)
}

func (y *syncRun) removeHere(ctx context.Context, here *os.Root) error {
	if len(y.gone) == 0 {
		return nil
	}
	if err := y.sure(y.typed, "here"); err != nil {
		return err
	}
	for _, g := range y.gone {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := here.RemoveAll(filepath.FromSlash(g.path)); err != nil {
			y.fail(console.About(g.path, err))
		} else {
			y.deleted += g.things
		}
	}
	return nil
}

// deliver makes the folder there like the one here.
func (y *syncRun) deliver(ctx context.Context) error {
	here, err := y.open(true)
	if err != nil {
		return err
	}
	defer here.Close()
	c := comparison{syncRun: y, skip: compare.NewNameSet(), there: map[string]bool{}, present: compare.NewNameSet()}
	err = remoteTrees(y.env, y.note).Pairs(ctx, y.there, here, compare.Follow{}, c.met)
	missing := errors.Is(err, &codec.Error{Code: codec.NotFound})
	if err = y.answered(err); err != nil && !missing {
		return err
	}
	failed := func(name string, err error) {
		if y.trouble = true; y.dry || len(y.gone) > 0 { // else that is said when it is sent
			y.fail(console.About(name, err))
		}
	}
	err = compare.LocalWalk{Failed: failed, Each: c.fresh}.Walk(ctx, here)
	if err == nil {
		err = y.whole()
	}
	if err != nil || y.dry {
		return err
	}
	if err := y.removeThere(ctx); err != nil || c.sends == 0 && !missing {
		return err
	}
	y.p.SetTotals(y.copies.files+y.replaced.files, y.copies.bytes+y.replaced.bytes)
	d := &upload{transferRun: y.transferRun, target: client.Operands([]codec.Word{y.there})}
	d.sources = []source{{path: y.here, name: ".", e: codec.Entry{Kind: codec.Folder}, skip: c.skip}}
	return d.send(ctx)
}

// A comparison is what a syncing that delivers has found out.
type comparison struct {
	*syncRun
	skip    *compare.NameSet // what is equal, or cannot be sent
	there   map[string]bool  // what is there and is replaced
	present *compare.NameSet // folders that are there
	above   string           // a folder there that is none here, with "/" behind
	counted bool             // it is deleted
	sends   int
}

// met compares something there with what is here under its name.
func (c *comparison) met(name string, there, here codec.Entry, err error) error {
	if c.above != "" && strings.HasPrefix(name, c.above) {
		if c.counted {
			c.plan("delete", name, there)
		}
		return nil
	}
	c.above = ""
	switch {
	case err != nil:
		c.trouble = true
	case there.Kind == codec.Folder && here.Kind == codec.Folder:
		c.present.Add(name)
	case here.Kind != 0 && transfer.Alike(there, here):
		c.equal++
		c.skip.Add(name)
	case here.Kind != 0 && (&console.Replacement{Old: there, New: here}).Possible():
		c.there[name] = true
	case c.remove:
		c.gone = append(c.gone, deletion{path: there.Name})
		c.plan("delete", name, there)
	case crosses(here.Kind):
		c.skip.Add(name)
		c.fail(console.About(there.Name, (&console.Replacement{Old: there, New: here}).RefusedError("remote")))
	}
	if there.Kind == codec.Folder && here.Kind != codec.Folder {
		c.above, c.counted = name+"/", c.remove && err == nil
	}
	return nil
}

// fresh plans what is here and not there.
func (c *comparison) fresh(name string, e codec.Entry) bool {
	switch {
	case c.skip.Has(name):
		return true
	case c.skip.Has(path.Dir(name)): // a folder that cannot be sent
		c.skip.Add(name)
		return true
	case e.Kind == codec.Folder && c.present.Has(name):
		return true
	case !crosses(e.Kind):
		if c.dry { // else that is said when the rest is sent
			c.fail(console.About(name, notSent(e.Kind)))
		}
	case c.there[name]:
		c.plan("replace", name, e)
	default:
		c.plan("copy", name, e)
	}
	c.sends++
	return true
}

func (y *syncRun) removeThere(ctx context.Context) error {
	if len(y.gone) == 0 {
		return nil
	}
	if err := y.sure(y.there.Text, "there"); err != nil {
		return err
	}
	var words []codec.Word
	for _, g := range y.gone {
		words = append(words, codec.Lit(g.path))
		y.deleted += g.things
	}
	before := y.failed
	for batch := range client.Batches(words) {
		_, err := y.env.Conn.Call(ctx, "DEL", append([]codec.Word{codec.Bare("-r")}, client.Operands(batch)...), link.Answer{Note: y.note})
		if err := y.answered(err); err != nil {
			return err
		}
	}
	y.deleted -= y.failed - before
	return nil
}
