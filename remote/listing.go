package remote

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/codec/trust"
)

func listingRows() []row {
	return []row{
		{
			verb: "DIR", right: trust.Dir, long: []string{"ls"}, synopsis: "[-a] [PATH…] | -c PREFIX", line: "what is there: DATA lines of entries, for each folder a FILE before them", run: dir,
			options: []codec.Option{{Short: 'a', Line: "hidden ones too"}, {Short: 'c', Line: "what begins with PREFIX, for completion"}, {Short: 'l', Line: "nothing: entries are long"}},
		},
		{verb: "STAT", right: trust.Dir, synopsis: "PATH…", line: "one DATA line, an entry, for each; links are not followed", run: stat},
		{verb: "DU", right: trust.Dir, synopsis: "PATH…", line: "counts what is in it: OK files=… folders=… bytes=…", run: du},
	}
}

const listingChunk = 60 << 10 // of lines in one DATA frame

func dir(ctx context.Context, r *request) (codec.Pairs, error) {
	l := &listing{r: r, ctx: ctx, all: r.args.Has("a")}
	words := r.args.Words
	if r.args.Has("c") {
		if err := r.need(0, 1); err != nil {
			return nil, err
		}
		words = append(words, codec.Lit(""))
		return nil, l.complete(words[0])
	}
	if len(words) == 0 {
		return nil, explainUnder(".", l.folder("."))
	}
	var folders []string // what was named comes first, then what is in it
	var t tally
	err := r.every(ctx, words, &t, func(path string) error {
		e, _, err := r.entry(path)
		if err != nil {
			return err
		}
		named := len(words) == 1 && codec.HasPattern(words[0].Text) && words[0].Text != path
		if !named && (e.Kind == codec.Folder || e.Kind == codec.Link && r.isFolder(path)) {
			folders = append(folders, path)
			return nil
		}
		return l.add(e)
	})
	if err = errors.Join(err, l.flush()); err != nil {
		return nil, err
	}
	for _, path := range folders {
		t.done-- // it was only named so far
		if err := r.count(ctx, &t, len(words) == 1, path, l.folder(path)); err != nil {
			return nil, err
		}
	}
	return nil, t.partial()
}

func explainUnder(name string, err error) error {
	if err == nil {
		return nil
	}
	return codec.Explain(name, err)
}

// A listing writes entries as DATA frames of whole lines.
type listing struct {
	r   *request
	ctx context.Context
	all bool
	buf []byte
}

func (l *listing) add(e codec.Entry) error {
	l.buf = append(e.Append(l.buf), '\n')
	if len(l.buf) < listingChunk {
		return nil
	}
	return l.flush()
}

func (l *listing) flush() error {
	if len(l.buf) == 0 {
		return context.Cause(l.ctx)
	}
	err := l.r.Write(codec.DATA, l.buf)
	l.buf = l.buf[:0]
	if err == nil {
		err = l.r.Flush()
	}
	return errors.Join(err, context.Cause(l.ctx))
}

// folder sends the folder as FILE and then what is in it, as it is read.
func (l *listing) folder(path string) error {
	return l.r.reading(path, func(root *os.Root, f *os.File) error {
		fi, err := f.Stat()
		if err != nil {
			return err
		}
		e := transfer.EntryOf(path, fi)
		if err := l.r.Write(codec.FILE, append(e.Append(nil), '\n')); err != nil {
			return err
		}
		err = scan(root, f, func(e codec.Entry) error {
			if transfer.IsPart(e.Name) || !l.all && hidden(e.Name) {
				return nil
			}
			return l.add(e)
		})
		return errors.Join(err, l.flush())
	})
}

// entry describes what stands at path. A separator behind a link follows it.
func (s *session) entry(path string) (codec.Entry, fs.FileInfo, error) {
	p, err := s.place(path)
	if err != nil {
		return codec.Entry{}, nil, err
	}
	defer p.close()
	fi, err := p.dir.Lstat(p.name)
	if err == nil && !fi.IsDir() && endsInSeparator(path) {
		fi, err = s.stat(path)
	}
	if err != nil {
		return codec.Entry{}, nil, err
	}
	e := transfer.EntryOf(path, fi)
	if e.Kind == codec.Link {
		e.Target, _ = p.dir.Readlink(p.name)
	}
	return e, fi, nil
}

// stat describes what path leads to.
func (s *session) stat(path string) (fs.FileInfo, error) {
	p, err := s.follow(path)
	if err != nil {
		return nil, err
	}
	defer p.close()
	fi, err := p.dir.Stat(p.name)
	if err == nil && !fi.IsDir() && endsInSeparator(path) {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	return fi, err
}

func (s *session) isFolder(path string) bool {
	fi, err := s.stat(path)
	return err == nil && fi.IsDir()
}

func stat(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	l := &listing{r: r, ctx: ctx}
	return nil, r.each(ctx, r.args.Words, func(path string) error {
		e, fi, err := r.entry(path)
		if err != nil {
			return err
		}
		if uid, gid, ok := owner(fi); ok {
			e.More = codec.Pairs{{Key: "user", Value: userOf(uid)}, {Key: "group", Value: groupOf(gid)}}
		}
		return errors.Join(l.add(e), l.flush())
	})
}

func userOf(id string) string {
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

func groupOf(id string) string {
	if g, err := user.LookupGroupId(id); err == nil {
		return g.Name
	}
	return id
}

func du(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	var files, folders, bytes int64
	err := r.each(ctx, r.args.Words, func(path string) error {
		p, err := r.place(path)
		if err != nil {
			return err
		}
		defer p.close()
		return walk(ctx, p.dir, p.name, func(fi fs.FileInfo) {
			if fi.IsDir() {
				folders++
				return
			}
			files++
			bytes += fi.Size()
		})
	})
	return codec.Pairs{codec.PairOf("files", files), codec.PairOf("folders", folders), codec.PairOf("bytes", bytes)}, err
}

// walk visits name in dir and all that is in it; what it cannot read it
// passes over.
func walk(ctx context.Context, dir *os.Root, name string, visit func(fs.FileInfo)) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	fi, err := dir.Lstat(name)
	if err != nil {
		return err
	}
	visit(fi)
	if !fi.IsDir() {
		return nil
	}
	return inside(dir, name, func(sub *os.Root, child string) error {
		if err := walk(ctx, sub, child, visit); err != nil && ctx.Err() != nil {
			return err
		}
		return nil
	})
}

// inside calls do for each name in a folder, which it holds open.
func inside(dir *os.Root, name string, do func(sub *os.Root, child string) error) error {
	sub, err := dir.OpenRoot(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	f, err := sub.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, child := range names {
		if err := do(sub, child); err != nil {
			return err
		}
	}
	return nil
}
