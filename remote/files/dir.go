package files

import (
	"context"
	"errors"
	"io/fs"
	"math"
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
	walk  *disk.Walk
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
				l.Done-- // r.Every adds 1 for this path, but the folder is counted below
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

// folder sends a FILE frame for a folder, followed by the entries of the folder as they
// are read. With -R it then does the same for each folder in it.
func (l *listing) folder(path string) error {
	if l.r.View.IsDriveList(path) {
		return l.drives(path)
	}
	root, _, err := l.r.View.Folder(path)
	if err != nil {
		return err
	}
	defer root.Close()
	depth := 1
	if l.below {
		depth = math.MaxInt
	}
	l.walk = &disk.Walk{
		View: l.r.View, Ctx: l.ctx, Whole: true,
		Enters: l.enter,
		Visit:  l.visit,
		Failed: l.failed,
	}
	return errors.Join(l.walk.In(root, path, depth), l.Write())
}

// drives sends a FILE frame for path, followed by an entry for each drive.
func (l *listing) drives(path string) error {
	if l.below {
		return &codec.Error{Code: codec.BadRequest, Text: "-R lists one drive at a time", Hint: `such as dir -R C:\`}
	}
	if err := l.begin(path); err != nil {
		return err
	}
	for _, root := range l.r.View.Drives() {
		if err := l.Entry(folderEntry(root)); err != nil {
			return err
		}
	}
	return l.Flush()
}

// begin sends the FILE frame of a folder of which only the name is known.
func (l *listing) begin(name string) error {
	e := folderEntry(name)
	return l.r.Call.Write(codec.FILE, append(e.Append(nil), '\n'))
}

// folderEntry returns the entry of a folder of which nothing but the name is known.
func folderEntry(name string) codec.Entry {
	return codec.Entry{Kind: codec.Folder, Mode: codec.Unknown, Size: codec.Unknown, Name: name}
}

// enter sends the FILE frame of a folder.
func (l *listing) enter(_ string, f *os.File) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if err := errors.Join(l.Write(), l.Pass()); err != nil {
		return err
	}
	e := landing.EntryOf(l.walk.Folder(), fi)
	return l.r.Call.Write(codec.FILE, append(e.Append(nil), '\n'))
}

func (l *listing) visit(_ *os.Root, e disk.Entry) error {
	if !l.all && e.Hidden {
		return fs.SkipDir
	}
	if err := l.Entry(e.Entry); err != nil {
		return err
	}
	if !l.below || e.Kind != codec.Folder || len(l.walk.Path(e.Name)) <= landing.MaxPath {
		return nil
	}
	if err := l.failed(l.walk.Folder(), landing.ErrLongPath()); err != nil {
		return err
	}
	return fs.SkipDir
}

func (l *listing) failed(path string, err error) error {
	return l.r.Count(l.ctx, &l.Tally, false, path, err)
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
