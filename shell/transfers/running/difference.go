package running

import (
	"context"
	"os"
	"strings"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
)

// A Difference is an entry that differs between two trees, or exists in only one of
// them. There may be millions of them, so each contains only what plans and questions
// need.
type Difference struct {
	Name   string // ends with "/" if it is a folder
	Kind   codec.Kind
	Size   int64
	Change *console.Replacement // nil if nothing is replaced
}

// BareName returns the name without the "/" at the end.
func (d *Difference) BareName() string { return strings.TrimSuffix(d.Name, "/") }

// NewReplacement returns a Replacement whose entries have no names, to save memory.
func NewReplacement(before, after codec.Entry) *console.Replacement {
	strip := func(e codec.Entry) codec.Entry { return codec.Entry{Kind: e.Kind, Size: e.Size, Time: e.Time} }
	return &console.Replacement{Old: strip(before), New: strip(after)}
}

// EachAllowed calls the function do for each difference, except for files that must not
// be replaced. In questions to the user, folder is put before the names.
func (r *Transfer) EachAllowed(folder string, list []Difference, do func(d Difference)) error {
	for _, d := range list {
		if d.Change != nil {
			yes, err := r.MayReplace(strings.TrimPrefix(folder+"/"+d.Name, "./"), *d.Change)
			if err != nil {
				return err
			}
			if !yes {
				continue
			}
		}
		do(d)
	}
	return nil
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

// A ClassifyFunc returns the difference between a remote entry and the local entry of the
// same name. The result counts is true if the difference is relevant. local.Kind is 0 if
// there is no local entry.
type ClassifyFunc func(name string, remote, local codec.Entry) (d Difference, counts bool)

// Differences compares a remote folder with a local one, which may be nil, and
// returns the differences that classify reports as relevant. Without -u, files that
// exist on both sides always count as different.
func (r *Transfer) Differences(
	ctx context.Context, folder codec.Word, local *os.Root, links compare.Follow, classify ClassifyFunc,
) ([]Difference, error) {
	r.Progress.SetActivity("comparing")
	var list []Difference
	var doubtful []sumCheck
	// The error is ignored because the transfer reports it too.
	each := func(name string, remote, entry codec.Entry, _ error) error {
		d, counts := classify(name, remote, entry)
		if !counts || remote.Kind == codec.Folder && entry.Kind == codec.Folder {
			return nil
		}
		switch equal, needsSum := r.compareEntries(remote, entry); {
		case needsSum:
			doubtful = append(doubtful, sumCheck{remote.Name, d})
		case equal:
			r.Equal++
		default:
			list = append(list, d)
		}
		return nil
	}
	err := NewRemote(r.Env, r.Note).Pairs(ctx, folder, local, links, each)
	if err = r.CountPartial(err); err != nil {
		return list, err
	}
	err = r.compareSums(ctx, doubtful, local.Open, func(d Difference) { list = append(list, d) })
	return list, err
}

// IsTransferable reports whether entries of kind k can be transferred.
func IsTransferable(k codec.Kind) bool {
	return k == codec.Folder || k == codec.Regular || k == codec.Link
}

// NotSentError returns the error for an entry that is not transferable.
func NotSentError(k codec.Kind) error {
	return codec.Errorf(codec.NotRegular, "a %s, which is not sent", k)
}
