package transfers

import (
	"cmp"
	"context"
	"iter"
	"os"
	"path/filepath"

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

// A getItem is a file or tree that a download fetches.
type getItem struct {
	word  codec.Word
	name  string      // the expected local name; the remote sends the final one
	entry codec.Entry // its Kind is 0 if it is unknown
}

// isFile reports whether the item is known to be a regular file.
func (i getItem) isFile() bool { return i.entry.Kind == codec.Regular }

// getItems are the items of a download. There may be very many, if a pattern was typed.
type getItems struct {
	download *download
	typed    []codec.Word
	asked    bool              // whether found contains what the remote has found for typed
	found    running.EntryList // entries whose names are remote paths
}

func (s *getItems) len() int {
	if s.asked {
		return s.found.Len()
	}
	return len(s.typed)
}

func (s *getItems) all(yield func(getItem) bool) {
	if !s.asked {
		for _, w := range s.typed {
			if !yield(getItem{word: w, name: s.download.localName(w.Text)}) {
				return
			}
		}
		return
	}
	for e := range s.found.All() {
		if !yield(getItem{codec.Lit(e.Name), s.download.localName(e.Name), e}) {
			return
		}
	}
}

// like returns the name of the first other item whose local name either equals listed, or
// differs from the local name of item only in spelling. In the second case, the other
// item must come before item. It returns "" if there is no such item.
func (s *getItems) like(item getItem, listed string) string {
	folded, before := landing.FoldName(item.name), true
	for other := range s.all {
		switch {
		case other.word.Text == item.word.Text:
			before = false
		case other.name == listed, before && landing.FoldName(other.name) == folded:
			return other.name
		}
	}
	return ""
}

// A getPlan collects the calls of GET that a download makes.
type getPlan struct {
	asTyped   []codec.Word // if not nil, one call fetches these words, and nothing else is needed
	calls     []getCall    // calls for a single item each
	plain     wordList     // the items that can share calls
	counted   tally        // the files of the items with known contents
	uncounted wordList     // the items whose contents are not known
}

// A wordList is a list of words that takes little memory.
type wordList struct {
	bare   []codec.Word // the bare words; only words that the user typed are bare, so there are few
	quoted running.NameList
}

func (l *wordList) add(w codec.Word) error {
	if !w.Quoted {
		l.bare = append(l.bare, w)
		return nil
	}
	_, err := l.quoted.Add(w.Text)
	return err
}

func (l *wordList) len() int { return len(l.bare) + l.quoted.Len() }

// batches yields the words in batches that each fit into one call.
func (l *wordList) batches(yield func([]codec.Word) bool) {
	for batch := range client.Batches(l.bare) {
		if !yield(batch) {
			return
		}
	}
	l.quoted.Words()(yield)
}

func (p *getPlan) add(item getItem, c getCall) error {
	switch {
	case c.list != nil:
		p.counted.addAll(c.list.total)
	case item.isFile():
		p.counted.add(item.entry.Size)
	default:
		if err := p.uncounted.add(item.word); err != nil {
			return err
		}
	}
	if c.list == nil && c.have.Size == 0 {
		return p.plain.add(item.word)
	}
	const size = 256
	p.calls = append(p.calls, c)
	return p.plain.quoted.Budget.Take(size)
}

// all returns the calls.
func (p *getPlan) all() iter.Seq[getCall] {
	return func(yield func(getCall) bool) {
		if p.asTyped != nil {
			yield(getCall{words: p.asTyped})
			return
		}
		for _, c := range p.calls {
			if !yield(c) {
				return
			}
		}
		for batch := range p.plain.batches {
			if !yield(getCall{words: batch}) {
				return
			}
		}
	}
}

// planCalls decides which sources are resumed, which are skipped because they are
// equal or must not be replaced, and which calls fetch the rest. If none needs
// special treatment, a single call fetches the sources as they were typed.
func (d *download) planCalls(ctx context.Context, sources []codec.Word) (*getPlan, error) {
	items, err := d.items(ctx, sources)
	if err != nil {
		return nil, err
	}
	dir, err := os.OpenRoot(d.to.folder)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	d.replaceable = transfer.NewNameTable()
	budget := &d.run.Budget
	d.spellings.Budget = budget
	defer d.spellings.Close()
	plan := &getPlan{}
	plan.plain.quoted.Budget, plan.uncounted.quoted.Budget = budget, budget
	for item := range items.all {
		c, err := d.planItem(ctx, dir, items, item)
		if err == nil && c != nil {
			err = plan.add(item, *c)
		}
		if err != nil {
			return nil, err
		}
	}
	if !d.run.SingleFile || d.run.Options.Recursive {
		d.run.Progress.SetTotals(d.totals(ctx, plan))
	}
	if plan.plain.len() == items.len() && d.run.Failed() == 0 {
		plan.asTyped = sources
		return plan, nil
	}
	return plan, d.refuseDuplicates(items)
}

// refuseDuplicates returns an error if two items have the same local name. It cannot
// check the matches of a pattern that was not expanded.
func (d *download) refuseDuplicates(items *getItems) error {
	names := transfer.NewNameSet()
	for item := range items.all {
		if !items.asked && client.IsPattern(item.word) {
			continue
		}
		if !names.Has(item.name) {
			names.Add(item.name)
			continue
		}
		for other := range items.all {
			if other.name == item.name {
				return errSameName(item.word.Text, other.word.Text)
			}
		}
	}
	return nil
}

// items returns the files and trees that sources refer to. It asks the remote only if
// the answer can make a difference.
func (d *download) items(ctx context.Context, sources []codec.Word) (*getItems, error) {
	items := &getItems{download: d, typed: sources, found: running.EntryList{Budget: &d.run.Budget}}
	mustAsk := d.run.Options.Update
	for _, w := range sources {
		_, err := os.Lstat(filepath.Join(d.to.folder, d.localName(w.Text)))
		if err == nil && d.run.CanAsk && !d.run.Options.Force || client.IsPattern(w) {
			mustAsk = true
		}
	}
	if !mustAsk || !d.run.Env.Conn.Offers("STAT") {
		return items, nil
	}
	d.run.Progress.SetActivity("looking at the remote files")
	items.asked = true
	add := func(e codec.Entry) error {
		e.More = nil
		return items.found.Add(&e)
	}
	words := client.Operands(sources)
	_, err := d.run.Env.Conn.Call(ctx, "STAT", words, link.Answer{Note: d.run.Note, Entry: add})
	return items, d.run.CountPartial(err)
}

// localName returns the local name for a remote path, or "." if the path does not
// contain a name.
func (d *download) localName(path string) string {
	if d.to.name != "" {
		return d.to.name
	}
	if name := d.run.Env.Conn.Base(path); name != "" && name != ".." {
		return name
	}
	return "."
}

// totals returns how many files and bytes a plan fetches. If that is not known, files is
// codec.Unknown. Trees are counted only if there is a terminal to show the total on.
func (d *download) totals(ctx context.Context, plan *getPlan) (files, bytes int64) {
	total := plan.counted
	if plan.uncounted.len() == 0 {
		return total.files, total.bytes
	}
	opts, conn := d.run.Options, d.run.Env.Conn
	if !d.run.Env.Console.Err.Terminal || !opts.Recursive || opts.Follow || !conn.Offers("DU") {
		return codec.Unknown, 0
	}
	d.run.Progress.SetActivity("counting the remote files")
	for batch := range plan.uncounted.batches {
		pairs, err := conn.Call(ctx, "DU", client.Operands(batch), link.Answer{})
		if err != nil {
			return codec.Unknown, 0 // GET reports the error
		}
		files, _ := pairs.Int("files")
		bytes, _ := pairs.Int("bytes")
		linked, _ := pairs.Int("linked") // a file with several names is sent once for each name
		total.addAll(tally{files, bytes + linked})
	}
	return total.files, total.bytes
}

// planItem returns the call that fetches item, or nil if item is skipped. item is an
// element of items. dir is the destination folder.
func (d *download) planItem(ctx context.Context, dir *os.Root, items *getItems, item getItem) (*getCall, error) {
	lookup := compare.NewLocalLookup(dir, false)
	defer lookup.Close()
	old, listed, err := lookup.Spelled(item.name, &d.spellings)
	if err != nil {
		return nil, console.About(item.name, err)
	}
	if old.Kind != 0 && item.name != "." && listed != item.name {
		if other := items.like(item, listed); other != "" {
			d.run.FailClash(item.word.Text, other)
			return nil, nil
		}
		d.run.TellSpelling(item.name, listed)
	}
	c := &getCall{words: []codec.Word{item.word}, name: item.name}
	switch {
	case old.Kind == codec.Folder:
		return d.planTree(ctx, dir, item, c)
	case old.Kind == codec.Regular && (item.entry.Kind == 0 || item.isFile()):
		if wanted, err := d.mayReplace(ctx, dir, item, old); !wanted {
			return nil, err
		}
		d.replaceable.Add(item.name)
		if err := d.run.Budget.Take(hashset.Size); err != nil {
			return nil, err
		}
	}
	have, err := landing.Part(ctx, landing.Target{Dir: dir, Name: item.name, Key: d.partKey()})
	if err == nil {
		c.have = have // an error is ignored here, because the receiver reports it too
	}
	return c, context.Cause(ctx)
}

// mayReplace reports whether to fetch item although it replaces the local file old.
func (d *download) mayReplace(ctx context.Context, dir *os.Root, item getItem, old codec.Entry) (bool, error) {
	change := console.Replacement{Old: old, New: item.entry}
	if item.entry.Kind != 0 {
		equal, err := d.run.IsEqual(ctx, item.entry, old, dir.Open, item.name)
		if equal || err != nil {
			return false, err
		}
	}
	return d.run.MayReplace(cmp.Or(d.to.typed, item.name), change)
}

// planTree restricts c to the entries that differ from the local tree of the same
// name. It returns nil if none differ.
func (d *download) planTree(ctx context.Context, dir *os.Root, item getItem, c *getCall) (*getCall, error) {
	opts := d.run.Options
	isTree := opts.Recursive && (item.entry.Kind == 0 || item.entry.Kind == codec.Folder)
	mustCompare := opts.Update || d.run.CanAsk && !opts.Force
	if !isTree || !mustCompare || !d.run.Env.Conn.Offers("FIND") {
		return c, nil
	}
	local, err := dir.OpenRoot(item.name)
	if err != nil {
		return nil, console.About(item.name, err)
	}
	defer local.Close()
	c.list, c.force = newGetList(&d.run.Budget), opts.Force
	s := running.Selection{
		Run:        d.run,
		FromRemote: true,
		Label:      item.name,
		Decided: func(x running.Difference, wanted bool) error {
			if !wanted {
				return nil
			}
			c.force = c.force || x.Old.Kind != 0
			return c.list.add(x.Name, x.New.Kind, x.New.Size)
		},
	}
	err = s.Make(ctx, item.word, local, compare.Follow{Remote: opts.Follow})
	if err != nil || c.list.names.Len() == 0 {
		return nil, err
	}
	return c, nil
}
