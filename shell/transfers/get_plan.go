package transfers

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
)

// calls decides, before anything is fetched, what of words is asked for and
// how: what goes on from an earlier time, what is equal, what may be replaced.
// When there is nothing to decide, that is one call with the words as they
// were typed.
func (f *download) calls(ctx context.Context, words []codec.Word) ([]getCall, error) {
	tops, err := f.tops(ctx, words)
	if err != nil {
		return nil, err
	}
	dir, err := os.OpenRoot(f.to.folder)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	var apart []getCall
	var plain []codec.Word
	var unweighed []getTop
	var weighed tally
	f.may = map[string]bool{}
	for _, t := range tops {
		c, err := f.decide(ctx, dir, t)
		switch {
		case err != nil:
			return nil, err
		case c == nil: // left out
		case c.list != nil:
			weighed.files, weighed.bytes = weighed.files+c.list.files, weighed.bytes+c.list.bytes
			apart = append(apart, *c)
		case c.have.Size > 0:
			unweighed, apart = append(unweighed, t), append(apart, *c)
		default:
			unweighed, plain = append(unweighed, t), append(plain, t.word)
		}
	}
	if !f.alone || f.trees {
		f.p.SetTotals(f.weigh(ctx, unweighed, weighed))
	}
	if len(plain) == len(tops) && f.failed == 0 {
		return []getCall{{words: words}}, nil
	}
	same := duplicateNames{}
	for _, t := range tops {
		if t.e == nil && client.IsPattern(t.word) {
			continue // nobody knows what it stands for
		}
		if err := same.add(localFold(t.name), t.word.Text); err != nil {
			return nil, err
		}
	}
	for batch := range client.Batches(plain) {
		apart = append(apart, getCall{words: batch})
	}
	return apart, nil
}

// A getTop is one of the things that are asked for.
type getTop struct {
	word codec.Word
	name string       // here: a guess until it comes
	e    *codec.Entry // if it is known
}

// tops returns what words stand for. The remote is asked only when that can
// matter.
func (f *download) tops(ctx context.Context, words []codec.Word) ([]getTop, error) {
	var tops []getTop
	ask := f.update
	for _, w := range words {
		t := getTop{word: w, name: f.nameOf(w.Text)}
		tops = append(tops, t)
		if _, err := os.Lstat(filepath.Join(f.to.folder, t.name)); err == nil && f.asks && !f.force || client.IsPattern(w) {
			ask = true
		}
	}
	if !ask || !f.env.Conn.Offers("STAT") {
		return tops, nil
	}
	f.p.SetActivity("looking what is there")
	tops = nil
	_, err := f.env.Conn.Call(ctx, "STAT", client.Operands(words), link.Answer{Note: f.note, Entry: func(e codec.Entry) error {
		tops = append(tops, getTop{word: codec.Lit(e.Name), name: f.nameOf(e.Name), e: &e})
		return nil
	}})
	return tops, f.answered(err)
}

// weigh says how many files there are to fetch, besides those that have been
// weighed, and how much that is: at a terminal, whose line shows it.
func (f *download) weigh(ctx context.Context, tops []getTop, weighed tally) (files, bytes int64) {
	var words []codec.Word
	known := weighed
	for _, t := range tops {
		if words = append(words, t.word); t.e != nil && t.e.Kind == codec.Regular {
			known.add(t.e.Size)
		}
	}
	if known.files == weighed.files+int64(len(tops)) {
		return known.files, known.bytes
	}
	if !f.env.Console.Err.Terminal || !f.trees || f.follow || !f.env.Conn.Offers("DU") {
		return codec.Unknown, 0
	}
	f.p.SetActivity("counting what is there")
	for batch := range client.Batches(words) {
		pairs, err := f.env.Conn.Call(ctx, "DU", client.Operands(batch), link.Answer{})
		if err != nil {
			return codec.Unknown, 0 // it is said when it is fetched
		}
		files, _ := pairs.Int("files")
		bytes, _ := pairs.Int("bytes")
		weighed.files, weighed.bytes = weighed.files+files, weighed.bytes+bytes
	}
	return weighed.files, weighed.bytes
}

// nameOf is what will be called here what has that path there: "." is what
// has no name.
func (f *download) nameOf(path string) string {
	if f.to.name != "" {
		return f.to.name
	}
	if name := f.env.Conn.Base(path); name != "" && name != ".." {
		return name
	}
	return "."
}

