package shell

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
)

func put(ctx context.Context, s *Shell, in invocation) error {
	w, err := wishesOf(in)
	if err != nil {
		return err
	}
	words, target := fromTo(in.Words)
	d := &delivery{errand: s.errand(w), target: guarded(in.Words[len(words):])}
	d.alone = len(words) == 1 && !isPattern(words[0]) && !w.trees
	return d.end(d.all(ctx, words, target), "")
}

// A delivery is a put, or the part of a sync that is one.
type delivery struct {
	*errand
	target   []codec.Word // of PUT: the path there, if one was typed
	parcels  []parcel
	several  bool // a target is a folder
	replaces bool // something that is there was agreed to be replaced
}

// A parcel is one of the things that are sent.
type parcel struct {
	path  string // as it is said
	name  string // what it is called there, if it goes into a folder
	e     codec.Entry
	stdin bool
	have  transfer.Prefix // there, from an earlier time
	skip  *nameSet        // of a tree, what is not sent
}

func (d *delivery) all(ctx context.Context, words []codec.Word, target codec.Word) error {
	err := d.gather(ctx, words, target)
	if err == nil {
		err = d.agree(ctx)
	}
	if err == nil {
		err = d.resume(ctx)
	}
	if err != nil || len(d.parcels) == 0 {
		return err
	}
	if d.several || d.trees {
		d.p.all(d.weigh(ctx))
	}
	return d.send(ctx)
}

// gather finds what words stand for here.
func (d *delivery) gather(ctx context.Context, words []codec.Word, target codec.Word) error {
	if len(words) == 1 && isDash(words[0]) {
		switch {
		case target.Text == "":
			return withHint(errors.New("-: standard input needs a name there"), "put - notes.txt")
		case d.s.script:
			return errors.New("-: standard input is the script")
		}
		e := codec.Entry{Kind: codec.Regular, Mode: codec.Unknown, Size: codec.Unknown, Name: "stdin"}
		d.parcels = []parcel{{path: "-", name: e.Name, e: e, stdin: true}}
		return nil
	}
	var paths []string
	for _, w := range words {
		list, err := d.s.local(ctx, w)
		if err != nil {
			return err
		}
		paths = append(paths, list...)
	}
	d.several = len(paths) > 1
	for _, path := range paths {
		src, err := d.look(path)
		if err != nil && !d.several {
			return err
		}
		if err != nil {
			d.fail(err)
			continue
		}
		d.parcels = append(d.parcels, src)
	}
	return d.distinct()
}

// look finds out what is to be sent from a path here. A link is followed.
func (d *delivery) look(path string) (parcel, error) {
	abs := localPath(d.s.Dir, path)
	fi, err := os.Stat(abs) // before opening it, which waits on a pipe
	switch {
	case err != nil:
		return parcel{}, about(path, err)
	case fi.IsDir() && !d.trees:
		return parcel{}, withHint(about(path, errors.New("is a folder")), "-r sends it with all in it")
	case !fi.IsDir() && !fi.Mode().IsRegular():
		return parcel{}, about(path, codec.Errorf(codec.NotRegular, ""))
	}
	name := filepath.Base(abs)
	if last := filepath.Base(path); last == "." || last == ".." || filepath.Dir(abs) == abs {
		name = "." // it has no name of its own
	}
	return parcel{path: path, name: name, e: transfer.EntryOf(name, fi)}, nil
}

// distinct refuses two things that would have one name there.
func (d *delivery) distinct() error {
	seen := map[string]string{}
	for _, src := range d.parcels {
		if other, twice := seen[src.name]; twice {
			return about(src.path, codec.Errorf(codec.BadRequest, "it has the same name as %s", codec.Name(other)))
		}
		seen[src.name] = src.path
	}
	return nil
}

// resume asks for each file that is worth it what an interrupted put of it
// has left there.
func (d *delivery) resume(ctx context.Context) error {
	if !d.s.can("PART") {
		return nil
	}
	for i := range d.parcels {
		src := &d.parcels[i]
		if src.e.Kind != codec.Regular || src.e.Size < resumeFrom {
			continue
		}
		words := append(d.folder(), codec.Bare(strconv.FormatInt(src.e.Size, 10)), codec.Lit(src.name))
		pairs, err := d.s.call(ctx, "PART", words, nil)
		if ctx.Err() != nil || errors.Is(err, link.ErrLost) {
			return err
		}
		have, _ := pairs.Int("have")
		if err != nil || have == 0 || have > src.e.Size {
			continue // what is wrong there, PUT says
		}
		d.p.does("comparing what is there of " + codec.Name(src.name))
		if src.have, err = d.s.prefix(ctx, src.path, have); err != nil {
			return about(src.path, err)
		}
		sum, _ := pairs.Get("sha256")
		if src.have.SHA256 != sum {
			src.have = transfer.Prefix{}
			d.say(src.path, "starting anew: the first %s there are others", size(have))
			continue
		}
		d.say(src.path, "continuing at %s (verified)", ofSize(have, src.e.Size))
	}
	return nil
}

