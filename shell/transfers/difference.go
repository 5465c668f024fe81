package transfers

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

// A difference is an entry that differs between two trees, or exists in only one of
// them. There may be millions of them, so each contains only what plans and questions
// need.
type difference struct {
	name   string // ends with "/" if it is a folder
	kind   codec.Kind
	size   int64
	change *console.Replacement // nil if nothing is replaced
}

// bareName returns the name without the "/" at the end.
func (d *difference) bareName() string { return strings.TrimSuffix(d.name, "/") }

// newReplacement returns a Replacement whose entries have no names, to save memory.
func newReplacement(before, after codec.Entry) *console.Replacement {
	strip := func(e codec.Entry) codec.Entry { return codec.Entry{Kind: e.Kind, Size: e.Size, Time: e.Time} }
	return &console.Replacement{Old: strip(before), New: strip(after)}
}

// mayReplace reports whether a file may be replaced: with -f, or if the user agrees.
// Otherwise it counts the file as kept, or as failed if the user cannot be asked.
func (r *transferRun) mayReplace(name string, change console.Replacement) (bool, error) {
	switch {
	case r.opts.force, r.env.Console.DryRun:
		return true, nil
	case !r.canAsk:
		r.fail(console.About(name, codec.Errorf(codec.Exists, "")))
		return false, nil
	}
	yes, all, err := r.env.Console.AskReplace(name, change)
	if err != nil { // Ctrl-C, Ctrl-D
		return false, codec.Errorf(codec.Declined, "nothing was transferred")
	}
	r.opts.force = all
	if !yes {
		r.kept++
	}
	return yes, nil
}

// eachAllowed calls the function do for each difference, except for files that must not
// be replaced. In questions to the user, folder is put before the names.
func (r *transferRun) eachAllowed(folder string, list []difference, do func(d difference)) error {
	for _, d := range list {
		if d.change != nil {
			yes, err := r.mayReplace(strings.TrimPrefix(folder+"/"+d.name, "./"), *d.change)
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

// newRemote returns a compare.Remote that lists folders with FIND and calls the function
// note for each entry that cannot be read.
func newRemote(env *command.Env, note client.NoteFunc) compare.Remote {
	find := func(ctx context.Context, folder codec.Word, follow bool, each func(codec.Entry) error) error {
		var words client.Words
		words.AddIf(follow, "-L")
		words = append(words, client.Operands([]codec.Word{folder})...)
		return env.Conn.Find(ctx, words, note, each)
	}
	return compare.Remote{System: env.Conn.Hello.System, Find: find}
}

// A classifyFunc returns the difference between a remote entry and the local entry of
// the same name. counts reports whether the difference is relevant. local.Kind is 0 if
// there is no local entry.
type classifyFunc func(name string, remote, local codec.Entry) (d difference, counts bool)

// differences compares a remote folder with a local one, which may be nil, and
// returns the differences that classify reports as relevant. Without -u, files that
// exist on both sides always count as different.
func (r *transferRun) differences(
	ctx context.Context, folder codec.Word, local *os.Root, links compare.Follow, classify classifyFunc,
) ([]difference, error) {
	r.progress.SetActivity("comparing")
	var list []difference
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
			r.equal++
		default:
			list = append(list, d)
		}
		return nil
	}
	err := newRemote(r.env, r.note).Pairs(ctx, folder, local, links, each)
	if err = r.countPartial(err); err != nil {
		return list, err
	}
	err = r.compareSums(ctx, doubtful, local.Open, func(d difference) { list = append(list, d) })
	return list, err
}

// isTransferable reports whether entries of kind k can be transferred.
func isTransferable(k codec.Kind) bool {
	return k == codec.Folder || k == codec.Regular || k == codec.Link
}

// notSentError returns the error for an entry that is not transferable.
func notSentError(k codec.Kind) error {
	return codec.Errorf(codec.NotRegular, "a %s, which is not sent", k)
}
