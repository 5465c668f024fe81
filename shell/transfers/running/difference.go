package running

import (
	"context"
	"errors"
	"os"
	"strings"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
)

// A Difference is an entry of a tree that differs between the source and the target, or
// does not exist in the target.
type Difference struct {
	Name string      // the name in the tree
	New  codec.Entry // the entry in the source
	Old  codec.Entry // the entry in the target; its Kind is 0 if nothing is replaced
}

// NewRemote returns a compare.Remote that lists folders with FIND and calls the function
// note for each entry that cannot be read.
func NewRemote(env *command.Env, note client.NoteFunc) compare.Remote {
	find := func(ctx context.Context, folder codec.Word, follow bool, each func(codec.Entry) error) error {
		var words client.Words
		words.AddIf(follow, "-L")
		words = append(words, client.Operands([]codec.Word{folder})...)
		return env.Conn.Find(ctx, words, note, each)
	}
	return compare.Remote{System: env.Conn.Hello.System, Find: find}
}

// A Selection decides which entries of a tree are transferred: those that differ, except
// for files that must not be replaced. Without -u, files that exist on both sides always
// count as different.
type Selection struct {
	Run        *Transfer
	FromRemote bool   // the source is the remote tree
	Label      string // the name of the tree in questions
	// Decided is called once for each entry that exists in the source, except for folders
	// that exist on both sides and, if the source is the local tree, except for entries
	// that do not exist in the target. wanted reports whether it is transferred.
	Decided func(d Difference, wanted bool) error

	asked, summed differences
}

// Make compares a remote folder with a local one, and calls s.Decided.
func (s *Selection) Make(ctx context.Context, folder codec.Word, local *os.Root, links compare.Follow) error {
	r := s.Run
	r.Progress.SetActivity("comparing")
	s.asked.list.Budget, s.summed.list.Budget = &r.Budget, &r.Budget
	doubts := Doubts{Run: r}
	c := compare.Comparison{
		Remote: NewRemote(r.Env, r.Note), Local: local, Follow: links, FromRemote: s.FromRemote,
		Pair: s.pair, Respelled: r.TellSpelling, Budget: &r.Budget,
		Clash: func(_ string, remote codec.Entry, other string) error {
			r.FailClash(remote.Name, other)
			return nil
		},
	}
	if !s.FromRemote && r.Env.Conn.Offers("STAT") {
		c.Doubt = doubts.Add
	}
	if err := r.CountPartial(c.Run(ctx, folder)); err != nil {
		return err
	}
	if err := s.settle(ctx, &doubts, local, links.Local); err != nil {
		return err
	}
	for d := range s.asked.all {
		if err := s.decide(d); err != nil {
			return err
		}
	}
	return r.compareSums(ctx, &s.summed, local.Open, func(d Difference, equal bool) error {
		if equal {
			return s.Decided(d, false)
		}
		return s.decide(d)
	})
}

// settle handles the local entries that may exist on the remote under other names.
func (s *Selection) settle(ctx context.Context, doubts *Doubts, local *os.Root, follow bool) error {
	lookup := compare.NewLocalLookup(local, follow)
	defer lookup.Close()
	entry := func(name string) codec.Entry {
		e, _ := lookup.Entry(name) // the transfer reports the error too
		return e
	}
	return doubts.Settle(ctx,
		func(string) error { return nil },
		func(name string) error { return s.Decided(Difference{Name: name, New: entry(name)}, false) },
		func(name string, remote codec.Entry) error { return s.pair(name, remote, entry(name), nil) },
	)
}

// pair handles an entry that exists on both sides, or only on one. The error of the local
// entry is ignored, because the transfer reports it too.
func (s *Selection) pair(name string, remote, local codec.Entry, _ error) error {
	r := s.Run
	d := Difference{Name: name, New: remote, Old: local}
	if !s.FromRemote {
		d.New, d.Old = local, remote
	}
	switch {
	case d.New.Kind == 0 || d.New.Kind == codec.Folder && d.Old.Kind == codec.Folder:
		return nil
	case s.FromRemote && !IsTransferable(remote.Kind):
		r.Fail(console.About(remote.Name, NotSentError(remote.Kind)))
		return s.Decided(d, false)
	}
	equal, needsSum := r.compareEntries(remote, local)
	switch {
	case needsSum:
		return s.summed.add(d, remote.Name)
	case equal:
		r.Equal++
		return s.Decided(d, false)
	case d.Old.Kind != 0 && r.Asks(): // the user is asked later, when the remote has sent its whole list
		if err := s.asked.add(d, ""); err != nil {
			return console.WithHint(err, "-f replaces files without asking")
		}
		return nil
	}
	return s.decide(d)
}

// decide asks about d if necessary.
func (s *Selection) decide(d Difference) error {
	wanted := true
	if d.Old.Kind != 0 {
		var err error
		name := strings.TrimPrefix(s.Label+"/"+d.Name, "./")
		if wanted, err = s.Run.MayReplace(name, console.Replacement{Old: d.Old, New: d.New}); err != nil {
			return err
		}
	}
	return s.Decided(d, wanted)
}

// differences is a list of differences that takes little memory.
type differences struct{ list EntryList }

// add adds d. path is its path on the remote, if that is needed.
func (l *differences) add(d Difference, path string) error {
	return errors.Join(
		l.list.Add(&codec.Entry{Kind: d.New.Kind, Size: d.New.Size, Time: d.New.Time, Name: d.Name}),
		l.list.Add(&codec.Entry{Kind: d.Old.Kind, Size: d.Old.Size, Time: d.Old.Time, Name: path}),
	)
}

// all yields the differences. The Name of the entry Old is the path on the remote.
func (l *differences) all(yield func(Difference) bool) {
	var d Difference
	old := false
	for e := range l.list.All() {
		if old {
			if d.Old = e; !yield(d) {
				return
			}
		} else {
			d.Name, d.New = e.Name, e
		}
		old = !old
	}
}

// IsTransferable reports whether entries of kind k can be transferred.
func IsTransferable(k codec.Kind) bool {
	return k == codec.Folder || k == codec.Regular || k == codec.Link
}

// NotSentError returns the error for an entry that is not transferable.
func NotSentError(k codec.Kind) error {
	return codec.Errorf(codec.NotRegular, "a %s, which is not sent", k)
}
