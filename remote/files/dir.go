package files

import (
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

// A listing is a running DIR.
type listing struct {
	*verb.Lines
	r     *verb.Request
	ctx   context.Context
	all   bool // list hidden files too
	below bool // list the folders below too
}

func dir(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	l := &listing{
		Lines: verb.NewLines(ctx, r), r: r, ctx: ctx,
		all: r.Args.Has("a"), below: r.Args.Has("R"),
	}
	words := r.Args.Words
	if r.Args.Has("c") {
		if err := r.Need(0, 1); err != nil {
			return nil, err
		}
		words = append(words, codec.Lit(""))
		return l.complete(words[0], r.Args.Has("folders"))
	}
	if r.Args.Has("folders") {
		return nil, codec.Errorf(codec.BadRequest, "--folders goes with -c")
	}
	folders := []string{"."} // files come first, then the contents of folders
	if len(words) > 0 {
		folders = nil
		err := r.Every(ctx, words, &l.Tally, func(path string) error {
			e, _, err := r.View.Entry(path)
			if err != nil {
				return err
			}
			named := len(words) == 1 && codec.HasPattern(words[0].Text) && words[0].Text != path
			if !named && (e.Kind == codec.Folder || e.Kind == codec.Link && r.View.IsFolder(path)) {
				folders = append(folders, path)
				l.Done-- // counted after it was listed
				return nil
			}
			return l.Entry(e)
		})
		if err = errors.Join(err, l.Flush()); err != nil {
			return nil, err
		}
	}
	for _, path := range folders {
		if err := r.Count(ctx, &l.Tally, len(words) < 2, path, l.folder(path)); err != nil {
			return nil, err
		}
	}
	return nil, l.Partial()
}

// folder sends a folder as FILE and then its entries, as they are read.
func (l *listing) folder(path string) error {
	return l.r.View.Reading(path, func(root *os.Root, f *os.File) error { return l.read(root, f, path) })
}

// read is like folder, for an open folder. It reads the folder a second time to list the
// folders in it, so that it need not keep their names.
func (l *listing) read(root *os.Root, f *os.File, path string) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	e := landing.EntryOf(path, fi)
	if err := l.r.Call.Write(codec.FILE, append(e.Append(nil), '\n')); err != nil {
		return err
	}
	folders := 0
	err = disk.Scan(root, f, func(e disk.Entry) error {
		if l.skips(e.Entry) {
			return nil
		}
		if e.Kind == codec.Folder {
			folders++
		}
		return l.Entry(e.Entry)
	})
	if err = errors.Join(err, l.Write(), l.Pass()); err != nil || folders == 0 || !l.below {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return disk.Scan(root, f, func(e disk.Entry) error {
		if e.Kind != codec.Folder || l.skips(e.Entry) {
			return nil
		}
		under := disk.Below(path, e.Name)
		err := l.r.View.InsideAt(root, e.Name, under, func(root *os.Root, f *os.File) error {
			return l.read(root, f, under)
		})
		return l.r.Count(l.ctx, &l.Tally, false, under, err)
	})
}

func (l *listing) skips(e codec.Entry) bool {
	return disk.IsPart(e) || !l.all && disk.Hidden(e.Name)
}

func stat(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	l := verb.NewLines(ctx, r)
	if r.Args.Has("p") {
		return nil, r.Each(ctx, r.Args.Words, func(path string) error {
			ids, err := r.View.FileIDs(path)
			if err != nil {
				return err
			}
			return errors.Join(l.Line(strings.Join(ids, " ")), l.Flush())
		})
	}
	return nil, r.Each(ctx, r.Args.Words, func(path string) error {
		e, fi, err := r.View.Entry(path)
		if err != nil {
			return err
		}
		if uid, gid, ok := disk.Owner(fi); ok {
			e.More = codec.Pairs{{Key: "user", Value: userOf(uid)}, {Key: "group", Value: groupOf(gid)}}
		}
		return errors.Join(l.Entry(e), l.Flush())
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
