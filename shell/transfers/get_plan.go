package transfers

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"techsh/codec"
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
	name  string       // the expected local name; the remote sends the final one
	entry *codec.Entry // nil if unknown
}

// isFile reports whether the item is known to be a regular file.
func (i getItem) isFile() bool { return i.entry != nil && i.entry.Kind == codec.Regular }

// A getPlan collects the calls of GET that a download makes.
type getPlan struct {
	calls     []getCall    // calls that fetch one item each
	plain     []codec.Word // the items that can share calls
	counted   tally        // the files of the items with known contents
	uncounted []getItem
}

func (p *getPlan) add(item getItem, c getCall) {
	switch {
	case c.list != nil:
		p.counted.addAll(c.list.total)
		p.calls = append(p.calls, c)
	case c.have.Size > 0:
		p.uncounted, p.calls = append(p.uncounted, item), append(p.calls, c)
	default:
		p.uncounted, p.plain = append(p.uncounted, item), append(p.plain, item.word)
	}
}

// planCalls decides which sources are resumed, which are skipped, and which calls fetch
// the rest. A source is skipped if the local file is equal or must not be replaced. If no
// source needs special treatment, a single call fetches the sources as they were typed.
func (d *download) planCalls(ctx context.Context, sources []codec.Word) ([]getCall, error) {
	items, err := d.items(ctx, sources)
	if err != nil {
		return nil, err
	}
	dir, err := os.OpenRoot(d.to.folder)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	d.replaceable = map[string]bool{}
	var plan getPlan
	for _, item := range items {
		c, err := d.planItem(ctx, dir, item)
		if err != nil {
			return nil, err
		}
		if c != nil {
			plan.add(item, *c)
		}
	}
	if !d.run.SingleFile || d.run.Options.Recursive {
		d.run.Progress.SetTotals(d.totals(ctx, plan))
	}
	if len(plan.plain) == len(items) && d.run.Failed() == 0 {
		return []getCall{{words: sources}}, nil
	}
	if err := refuseDuplicates(items); err != nil {
		return nil, err
	}
	for batch := range client.Batches(plan.plain) {
		plan.calls = append(plan.calls, getCall{words: batch})
	}
	return plan.calls, nil
}

// refuseDuplicates returns an error if two items have the same local name. It cannot
// check the matches of a pattern that was not expanded.
func refuseDuplicates(items []getItem) error {
	names := duplicateNames{}
	for _, item := range items {
		if item.entry == nil && client.IsPattern(item.word) {
			continue
		}
		if err := names.add(foldLocalName(item.name), item.word.Text); err != nil {
			return err
		}
	}
	return nil
}

