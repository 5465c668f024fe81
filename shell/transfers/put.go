package transfers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func put(ctx context.Context, env *command.Env, in command.Invocation) error {
	e, words, target, err := newTransfer(env, in)
	if err != nil {
		return err
	}
	d := &upload{transferRun: e, target: client.Operands(in.Words[len(words):])}
	return d.end(ctx, d.all(ctx, words, target), "")
}

// A upload is a put, or the part of a sync that is one.
type upload struct {
	*transferRun
	target   []codec.Word // of PUT: the path there, if one was typed
	sources  []source
	several  bool // a target is a folder
	into     bool // the target is known to be one
	replaces bool // something that is there was agreed to be replaced
}

func (d *upload) all(ctx context.Context, words []codec.Word, target codec.Word) error {
	err := d.gather(ctx, words, target)
	if err == nil && d.parents {
		err = d.makeParents(ctx)
	}
	if err == nil {
		err = d.refuseOverlap(ctx)
	}
	if err == nil {
		err = d.agree(ctx)
	}
	if err == nil {
		err = d.resume(ctx)
	}
	if err != nil || len(d.sources) == 0 {
		return err
	}
	if d.several || d.trees {
		d.p.SetTotals(d.weigh(ctx))
	}
	switch n := len(d.target); {
	case d.update || d.onward != "":
	case d.several || n == 0 || d.into:
		d.onward = withUpdate
	default:
		d.onward = "; if " + codec.Name(d.target[n-1].Text) + " was a folder, with -u the same command goes on from there"
	}
	if d.passes = d.sources[0].stdin; d.passes && d.env.Console.In.Terminal {
		d.p.Hide() // what is typed is there
	}
	return parentsHint(d.send(ctx))
}

// makeParents makes the folders that the target is in, or those that it is.
func (d *upload) makeParents(ctx context.Context) error {
	if len(d.target) == 0 {
		return nil
	}
	folder := d.target[len(d.target)-1]
	if name := d.env.Conn.Base(folder.Text); !d.several && strings.HasSuffix(folder.Text, name) {
		folder.Text = strings.TrimSuffix(folder.Text, name)
	}
	if folder.Text == "" {
		return nil
	}
	_, err := d.env.Conn.Do(ctx, link.Request{Verb: codec.MakeVerb("MKD"), Words: append([]codec.Word{codec.Bare("-p")}, client.Operands([]codec.Word{folder})...)})
	return err
}

// send makes the call of PUT.
func (d *upload) send(ctx context.Context) error {
	sender := transfer.Sender{
		Rate: d.rate, SHA256: d.sums, Begin: d.p.BeginFile, Progress: d.p.Add, Grown: d.grown,
		Failed: func(name string, err error) { d.fail(console.About(name, err)) },
	}
	var unsent error
	whole := false // it has been sent
	d.started = time.Now()
	pairs, err := d.env.Conn.Do(ctx, link.Request{
		Verb: codec.MakeVerb("PUT"), Words: d.words(), Recv: link.Answer{Note: d.note}.Recv,
		Send: func(ctx context.Context, up *link.Upstream) error {
			sender.To = up.Conn
			for _, src := range d.sources {
				err := d.one(ctx, &sender, src)
				switch {
				case err == nil:
				case ctx.Err() != nil || up.Err() != nil:
					return console.About(src.path, err)
				case !d.several:
					unsent = console.About(src.path, err)
					return unsent
				default:
					d.fail(console.About(src.path, err))
				}
			}
			whole = true
			return nil
		},
	})
	if err != nil && unsent != nil && ctx.Err() == nil && !errors.Is(err, link.ErrLost) {
		err = unsent // the remote, which may have answered first, knows only that
	}
	if n, ok := pairs.Int("files"); err == nil && (!whole || ok && n < sender.Files) {
		err = codec.Errorf(codec.BadFrame, "the remote said OK, and has not taken all")
	}
	d.files, d.links, d.bytes = sender.Files, sender.Links, sender.Bytes
	if x, ok := errors.AsType[*codec.Error](err); ok && x.Code == codec.Partial {
		pairs = x.More
	}
	if n, ok := pairs.Int("files"); ok { // not all that was sent need have been taken
		d.files = n
		d.links, _ = pairs.Int("links")
		d.bytes, _ = pairs.Int("bytes")
	}
	return d.answered(err)
}

// words are those of the call of PUT.
func (d *upload) words() []codec.Word {
	var words client.Words
	words.AddIf(d.force || d.replaces, "-f")
	words.AddIf(d.several, "-t")
	words.AddIf(d.trees, "-r")
	return append(words, d.target...)
}

// one sends one parcel.
func (d *upload) one(ctx context.Context, sender *transfer.Sender, src source) error {
	if src.stdin {
		return sender.File(ctx, src.e, &withContext{ctx, d.env.Console.Input})
	}
	path := d.env.Local.Path(src.path)
	if src.e.Kind == codec.Folder {
		dir, err := os.OpenRoot(path)
		if err != nil {
			return err
		}
		defer dir.Close()
		return sender.Tree(ctx, dir, ".", src.name, d.tree(src))
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	sender.Look = func() (os.FileInfo, error) { return os.Stat(path) }
	e := transfer.EntryOf(src.name, fi)
	if src.have.Size > 0 {
		return sender.Resume(ctx, e, f, src.have)
	}
	return sender.File(ctx, e, f)
}

// tree says what of a tree is sent.
func (d *upload) tree(src source) transfer.Tree {
	var t transfer.Tree
	if d.follow {
		t.Follow = followLink
	}
	if src.skip != nil {
		t.Want = func(path string, e codec.Entry) bool {
			_, name, _ := strings.Cut(path, "/")
			return !src.skip.Has(name)
		}
	}
	return t
}

// followLink returns where a link leads.
func followLink(dir *os.Root, name string) (*os.Root, string, error) {
	path, err := filepath.EvalSymlinks(filepath.Join(dir.Name(), name))
	if err != nil {
		return nil, "", err
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	return root, filepath.Base(path), err
}

// withContext reads standard input until nobody wants more.
type withContext struct {
	ctx         context.Context
	StdinReader *console.StdinReader
}

func (w *withContext) Read(p []byte) (int, error) { return w.StdinReader.ReadContext(w.ctx, p) }
