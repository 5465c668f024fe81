package running

import (
	"context"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/console"
)

// Doubts are the local entries that the remote does not list, but may find under names that
// are spelled differently.
type Doubts struct {
	Run  *Transfer
	list []doubt
}

type doubt struct{ name, path, other string }

// Add adds the local entry called name. The parameter path is the path that the entry
// would have on the remote. If the remote lists a name that differs from name only in
// spelling, and another local entry has that name, the parameter other is that name.
func (d *Doubts) Add(name, path, other string) error {
	d.list = append(d.list, doubt{name, path, other})
	const size = 128
	return d.Run.Budget.Take(size + len(name) + len(path) + len(other))
}

// Settle asks the remote for all entries in d. It calls the function none for each entry
// that does not exist on the remote. If the remote treats the name of an entry as the
// same as the name of another local entry that is transferred too, Settle reports an
// error and then calls the function clash. For each other entry, it calls the function
// found.
func (d *Doubts) Settle(
	ctx context.Context, none, clash func(name string) error, found func(name string, remote codec.Entry) error,
) error {
	paths := NameList{Budget: &d.Run.Budget}
	for _, x := range d.list {
		if _, err := paths.Add(x.path); err != nil {
			return err
		}
	}
	rest := d.list
	for batch := range paths.Words() {
		entries, err := d.lookUp(ctx, batch)
		if err != nil {
			return err
		}
		for _, x := range rest[:len(batch)] {
			e := entries[x.path]
			var err error
			switch {
			case e.Kind == 0:
				err = none(x.name)
			case x.other != "":
				d.Run.Fail(clashError(x.path, "the remote", x.other))
				err = clash(x.name)
			default:
				d.Run.Tell(x.path, "its name on the remote differs in case, or in the encoding of accents")
				err = found(x.name, e)
			}
			if err != nil {
				return err
			}
		}
		rest = rest[len(batch):]
	}
	return nil
}

// lookUp returns the remote entries at paths. The Kind of those that do not exist is 0.
func (d *Doubts) lookUp(ctx context.Context, paths []codec.Word) (map[string]codec.Entry, error) {
	entries := map[string]codec.Entry{}
	for _, path := range paths {
		entries[path.Text] = codec.Entry{}
	}
	ignore := func(codec.Frame) error { return nil }
	add := func(e codec.Entry) error {
		if _, asked := entries[e.Name]; asked {
			entries[e.Name] = e
		}
		return nil
	}
	_, err := d.Run.Env.Conn.Call(ctx, "STAT", client.Operands(paths), link.Answer{Note: ignore, Entry: add})
	if ctx.Err() == nil && console.IsCode(err, codec.NotFound, codec.NotDirectory, codec.Partial) {
		err = nil
	}
	return entries, err
}

func clashError(name, target, other string) error {
	return console.About(name, codec.Errorf(codec.Clash, "%s takes it for %s", target, codec.Name(other)))
}

// FailClash records that a remote entry is not transferred, because the local file system
// treats its name as the same as another name.
func (r *Transfer) FailClash(path, other string) {
	r.Fail(clashError(path, "the local file system", other))
}

// TellSpelling tells the user that a remote entry has a local name that is spelled
// differently.
func (r *Transfer) TellSpelling(name, local string) {
	r.Tell(name, "its local name is %s", codec.Name(local))
}
