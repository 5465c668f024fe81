package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/codec/trust"
)

func listingRows() []row {
	return []row{
		{
			verb: "DIR", right: trust.Dir, long: []string{"ls"}, synopsis: "[-a] [-R] [PATH…] | -c PREFIX", line: "what is there: DATA lines of entries, for each folder a FILE before them", run: dir,
			options: []codec.Option{
				{Short: 'a', Line: "hidden ones too"},
				{Short: 'R', Line: "the folders below too"},
				{Short: 'c', Line: "what begins with PREFIX, for completion"},
				{Short: 'l', Line: "nothing: entries are long"},
			},
		},
		{
			verb: "STAT", right: trust.Dir, synopsis: "[-p] PATH…", line: "one DATA line, an entry, for each; links are not followed", run: stat,
			options: []codec.Option{{Short: 'p', Line: "instead, where it leads: a word for the thing that is there, or -, and for each folder above it"}},
		},
	}
}

func dir(ctx context.Context, r *request) (codec.Pairs, error) {
	l := r.listing(ctx)
	l.all, l.below = r.args.Has("a"), r.args.Has("R")
	words := r.args.Words
	if r.args.Has("c") {
		if err := r.need(0, 1); err != nil {
			return nil, err
		}
		words = append(words, codec.Lit(""))
		return nil, l.complete(words[0])
	}
	folders := []string{"."} // what was named comes first, then what is in it
	if len(words) > 0 {
		folders = nil
		err := r.every(ctx, words, &l.tally, func(path string) error {
			e, _, err := r.entry(path)
			if err != nil {
				return err
			}
			named := len(words) == 1 && codec.HasPattern(words[0].Text) && words[0].Text != path
			if !named && (e.Kind == codec.Folder || e.Kind == codec.Link && r.isFolder(path)) {
				folders = append(folders, path)
				l.done-- // it was only named so far
				return nil
			}
			return l.add(e)
		})
		if err = errors.Join(err, l.flush()); err != nil {
			return nil, err
		}
	}
	for _, path := range folders {
		if err := r.count(ctx, &l.tally, len(words) < 2, path, l.folder(path)); err != nil {
			return nil, err
		}
	}
	return nil, l.partial()
}

func explainUnder(name string, err error) error {
	if err == nil {
		return nil
	}
	return codec.Explain(name, err)
}

// A listing writes lines as DATA frames of whole ones.
type listing struct {
	r     *request
	ctx   context.Context
	all   bool // hidden ones too
	below bool // the folders below too
	tally
	buf  []byte
	sent time.Time // when the client was last sent something
}

const (
	listingChunk = 60 << 10               // bytes of lines that are sent without waiting for more
	listingPause = 100 * time.Millisecond // that a line waits for others while there is something to do
)

func (r *request) listing(ctx context.Context) *listing {
	return &listing{r: r, ctx: ctx, sent: time.Now()}
}

func (l *listing) add(e codec.Entry) error {
	at := len(l.buf)
	l.buf = e.Append(l.buf)
	return l.ended(at)
}

// line adds a line that is no entry.
func (l *listing) line(text string) error {
	at := len(l.buf)
	l.buf = append(l.buf, text...)
	return l.ended(at)
}

// ended ends the line that began at at.
func (l *listing) ended(at int) error {
	l.buf = append(l.buf, '\n')
	if len(l.buf)-at > codec.MaxWords {
		l.buf = l.buf[:at]
		return codec.Errorf(codec.TooBig, "it makes a line of more than %d bytes", codec.MaxWords)
	}
	if len(l.buf) > codec.MaxWords {
		if err := l.r.Write(codec.DATA, l.buf[:at]); err != nil {
			return err
		}
		l.buf = append(l.buf[:0], l.buf[at:]...)
	}
	if len(l.buf) < listingChunk {
		return nil
	}
	return l.flush()
}

// flush sends the lines that there are.
func (l *listing) flush() error {
	l.sent = time.Now()
	return errors.Join(l.write(), l.r.Flush(), context.Cause(l.ctx))
}

// pass is called from time to time: no line waits for long.
func (l *listing) pass() error {
	if time.Since(l.sent) < listingPause {
		return context.Cause(l.ctx)
	}
	return l.flush()
}

// write hands the lines that there are to the connection.
func (l *listing) write() error {
	if len(l.buf) == 0 {
		return nil
	}
	defer func() { l.buf = l.buf[:0] }()
	return l.r.Write(codec.DATA, l.buf)
}

// folder sends the folder as FILE and then what is in it, as it is read.
func (l *listing) folder(path string) error {
	return l.r.reading(path, func(root *os.Root, f *os.File) error { return l.read(root, f, path) })
}

// read is folder for one that is open. What is below comes when all that is
// in it has come, in a second reading: the names need not be kept.
func (l *listing) read(root *os.Root, f *os.File, path string) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	e := transfer.EntryOf(path, fi)
	if err := l.r.Write(codec.FILE, append(e.Append(nil), '\n')); err != nil {
		return err
	}
	folders := 0
	err = scan(root, f, func(e codec.Entry) error {
		if l.skips(e) {
			return nil
		}
		if e.Kind == codec.Folder {
			folders++
		}
		return l.add(e)
	})
	if err = errors.Join(err, l.write(), l.pass()); err != nil || folders == 0 || !l.below {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return scan(root, f, func(e codec.Entry) error {
		if e.Kind != codec.Folder || l.skips(e) {
			return nil
		}
		under := below(path, e.Name)
		return l.r.count(l.ctx, &l.tally, false, under, l.r.inner(root, e.Name, under, func(root *os.Root, f *os.File) error {
			return l.read(root, f, under)
		}))
	})
}

func (l *listing) skips(e codec.Entry) bool {
	return transfer.IsPart(e.Name) || !l.all && hidden(e.Name)
}

// entry describes what stands at path. A separator behind a link follows it,
// and so does a dot: the folder we are in may be one.
func (s *session) entry(path string) (codec.Entry, fs.FileInfo, error) {
	p, err := s.place(path)
	if err != nil {
		return codec.Entry{}, nil, err
	}
	defer p.close()
	fi, err := p.dir.Lstat(p.name)
	if err == nil && !fi.IsDir() && entersFolder(path) {
		fi, err = s.stat(path)
	}
	if err != nil {
		return codec.Entry{}, nil, err
	}
	e := transfer.EntryWithTarget(p.name, fi, p.dir.Readlink, p.name)
	e.Name = path
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
	l := r.listing(ctx)
	if r.args.Has("p") {
		return nil, r.each(ctx, r.args.Words, func(path string) error {
			places, err := r.places(path)
			if err != nil {
				return err
			}
			return errors.Join(l.line(strings.Join(places, " ")), l.flush())
		})
	}
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

// places returns where path leads, also when nothing is there yet.
func (s *session) places(path string) ([]string, error) {
	real, err := s.resolve(path)
	if errors.Is(err, fs.ErrNotExist) {
		p, perr := s.place(path)
		if perr != nil {
			return nil, perr
		}
		p.close()
		real, err = p.real, nil
	}
	if err != nil {
		return nil, err
	}
	return transfer.FileIDs(real, s.disk.open)
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
