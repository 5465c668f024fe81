package transfers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func get(ctx context.Context, env *command.Env, in command.Invocation) error {
	e, words, target, err := newTransfer(env, in)
	if err != nil {
		return err
	}
	e.deeper = "-r fetches it with all in it"
	f := &download{transferRun: e}
	err = f.all(ctx, words, target)
	return f.end(ctx, err, ", to "+f.to.String())
}

// A destination is where on this computer goes what is fetched: into a folder
// under its own name, for one thing under that name, or to standard output.
type destination struct {
	folder string // absolute
	name   string // or ""
	typed  string // what it is called when that fails, or ""
	stdout bool
}

func (d destination) String() string {
	if d.stdout {
		return "standard output"
	}
	return codec.Name(filepath.Join(d.folder, d.name))
}

// destination says where words go by the target that was typed.
func (f *download) destination(ctx context.Context, words []codec.Word, target codec.Word) (destination, error) {
	d := destination{folder: f.env.Local.Dir}
	switch {
	case target.Text == "":
		return d, nil
	case command.IsStandardStream(target):
		d.stdout = true
		return d, nil
	}
	typed := target.Text
	if paths, err := f.env.Local.Expand(ctx, target); err == nil && len(paths) == 1 {
		typed = paths[0]
	}
	path := f.env.Local.Path(typed)
	several, isFolder := len(words) > 1 || client.IsPattern(words[0]), os.IsPathSeparator(typed[len(typed)-1])
	if f.parents {
		folder := path
		if !several && !isFolder {
			folder = filepath.Dir(path)
		}
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return d, console.About(target.Text, err)
		}
	}
	fi, err := os.Stat(path)
	if err == nil && fi.IsDir() {
		d.folder = path
		return d, nil
	}
	if several && err == nil {
		return d, console.About(target.Text, codec.Errorf(codec.NotDirectory, ""))
	} else if len(words) > 1 {
		return d, parentsHint(console.About(target.Text, codec.Errorf(codec.NotFound, "")))
	}
	d.folder, d.name = filepath.Split(path)
	d.typed = target.Text
	if fi, err := os.Stat(d.folder); err != nil || !fi.IsDir() || isFolder {
		return d, parentsHint(console.About(target.Text, codec.Errorf(codec.NotFound, "")))
	}
	return d, nil
}

// A download is a get, or the part of a sync that is one.
type download struct {
	*transferRun
	to  destination
	may map[string]bool // what may be replaced here, after asking, by name
}

// A getCall is what one call of GET asks for.
type getCall struct {
	words []codec.Word
	name  string          // of the one thing, here
	have  transfer.Prefix // of the one file, from an earlier time
	list  *getList        // of the one folder; nil is all
	force bool
}

// all fetches what words stand for, in as few calls as can be.
func (f *download) all(ctx context.Context, words []codec.Word, target codec.Word) error {
	var err error
	if f.to, err = f.destination(ctx, words, target); err != nil {
		return err
	}
	if err = f.refuseOverlap(ctx, words); err != nil {
		return err
	}
	nameless := func(w codec.Word) bool { return w.Text == "~" && !w.Quoted }
	if f.to.name == "" && !f.to.stdout && slices.ContainsFunc(words, nameless) {
		return console.WithHint(&console.UsageError{Err: errors.New("~: what is it to be called here?")}, "get -r ~ home")
	}
	f.passes = f.to.stdout
	if f.onward = withUpdate; f.update {
		f.onward = ""
	}
	if f.to.name != "" {
		f.onward = onwardBy("r:"+words[0].Text, "l:"+target.Text)
	}
	calls := []getCall{{words: words}}
	switch {
	case !f.to.stdout:
		calls, err = f.calls(ctx, words)
	case f.trees || len(words) > 1:
		err = errors.New("-: standard output takes one file, and no folder")
	case f.env.Console.Out.Terminal:
		f.p.Hide() // the file is there
	}
	if err != nil {
		return err
	}
	f.started = time.Now()
	for _, c := range calls {
		err := f.call(ctx, c)
		if err != nil && (len(calls) == 1 || ctx.Err() != nil || errors.Is(err, link.ErrLost)) {
			return err
		}
		if err != nil {
			f.fail(err)
		}
	}
	return nil
}

// key tells the parts of this remote's files from others'. The size is not in
// it: a file that has grown there may go on, and how much of it is the same
// is compared anyway.
func (f *download) key() string { return f.env.Conn.Hello.Host }

