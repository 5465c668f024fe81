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

// A difference is a name that one of two trees has otherwise than the other.
// There may be many: it holds no more than a plan and a question need.
type difference struct {
	name     string // a folder's with "/" behind
	kind     codec.Kind
	size     int64
	replaces *console.Replacement // what is there under that name; nil: nothing
}

// bare is the name alone.
func (d *difference) bare() string { return strings.TrimSuffix(d.name, "/") }

// replace decides whether something may be replaced: by -f, by asking, or by
// refusing.
func (e *transferRun) replace(name string, c console.Replacement) (bool, error) {
	switch {
	case e.force, e.env.Console.DryRun:
		return true, nil
	case !e.asks:
		e.fail(console.About(name, codec.Errorf(codec.Exists, "")))
		return false, nil
	}
	var yes bool
	var err error
	yes, e.force, err = e.env.Console.AskReplace(name, c)
	if err != nil { // Ctrl-C, Ctrl-D
		return false, codec.Errorf(codec.Declined, "nothing was transferred")
	}
	if !yes {
		e.kept++
	}
	return yes, nil
}

// agreed calls do for each of list that may cross: what replaces something
// only when it may. top is what they are in, as it is said.
func (e *transferRun) agreed(top string, list []difference, do func(d difference)) error {
	for _, d := range list {
		if d.replaces != nil {
			yes, err := e.replace(strings.TrimPrefix(top+"/"+d.name, "./"), *d.replaces)
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

// remoteTrees lists folders of the remote. troubled is called for what cannot be
// read.
func remoteTrees(env *command.Env, troubled func(codec.Frame) error) compare.Remote {
	return compare.Remote{
		System: env.Conn.Hello.System,
		Find: func(ctx context.Context, folder codec.Word, follow bool, each func(codec.Entry) error) error {
			var words client.Words
			words.AddIf(follow, "-L")
			return env.Conn.Find(ctx, append(words, client.Operands([]codec.Word{folder})...), troubled, each)
		},
	}
}

// differing compares the folder there with the one here, if there is one, and
// returns what is not alike: without -u, all that is on both sides. see is
// told of everything, and says what it would be and whether it counts.
func (e *transferRun) differing(
	ctx context.Context,
	folder codec.Word,
	here *os.Root,
	links compare.Follow,
	see func(name string, there, ours codec.Entry) (d difference, counts bool),
) ([]difference, error) {
	e.p.SetActivity("comparing")
	var list []difference
	var doubtful []pending
	compareOne := func(name string, there, ours codec.Entry, _ error) error { // a local error shows in the transfer
		d, counts := see(name, there, ours)
		if !counts || there.Kind == codec.Folder && ours.Kind == codec.Folder {
			return nil
		}
		switch equal, unsure := e.compared(there, ours); {
		case unsure:
			doubtful = append(doubtful, pending{there.Name, d})
		case equal:
			e.equal++
		default:
			list = append(list, d)
		}
		return nil
	}
	err := remoteTrees(e.env, e.note).Pairs(ctx, folder, here, links, compareOne)
	if err = e.answered(err); err == nil {
		err = e.resolve(ctx, doubtful, here.Open, func(d difference) { list = append(list, d) })
	}
	return list, err
}

// crosses says whether a thing of that kind can be sent.
func crosses(k codec.Kind) bool { return k == codec.Folder || k == codec.Regular || k == codec.Link }

// notSent says why a thing of that kind does not cross.
func notSent(k codec.Kind) error { return codec.Errorf(codec.NotRegular, "a %s, it is not sent", k) }
