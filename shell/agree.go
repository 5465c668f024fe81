package shell

import (
	"context"
	"errors"
	"os"
	"strings"

	"techsh/codec"
)

// agree compares what is to be sent with what is there, when that can matter,
// and leaves out what is equal or shall not be replaced.
func (d *delivery) agree(ctx context.Context) error {
	if !d.update && (!d.asks || d.force) || d.parcels[0].stdin || d.follow || !d.s.can("FIND") {
		return nil
	}
	d.p.does("looking what is there")
	there, err := d.there(ctx)
	if err != nil {
		return err
	}
	var left []parcel
	for _, src := range d.parcels {
		old, exists := there[d.s.fold(src.name)]
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
	d.parcels = left
	return nil
}

// fold is a name as the remote compares it.
func (s *Shell) fold(name string) string {
	if s.conn.hello.System == "windows" {
		return strings.ToLower(name)
	}
	return name
}

// there returns what the names of the parcels mean there: Entry.Name is the
// remote's path of it.
func (d *delivery) there(ctx context.Context) (map[string]codec.Entry, error) {
	names := map[string]bool{}
	for _, src := range d.parcels {
		names[d.s.fold(src.name)] = true
	}
	there := map[string]codec.Entry{}
	first := true
	err := d.s.found(ctx, append([]codec.Word{codec.Bare("--depth"), codec.Bare("1")}, d.folder()...), d.note, func(e codec.Entry) error {
		name := d.s.base(e.Name)
		switch {
		case first && e.Kind != codec.Folder && len(d.parcels) == 1:
			there[d.s.fold(d.parcels[0].name)] = e // it is the file that is meant
		case first:
			if names["."] {
				there["."] = e
			}
		case names[d.s.fold(name)]:
			there[d.s.fold(name)] = e
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
func (d *delivery) agreeOne(ctx context.Context, src parcel, old codec.Entry) (bool, error) {
	equal, err := d.equals(ctx, old, src.e, os.Open, localPath(d.s.Dir, src.path))
	if equal || err != nil {
		return false, err
	}
	yes, err := d.replace(d.s.base(old.Name), change{factsOf(old), factsOf(src.e)})
	d.replaces = d.replaces || yes
	return yes, err
}

// agreeTree returns what of a tree is not sent, as the tree at path there has
// it already, or it shall stay there as it is.
func (d *delivery) agreeTree(ctx context.Context, src parcel, path string) (*nameSet, error) {
	here, err := os.OpenRoot(localPath(d.s.Dir, src.path))
	if err != nil {
		return nil, about(src.path, err)
	}
	defer here.Close()
	skip := newNameSet()
	var differing []difference
	var doubtful []pending
	err = d.s.pairs(ctx, codec.Lit(path), here, d.note, func(name string, there, fresh codec.Entry, _ error) error { // what is wrong here shows when it is sent
		c := difference{name: name, replaces: &change{factsOf(there), factsOf(fresh)}}
		switch equal, unsure := d.compared(there, fresh); {
		case fresh.Kind == 0 || there.Kind == codec.Folder && fresh.Kind == codec.Folder:
		case unsure:
			skip.add(name)
			doubtful = append(doubtful, pending{there.Name, c})
		case equal:
			skip.add(name)
			d.equal++
		default:
			skip.add(name)
			differing = append(differing, c)
		}
		return nil
	})
	if err = d.answered(err); err == nil {
		err = d.resolve(ctx, doubtful, here.Open, func(c difference) { differing = append(differing, c) })
	}
	for _, c := range differing {
		if err != nil {
			break
		}
		var yes bool
		if yes, err = d.replace(strings.TrimPrefix(src.name+"/"+c.name, "./"), *c.replaces); yes {
			skip.remove(c.name)
			d.replaces = true
		}
	}
	return skip, err
}
