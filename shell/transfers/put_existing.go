package transfers

import (
	"context"
	"errors"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
	"techsh/shell/transfers/running"
)

// A targetSearch finds out which sources of an upload exist on the remote already.
type targetSearch struct {
	upload *upload
	names  *transfer.NameTable // names of the sources
	folded *transfer.NameTable // folded names of the sources
	top    string              // the path of the target
	// existing maps the name of a source to the remote entry. The Name of the entry is
	// its remote path. Its Kind is 0 if the remote treats the name of the source as the
	// same as the name of another source.
	existing map[string]codec.Entry
	like     map[string]string // by the folded name, the source that exists, or "" if none has exactly the name
}

// existing returns the remote entries that have the names of the sources, in a map with
// these names as keys. The map is nil if the target does not exist.
func (u *upload) existing(ctx context.Context) (map[string]codec.Entry, error) {
	s := targetSearch{
		upload: u, names: transfer.NewNameTable(), folded: transfer.NewNameTable(),
		existing: map[string]codec.Entry{}, like: map[string]string{},
	}
	for _, src := range u.sources {
		s.names.Add(u.name(src))
		s.folded.Add(landing.FoldName(u.name(src)))
	}
	words := append([]codec.Word{codec.Bare("--depth"), codec.Bare("1")}, u.targetPath()...)
	err := u.run.Env.Conn.Find(ctx, words, u.run.Note, s.add)
	if errors.Is(err, &codec.Error{Code: codec.NotFound}) {
		return nil, nil
	}
	if err := u.run.CountPartial(err); err != nil {
		return nil, err
	}
	return s.existing, s.settle(ctx)
}

// add handles an entry of the target. The first one is the target itself.
func (s *targetSearch) add(e codec.Entry) error {
	isFirst := s.top == ""
	if isFirst {
		s.top = strings.Clone(e.Name)
	}
	name := s.upload.run.Env.Conn.Base(e.Name)
	switch {
	case isFirst && e.Kind != codec.Folder && len(s.upload.sources) == 1:
		return s.keep(s.upload.name(s.upload.sources[0]), e)
	case isFirst && s.names.Has("."):
		return s.keep(".", e)
	case isFirst:
	case s.names.Has(name):
		return s.keep(strings.Clone(name), e)
	case s.folded.Has(landing.FoldName(name)):
		return s.resembles(name, "")
	}
	return nil
}

func (s *targetSearch) keep(name string, e codec.Entry) error {
	s.existing[name] = codec.Entry{Kind: e.Kind, Size: e.Size, Time: e.Time, Name: strings.Clone(e.Name)}
	const size = 256
	if err := s.upload.run.Budget.Take(size + len(name) + len(e.Name)); err != nil {
		return err
	}
	return s.resembles(name, name)
}

// resembles records a name on the remote. The parameter source is the name of the source
// that has exactly this name, or "".
func (s *targetSearch) resembles(name, source string) error {
	folded := landing.FoldName(name)
	if _, known := s.like[folded]; known && source == "" {
		return nil
	}
	s.like[folded] = source
	const size = 128
	return s.upload.run.Budget.Take(size + len(folded))
}

// settle finds the sources that the remote has under names that are spelled differently.
func (s *targetSearch) settle(ctx context.Context) error {
	u := s.upload
	doubts := running.Doubts{Run: u.run}
	for _, src := range u.sources {
		name := u.name(src)
		other, doubtful := s.like[landing.FoldName(name)]
		if _, exists := s.existing[name]; exists || !doubtful || !u.run.Env.Conn.Offers("STAT") {
			continue
		}
		if err := doubts.Add(name, strings.TrimSuffix(s.top, "/")+"/"+name, other); err != nil {
			return err
		}
	}
	none := func(string) error { return nil }
	clash := func(name string) error {
		s.existing[name] = codec.Entry{}
		return nil
	}
	return doubts.Settle(ctx, none, clash, s.keep)
}
