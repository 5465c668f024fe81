package transfers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// A syncRun is a sync under way: first it compares, then it says or does what
// has to be done.
type syncRun struct {
	*transferRun
	dry    bool       // it only says
	remove bool       // what the source has not is deleted
	typed  string     // the folder on this side
	here   string     // the same, absolute
	there  codec.Word // the one on the other side

	copies    tally
	replaced  tally
	gone      []deletion
	deletions tally
	folders   int64 // among them
	trouble   bool  // something of the source could not be read
	lines     []planLine
}

// A deletion is deleted, with what is in it: a name here, or a path there.
type deletion struct {
	path   string
	things int64 // that it is
}

// A planLine is a line of the plan. By key, what is in a folder follows it.
type planLine struct{ key, line string }

// A tally is how many files, and how much.
type tally struct{ files, bytes int64 }

func (t *tally) add(size int64) { t.files, t.bytes = t.files+1, t.bytes+max(0, size) }

func synchronise(ctx context.Context, env *command.Env, in command.Invocation) error {
	here, there, fetches, err := sides(in.Words)
	if err != nil {
		return err
	}
	paths, err := env.Local.Expand(ctx, here)
	if err != nil || len(paths) != 1 {
		paths = []string{here.Text}
	}
	there.Quoted = there.Quoted || client.IsPattern(there)
	y := &syncRun{
		transferRun: newTransferRun(env, transferOptions{trees: true, update: true, force: true}), dry: in.Has("n"), remove: in.Has("delete"),
		typed: paths[0], here: env.Local.Path(paths[0]), there: there,
	}
	y.quiet = y.dry
	switch err = y.refuseOverlap(ctx); {
	case err != nil:
	case fetches:
		err = y.fetch(ctx)
	default:
		err = y.deliver(ctx)
	}
	if err == nil && y.dry {
		y.show()
	}
	return y.end(ctx, err, "")
}

// sides reads l:FOLDER and r:FOLDER; fetches says that the remote's is the
// first.
func sides(words []codec.Word) (here, there codec.Word, fetches bool, err error) {
	for i, w := range words {
		typed := w.Text
		side, path, _ := strings.Cut(typed, ":")
		w.Text = path
		switch {
		case side != "l" && side != "r":
			err = fmt.Errorf("%s: not a side", codec.Name(typed))
		case path == "":
			err = fmt.Errorf("%s needs a folder behind it", codec.Name(typed))
		case side == "l" && here.Text != "":
			err = errors.New("both folders are on this computer")
		case side == "r" && there.Text != "":
			err = errors.New("both folders are on the other computer")
		case side == "l":
			here = w
		default:
			there, fetches = w, i == 0
		}
		if err != nil {
			return here, there, false, console.WithHint(&console.UsageError{Err: err}, "one side is here, l:FOLDER, the other there, r:FOLDER")
		}
	}
	return here, there, fetches, nil
}

// plan notes one thing that is to be done, and says it if that is all.
func (y *syncRun) plan(what, name string, e codec.Entry) {
	if what == "delete" {
		y.gone[len(y.gone)-1].things++
	}
	switch {
	case what == "delete" && e.Kind == codec.Folder:
		y.folders++
	case what == "delete":
		y.deletions.add(e.Size)
	case what == "replace":
		y.replaced.add(e.Size)
	case e.Kind != codec.Folder:
		y.copies.add(e.Size)
	}
	if y.dry {
		key := strings.TrimSuffix(name, "/") + "/"
		if e.Kind == codec.Folder {
			name = key
		}
		y.lines = append(y.lines, planLine{key, fmt.Sprintf("%-7s %9s  %s", what, console.FormatEntrySize(e), codec.Name(name))})
	}
}

// show prints the plan, by name, and what it comes to.
func (y *syncRun) show() {
	slices.SortStableFunc(y.lines, func(a, b planLine) int { return strings.Compare(a.key, b.key) })
	y.p.Hide()
	for _, l := range y.lines {
		fmt.Fprintln(y.env.Console, l.line)
	}
	fmt.Fprintln(y.env.Console, y.total())
}

// total is what a plan comes to.
func (y *syncRun) total() string {
	var parts []string
	for _, one := range []struct {
		what string
		tally
		folders int64
	}{{"copy", y.copies, 0}, {"replace", y.replaced, 0}, {"delete", y.deletions, y.folders}} {
		if one.files+one.folders > 0 {
			parts = append(parts, fmt.Sprintf("%s %s, %s", one.what, console.FilesInFolders(one.files, one.folders), console.FormatSize(one.bytes)))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing to do"}
	}
	if y.equal > 0 {
		parts = append(parts, fmt.Sprintf("%d equal", y.equal))
	}
	return strings.Join(parts, "; ")
}

// whole refuses to go on when something would be deleted only because it could
// not be read.
func (y *syncRun) whole() error {
	if y.trouble && len(y.gone) > 0 {
		return codec.Errorf(codec.Partial, "not everything could be read, so nothing was changed")
	}
	return nil
}

// sure asks before something is deleted from a folder, and says how much that
// is, also where nobody can be asked.
func (y *syncRun) sure(folder, where string) error {
	what := fmt.Sprintf("delete %s %s, %s", console.FilesInFolders(y.deletions.files, y.folders), where, console.FormatSize(y.deletions.bytes))
	if !y.env.Console.NeedsConfirmation() {
		y.say(folder, "%s", what)
		return nil
	}
	err := y.env.Console.Confirm(what, "nothing was changed")
	y.started = time.Now()
	return err
}