// items returns the files and trees that sources refer to. It asks the remote only if
// the answer can make a difference.
func (d *download) items(ctx context.Context, sources []codec.Word) ([]getItem, error) {
	var items []getItem
	mustAsk := d.run.Options.Update
	for _, w := range sources {
		item := getItem{word: w, name: d.localName(w.Text)}
		items = append(items, item)
		_, err := os.Lstat(filepath.Join(d.to.folder, item.name))
		if err == nil && d.run.CanAsk && !d.run.Options.Force || client.IsPattern(w) {
			mustAsk = true
		}
	}
	if !mustAsk || !d.run.Env.Conn.Offers("STAT") {
		return items, nil
	}
	d.run.Progress.SetActivity("looking at the remote files")
	items = nil
	add := func(e codec.Entry) error {
		items = append(items, getItem{word: codec.Lit(e.Name), name: d.localName(e.Name), entry: &e})
		return nil
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
func (d *download) totals(ctx context.Context, plan getPlan) (files, bytes int64) {
	var words []codec.Word
	known := plan.counted
	for _, item := range plan.uncounted {
		words = append(words, item.word)
		if item.isFile() {
			known.add(item.entry.Size)
		}
	}
	if known.files == plan.counted.files+int64(len(words)) {
		return known.files, known.bytes
	}
	opts, conn := d.run.Options, d.run.Env.Conn
	if !d.run.Env.Console.Err.Terminal || !opts.Recursive || opts.Follow || !conn.Offers("DU") {
		return codec.Unknown, 0
	}
	d.run.Progress.SetActivity("counting the remote files")
	total := plan.counted
	for batch := range client.Batches(words) {
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

// planItem returns the call that fetches item, or nil if it is skipped. dir is the
// destination folder.
func (d *download) planItem(ctx context.Context, dir *os.Root, item getItem) (*getCall, error) {
	lookup := compare.NewLocalLookup(dir, false)
	old, err := lookup.Entry(item.name)
	lookup.Close()
	if err != nil {
		return nil, console.About(item.name, err)
	}
	c := &getCall{words: []codec.Word{item.word}, name: item.name}
	switch {
	case old.Kind == codec.Folder:
		return d.planTree(ctx, dir, item, c)
	case old.Kind == codec.Regular && (item.entry == nil || item.isFile()):
		if wanted, err := d.mayReplace(ctx, dir, item, old); !wanted {
			return nil, err
		}
		d.replaceable[item.name] = true
	}
	have, err := landing.Part(ctx, landing.Target{Dir: dir, Name: item.name, Key: d.partKey()})
	if err == nil {
		c.have = have // an error is ignored here, because the receiver reports it too
	}
	return c, context.Cause(ctx)
}

// mayReplace reports whether to fetch item although it replaces the local file old.
func (d *download) mayReplace(ctx context.Context, dir *os.Root, item getItem, old codec.Entry) (bool, error) {
	change := console.Replacement{Old: old}
	if item.entry != nil {
		equal, err := d.run.IsEqual(ctx, *item.entry, old, dir.Open, item.name)
		if equal || err != nil {
			return false, err
		}
		change.New = *item.entry
	}
	return d.run.MayReplace(cmp.Or(d.to.typed, item.name), change)
}

// planTree restricts c to the entries that differ from the local tree of the same
// name. It returns nil if none differ.
func (d *download) planTree(ctx context.Context, dir *os.Root, item getItem, c *getCall) (*getCall, error) {
	opts := d.run.Options
	isTree := opts.Recursive && (item.entry == nil || item.entry.Kind == codec.Folder)
	mustCompare := opts.Update || d.run.CanAsk && !opts.Force
	if !isTree || !mustCompare || !d.run.Env.Conn.Offers("FIND") {
		return c, nil
	}
	local, err := dir.OpenRoot(item.name)
	if err != nil {
		return nil, console.About(item.name, err)
	}
	defer local.Close()
	c.list, c.force = newGetList(), opts.Force
	differing, err := d.differences(ctx, item.word, local, nil)
	if err != nil {
		return nil, err
	}
	err = d.run.EachAllowed(item.name, differing, func(x running.Difference) {
		c.list.add(x.Name, x.Size)
		c.force = c.force || x.Change != nil
	})
	if err != nil || len(c.list.names) == 0 {
		return nil, err
	}
	return c, nil
}

// differences returns the entries of a remote folder that are missing in the local folder
// or differ from the local entry of the same name. local is nil if the local folder does
// not exist. If seen is not nil, the names of all remote entries are added to it.
func (d *download) differences(
	ctx context.Context, folder codec.Word, local *os.Root, seen *transfer.NameSet,
) ([]running.Difference, error) {
	links := compare.Follow{Remote: d.run.Options.Follow}
	classify := func(name string, remote, old codec.Entry) (running.Difference, bool) {
		if seen != nil {
			seen.Add(foldLocalName(name))
		}
		x := running.Difference{Name: name, Kind: remote.Kind, Size: max(0, remote.Size)}
		switch {
		case remote.Kind == codec.Folder:
			x.Name, x.Size = name+"/", 0
		case !running.IsTransferable(remote.Kind):
			d.run.Fail(console.About(remote.Name, running.NotSentError(remote.Kind)))
			return x, false
		}
		if old.Kind != 0 {
			x.Change = running.NewReplacement(old, remote)
		}
		return x, true
	}
	return d.run.Differences(ctx, folder, local, links, classify)
}
