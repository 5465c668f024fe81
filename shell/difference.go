package shell

import (
	"context"
	"os"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/transfers/compare"
)

// A difference is a name that one of two trees has otherwise than the other.
// There may be many: it holds no more than a plan and a question need.
type difference struct {
	name     string // a folder's with "/" behind
	kind     codec.Kind
	size     int64
	replaces *change // what is there under that name; nil: nothing
}

// bare is the name alone.
func (d *difference) bare() string { return strings.TrimSuffix(d.name, "/") }

// A change is what becomes of a file that is replaced.
type change struct{ old, fresh facts }

// Facts are what is said of an entry in a question. The Kind is 0 when nothing
// is known.
type facts struct {
	kind codec.Kind
	size int64
	time time.Time
}

func factsOf(e codec.Entry) facts { return facts{e.Kind, e.Size, e.Time} }

// String is how a question says it: "88 B of 2026-11-22 12:00".
func (f facts) String() string {
	text := "a " + f.kind.String()
	if f.kind == codec.Regular {
		text = Size(f.size)
	}
	if !f.time.IsZero() {
		text += " of " + f.time.Local().Format("2006-01-02 15:04")
	}
	return text
}

// possible says whether what lands under a name takes the place of what is
// there. What cannot has to be deleted first.
func (c *change) possible() bool {
	return c.old.kind == codec.Regular && c.fresh.kind != codec.Folder || c.old.kind == codec.Link &&
		c.fresh.kind == codec.Link
}

// impossible says so of a change of what is here, or there.
func (c *change) impossible(where string) error {
	return codec.Errorf(codec.NotRegular, "a %s is %s, it is not replaced", c.old.kind, where)
}

// replace decides whether something may be replaced: by -f, by asking, or by
// refusing.
func (e *errand) replace(name string, c change) (bool, error) {
	switch {
	case e.force, e.env.Console.DryRun:
		return true, nil
	case !e.asks:
		e.fail(About(name, codec.Errorf(codec.Exists, "")))
		return false, nil
	}
	var yes bool
	var err error
	yes, e.force, err = askReplace(e.env.Console, name, c)
	if err != nil { // Ctrl-C, Ctrl-D
		return false, codec.Errorf(codec.Declined, "nothing was transferred")
	}
	if !yes {
		e.kept++
	}
	return yes, nil
}

// askReplace asks whether something may be replaced, or all that is like it.
func askReplace(console *Console, name string, c change) (yes, all bool, err error) {
	text := "replace " + codec.Name(name) + ", " + c.old.String()
	switch by := c.fresh.String(); {
	case c.fresh.kind == 0:
	case by == c.old.String():
		text += ", by one of the same size and time"
	default:
		text += ", by " + by
	}
	return console.YesOrAll(text + "?")
}

// agreed calls do for each of list that may cross: what replaces something
// only when it may. top is what they are in, as it is said.
func (e *errand) agreed(top string, list []difference, do func(d difference)) error {
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
func remoteTrees(env *Env, troubled func(codec.Frame) error) compare.Remote {
	return compare.Remote{
		System: env.Conn.Hello.System,
		Find: func(ctx context.Context, folder codec.Word, follow bool, each func(codec.Entry) error) error {
			var words CallWords
			words.Add(follow, "-L")
			return env.Conn.Find(ctx, append(words, Guarded([]codec.Word{folder})...), troubled, each)
		},
	}
}

// differing compares the folder there with the one here, if there is one, and
// returns what is not alike: without -u, all that is on both sides. see is
// told of everything, and says what it would be and whether it counts.
func (e *errand) differing(
	ctx context.Context,
	folder codec.Word,
	here *os.Root,
	links compare.Follow,
	see func(name string, there, ours codec.Entry) (d difference, counts bool),
) ([]difference, error) {
	e.p.Doing("comparing")
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