// folder is the target as a path in any case, and never a pattern.
func (d *delivery) folder() []codec.Word {
	words := slices.Clone(d.target)
	switch n := len(words); {
	case n == 0:
		words = []codec.Word{codec.Bare(".")}
	case isPattern(words[n-1]):
		words[n-1] = codec.Lit(words[n-1].Text)
	}
	return words
}

// prefix reads the beginning of a file here.
func (s *Shell) prefix(ctx context.Context, path string, size int64) (transfer.Prefix, error) {
	f, err := os.Open(localPath(s.Dir, path))
	if err != nil {
		return transfer.Prefix{}, err
	}
	defer f.Close()
	return transfer.PrefixOf(ctx, f, size)
}

// weigh says how many files there are to send, and how much that is: at a
// terminal, whose line shows it.
func (d *delivery) weigh(ctx context.Context) (files, bytes int64) {
	if !d.s.Err.Terminal || d.follow {
		return codec.Unknown, 0
	}
	d.p.does("counting what is here")
	for _, src := range d.parcels {
		if src.e.Kind == codec.Regular {
			files, bytes = files+1, bytes+src.e.Size
			continue
		}
		dir, err := os.OpenRoot(localPath(d.s.Dir, src.path))
		if err != nil {
			continue
		}
		_ = treeHere(ctx, dir, "", func(string, error) {}, func(name string, e codec.Entry) bool {
			if e.Kind == codec.Regular && (src.skip == nil || !src.skip.has(name)) {
				files, bytes = files+1, bytes+e.Size
			}
			return true
		})
		dir.Close()
	}
	return files, bytes
}

// send makes the call of PUT.
func (d *delivery) send(ctx context.Context) error {
	sender := transfer.Sender{Rate: d.rate, SHA256: d.sums, Begin: d.p.file, Progress: d.p.add, Failed: func(name string, err error) { d.fail(about(name, err)) }}
	d.started = time.Now()
	pairs, err := d.s.do(ctx, link.Request{
		Verb: codec.MakeVerb("PUT"), Words: d.words(), Recv: func(f codec.Frame) error {
			if f.Verb == codec.NOTE {
				return d.note(f)
			}
			return nil
		},
		Send: func(ctx context.Context, up *link.Upstream) error {
			sender.To = up.Conn
			for _, src := range d.parcels {
				err := d.one(ctx, &sender, src)
				if err != nil && (!d.several || ctx.Err() != nil || up.Err() != nil) {
					return about(src.path, err)
				}
				if err != nil {
					d.fail(about(src.path, err))
				}
			}
			return nil
		},
	})
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
func (d *delivery) words() []codec.Word {
	var words []codec.Word
	for _, o := range []struct {
		on   bool
		text string
	}{{d.force || d.replaces, "-f"}, {d.several, "-t"}, {d.trees, "-r"}} {
		if o.on {
			words = append(words, codec.Bare(o.text))
		}
	}
	return append(words, d.target...)
}

// one sends one parcel.
func (d *delivery) one(ctx context.Context, sender *transfer.Sender, src parcel) error {
	if src.stdin {
		return sender.File(ctx, src.e, &withContext{ctx, d.s.input})
	}
	path := localPath(d.s.Dir, src.path)
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
	e := transfer.EntryOf(src.name, fi)
	if src.have.Size > 0 {
		return sender.Resume(ctx, e, f, src.have)
	}
	return sender.File(ctx, e, f)
}

// tree says what of a tree is sent.
func (d *delivery) tree(src parcel) transfer.Tree {
	var t transfer.Tree
	if d.follow {
		t.Follow = followHere
	}
	if src.skip != nil {
		t.Want = func(path string, e codec.Entry) bool {
			_, name, _ := strings.Cut(path, "/")
			return !src.skip.has(name)
		}
	}
	return t
}

// followHere returns where a link leads.
func followHere(dir *os.Root, name string) (*os.Root, string, error) {
	path, err := filepath.EvalSymlinks(filepath.Join(dir.Name(), name))
	if err != nil {
		return nil, "", err
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	return root, filepath.Base(path), err
}

// withContext reads standard input until nobody wants more.
type withContext struct {
	ctx  context.Context
	feed *feed
}

func (w *withContext) Read(p []byte) (int, error) { return w.feed.ReadContext(w.ctx, p) }