// call makes one call of GET.
func (f *download) call(ctx context.Context, c getCall) error {
	rec := f.receiver(c)
	defer rec.Close()
	var unsent error // whose reason the remote owes us
	rec.Unsent = func(name string, err error) { unsent = codec.Explain(name, err) }
	in := &getReceiver{download: f, rec: rec, list: c.list}
	r := link.Request{Verb: codec.MakeVerb("GET"), Words: f.words(c), Recv: in.take}
	if c.list != nil {
		r.Send = c.list.send
	}
	pairs, err := f.env.Conn.Do(ctx, r)
	if err == nil && unsent != nil {
		f.fail(unsent)
	}
	if err == nil || console.IsCode(err, codec.Partial) {
		if lies := in.whole(c.words, pairs, err); lies != nil {
			err = lies
		}
	}
	switch {
	case err == nil || console.IsCode(err, codec.Partial):
		rec.Flush()
	case ctx.Err() != nil || errors.Is(err, link.ErrLost) || console.IsCode(err, codec.Draining, codec.Cancelled, codec.Timeout, codec.BadFrame):
		rec.Leave()
	}
	f.files += rec.Files
	f.links += rec.Links
	f.bytes += rec.Bytes
	return f.answered(f.hint(err))
}

// words are those of a call of GET.
func (f *download) words(c getCall) []codec.Word {
	var words client.Words
	words.AddIf(f.trees && c.have.Size == 0, "-r")
	words.AddIf(f.follow && c.have.Size == 0, "-L")
	words.AddIf(f.sums, "--sum", "sha256")
	words.AddIf(f.rate > 0, "--limit", strconv.FormatInt(f.rate, 10))
	words.AddIf(c.have.Size > 0, "--have", strconv.FormatInt(c.have.Size, 10)+","+c.have.SHA256)
	words.AddIf(c.list != nil, "--list")
	return append(words, client.Operands(c.words)...)
}

// receiver lands what one call fetches.
func (f *download) receiver(c getCall) *transfer.Receiver {
	several := slices.ContainsFunc(c.words, client.IsPattern)
	came := 0
	rec := &transfer.Receiver{
		Trees:    f.trees,
		Summed:   true,
		SHA256:   f.sums,
		Keep:     func(spare []byte) { f.env.Conn.Keep(spare) },
		Progress: f.p.Add,
		Grown:    f.grown,
		Failed: func(name string, err error) {
			x := codec.Explain(name, err)
			switch x.Code {
			case codec.NoSpace, codec.NotAllowed:
				if !f.to.stdout && x.Hint == "" {
					x.Hint = "that is on this computer"
				}
			case codec.IsDirectory:
				x.Code, x.Text = codec.NotRegular, "the local one is a folder, it is not replaced"
			}
			f.fail(x)
		},
	}
	rec.Choose = func(e codec.Entry) (transfer.Target, error) {
		if came++; came > len(c.words) && !several || came > 1 && (f.to.name != "" || f.to.stdout) {
			return transfer.Target{}, codec.Errorf(codec.BadRequest, "more came than was wanted")
		}
		if f.to.stdout {
			return transfer.Target{Writer: console.NewStdoutWriter(f.env.Console.OutWriter(context.Background(), false))}, nil
		}
		return f.choose(c, e)
	}
	return rec
}

// choose says where one thing that comes goes.
func (f *download) choose(c getCall, e codec.Entry) (transfer.Target, error) {
	t := transfer.Target{Name: f.to.name, Key: f.key(), Force: f.force || c.force, Label: f.to.typed}
	if t.Name == "" {
		if err := checkRequested(f.env, c.words, e); err != nil {
			return t, err
		}
		t.Name = e.Name
	}
	t.Force = t.Force || f.may[t.Name]
	from, goesOn := e.More.Int("from")
	switch why, restarts := e.More.Get("why"); {
	case goesOn && c.name == t.Name:
		t.From = c.have
		if from == c.have.Size && from <= e.Size { // else it is refused
			f.say(t.Name, "continuing at %s (verified)", console.FormatPart(from, e.Size))
		}
	case restarts && c.have.Size > 0:
		f.say(t.Name, "starting again: %s", codec.Show(why))
	}
	var err error
	t.Dir, err = os.OpenRoot(f.to.folder)
	return t, err
}

// checkRequested checks that a thing that comes is called as one that was asked for: it
// is the remote that says it, and it may be hostile.
func checkRequested(env *command.Env, words []codec.Word, e codec.Entry) error {
	name := e.Name
	if err := transfer.CheckName(name); err != nil && (name != "." || e.Kind != codec.Folder) {
		return err
	}
	for _, w := range words {
		base := env.Conn.Base(w.Text)
		switch {
		case name == ".":
			if base == "" || base == "." || base == ".." {
				return nil
			}
		case !client.IsPattern(w):
			if base == name {
				return nil
			}
		case base == codec.Deep || codec.Match(base, name, true):
			if name[0] != '.' || base[0] == '.' {
				return nil
			}
		}
	}
	return codec.Errorf(codec.BadName, "the remote sent a file that was not asked for")
}