// decide says how one thing is asked for: nil if it is left out.
func (f *download) decide(ctx context.Context, dir *os.Root, t getTop) (*getCall, error) {
	c := &getCall{words: []codec.Word{t.word}, name: t.name}
	lookup := compare.NewLocalLookup(dir, false)
	old, err := lookup.Entry(t.name)
	lookup.Close()
	switch {
	case err != nil:
		return nil, console.About(t.name, err)
	case old.Kind == codec.Folder:
		if !f.trees || t.e != nil && t.e.Kind != codec.Folder || !f.update && (!f.asks || f.force) {
			return c, nil
		}
		return f.decideTree(ctx, dir, t, c)
	case old.Kind == codec.Regular && (t.e == nil || t.e.Kind == codec.Regular):
		if t.e != nil {
			equal, err := f.equals(ctx, *t.e, old, dir.Open, t.name)
			if equal || err != nil {
				return nil, err
			}
		}
		c := console.Replacement{Old: old}
		if t.e != nil {
			c.New = *t.e
		}
		if yes, err := f.replace(cmp.Or(f.to.typed, t.name), c); !yes {
			return nil, err
		}
		f.may[t.name] = true
	}
	have, err := transfer.Part(ctx, transfer.Target{Dir: dir, Name: t.name, Key: f.key()})
	if err == nil {
		c.have = have // else the landing finds out why
	}
	return c, context.Cause(ctx)
}

// decideTree says what of a folder there, part of which is here already, is
// asked for.
func (f *download) decideTree(ctx context.Context, dir *os.Root, t getTop, c *getCall) (*getCall, error) {
	if !f.env.Conn.Offers("FIND") {
		return c, nil
	}
	here, err := dir.OpenRoot(t.name)
	if err != nil {
		return nil, console.About(t.name, err)
	}
	defer here.Close()
	c.list, c.force = newGetList(), f.force
	differing, err := f.unlike(ctx, t.word, here, nil)
	if err != nil {
		return nil, err
	}
	err = f.agreed(t.name, differing, func(d difference) {
		c.list.add(d.name, d.size)
		c.force = c.force || d.replaces != nil
	})
	if err != nil || len(c.list.names) == 0 {
		return nil, err
	}
	return c, nil
}

// unlike returns what of a folder there the one here, if there is one, has not
// or has otherwise. All names go to seen, if it is not nil.
func (f *download) unlike(ctx context.Context, folder codec.Word, here *os.Root, seen *compare.NameSet) ([]difference, error) {
	return f.differing(ctx, folder, here, compare.Follow{Remote: f.follow}, func(name string, there, old codec.Entry) (difference, bool) {
		if seen != nil {
			seen.Add(localFold(name))
		}
		d := difference{name: name, kind: there.Kind, size: max(0, there.Size)}
		switch there.Kind {
		case codec.Folder:
			d.name, d.size = name+"/", 0
		case codec.Regular, codec.Link:
		default:
			f.fail(console.About(there.Name, notSent(there.Kind)))
			return d, false
		}
		if old.Kind != 0 {
			d.replaces = &console.Replacement{Old: old, New: there}
		}
		return d, true
	})
}

// getList is what of a tree is asked for: a list for the remote, and a set that
// knows whether what then comes is on it.
type getList struct {
	names []string
	tally // of its files
	set   *compare.NameSet
}

func newGetList() *getList { return &getList{set: compare.NewNameSet()} }

func (w *getList) add(name string, size int64) {
	w.names = append(w.names, name)
	name, folder := strings.CutSuffix(name, "/")
	if !folder {
		w.tally.add(size)
	}
	w.set.Add(name)
	w.set.AddParents(name)
}

// send streams the list.
func (w *getList) send(_ context.Context, up *link.Upstream) error {
	var lines []byte
	for i, name := range w.names {
		lines = append(codec.AppendQuote(lines, name, true), '\n')
		if len(lines) > codec.MaxWords/2 || i == len(w.names)-1 {
			if err := up.Write(codec.DATA, lines); err != nil {
				return err
			}
			lines = lines[:0]
		}
	}
	return nil
}

// has says whether what is called name in the stream is on the list. The rest
// is dropped: the remote may be hostile, and what is here may be what somebody
// did not want replaced.
func (w *getList) has(name string) bool {
	_, name, below := strings.Cut(name, "/")
	return !below || w.set.Has(name)
}
