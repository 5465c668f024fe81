package files

import (
	"context"

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
	hasFolders := false
	sources := map[string][]codec.Entry{}
	err := c.env.Conn.Stat(ctx, from, func(e codec.Entry) {
		sources[key(e.Name)] = append(sources[key(e.Name)], e)
		hasFolders = hasFolders || e.Kind != codec.Regular
	})
	if err != nil {
		return nil, err
	}
	targets, err := c.targets(ctx, refused)
	if err != nil {
		return nil, err
	}
	var list []conflict
	for _, x := range refused {
		entry := conflict{refusal: x}
		if same := sources[key(x.Name)]; len(same) == 1 && !(c.in.Has("r") && hasFolders) {
			entry.source = codec.Lit(same[0].Name)
			entry.change = console.Replacement{Old: targets[x.Name], New: same[0]}
		}
		list = append(list, entry)
	}
	return list, nil
}

// targets returns the files that were not replaced, by path.
func (c *copying) targets(ctx context.Context, refused []*codec.Error) (map[string]codec.Entry, error) {
	var paths []codec.Word
	for _, x := range refused {
		paths = append(paths, codec.Lit(x.Name))
	}
	targets := map[string]codec.Entry{}
	for batch := range client.Batches(paths) {
		if err := c.env.Conn.Stat(ctx, batch, func(e codec.Entry) { targets[e.Name] = e }); err != nil {
			return nil, err
		}
	}
	return targets, nil
}
