package files

import (
	"context"
	"strings"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/console"
)

// A conflict records that the remote has refused to replace a file.
type conflict struct {
	refusal *codec.Error // its Name is the target
	source  codec.Word
	change  console.Replacement // zero if the source is uncertain
}

// conflicts returns a conflict for each refusal. The source of a conflict is uncertain if
// folders are copied, or if two sources have the same name.
func (c *copying) conflicts(ctx context.Context, refused []*codec.Error) ([]conflict, error) {
	from := c.in.Words[:len(c.in.Words)-1]
	single := len(from) == 1 && !client.IsPattern(from[0])
	key := func(path string) string {
		if single { // the target need not have the name of its source
			return ""
		}
		return c.env.Conn.FoldName(c.env.Conn.Base(path))
	}
	// Only entries that can belong to a refusal are kept, because the remote may list any
	// entries.
	sources, targets := map[string]*origin{}, map[string]codec.Entry{}
	for _, x := range refused {
		sources[key(x.Name)], targets[x.Name] = &origin{}, codec.Entry{}
	}
	hasFolders := false
	err := c.env.Conn.Stat(ctx, from, func(e codec.Entry) {
		hasFolders = hasFolders || e.Kind != codec.Regular
		if o := sources[key(e.Name)]; o != nil {
			o.entry = compact(e)
			o.count++
		}
	})
	if err != nil {
		return nil, err
	}
	if err := c.statTargets(ctx, refused, targets); err != nil {
		return nil, err
	}
	var list []conflict
	for _, x := range refused {
		entry := conflict{refusal: x}
		if o := sources[key(x.Name)]; o.count == 1 && !(c.in.Has("r") && hasFolders) {
			entry.source = codec.Lit(o.entry.Name)
			entry.change = console.Replacement{Old: targets[x.Name], New: o.entry}
		}
		list = append(list, entry)
	}
	return list, nil
}

// An origin holds the last of the sources that have a certain name, and the number of
// these sources.
type origin struct {
	entry codec.Entry
	count int
}

// compact returns what a question needs of e.
func compact(e codec.Entry) codec.Entry {
	return codec.Entry{Kind: e.Kind, Size: e.Size, Time: e.Time, Name: strings.Clone(e.Name)}
}

// statTargets sets the values of the map targets. The keys of targets are the paths of
// the files that were not replaced.
func (c *copying) statTargets(ctx context.Context, refused []*codec.Error, targets map[string]codec.Entry) error {
	var paths []codec.Word
	for _, x := range refused {
		paths = append(paths, codec.Lit(x.Name))
	}
	for batch := range client.Batches(paths) {
		err := c.env.Conn.Stat(ctx, batch, func(e codec.Entry) {
			if _, requested := targets[e.Name]; requested {
				e = compact(e)
				targets[e.Name] = e
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
