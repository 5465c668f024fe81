package transfers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
)

// call makes the call of PUT.
func (u *upload) call(ctx context.Context) error {
	s := u.newPutSender()
	u.run.Restart()
	pairs, err := u.run.Env.Conn.Do(ctx, link.Request{
		Verb:  codec.MakeVerb("PUT"),
		Words: u.callWords(),
		Recv:  link.Answer{Note: u.run.Note}.Recv,
		Send:  s.send,
	})
	if err != nil && s.unsent != nil && ctx.Err() == nil && !errors.Is(err, link.ErrLost) {
		err = s.unsent // more precise than the error of the remote
	}
	taken, isCounted := pairs.Int("files")
	if err == nil && (!s.complete || isCounted && taken < s.sender.Files) {
		err = codec.Errorf(codec.BadFrame, "the remote reported success, but did not receive everything")
	}
	if x, ok := errors.AsType[*codec.Error](err); ok && x.Code == codec.Partial {
		pairs = x.More
	}
	u.count(&s.sender, pairs)
	return u.run.CountPartial(err)
}

// count records the counts in pairs, which the remote has reported. These counts can be
// smaller than the counts of the sender. If the remote has reported no counts, it records
// the counts of the sender.
func (u *upload) count(sender *transfer.Sender, pairs codec.Pairs) {
	u.run.Files, u.run.Links, u.run.Bytes = sender.Files, sender.Links, sender.Bytes
	if n, ok := pairs.Int("files"); ok {
		u.run.Files = n
		u.run.Links, _ = pairs.Int("links")
		u.run.Bytes, _ = pairs.Int("bytes")
	}
}

// callWords returns the words of the call of PUT.
func (u *upload) callWords() []codec.Word {
	var words client.Words
	words.AddIf(u.run.Options.Force || u.replaces, "-f")
	words.AddIf(u.several, "-t")
	words.AddIf(u.run.Options.Recursive, "-r")
	return append(words, u.target...)
}

// A putSender sends the sources of an upload.
type putSender struct {
	upload   *upload
	sender   transfer.Sender
	unsent   error // why the only source could not be sent
	complete bool  // all sources were sent
}

func (u *upload) newPutSender() *putSender {
	return &putSender{upload: u, sender: transfer.Sender{
		Rate:     u.run.Options.Rate,
		SHA256:   u.run.Options.SHA256,
		Begin:    u.run.Progress.BeginFile,
		Progress: u.run.Progress.Add,
		Changed:  u.run.TellChange,
		Failed:   func(name string, err error) { u.run.Fail(console.About(name, err)) },
	}}
}

func (s *putSender) send(ctx context.Context, up *link.Upstream) error {
	s.sender.To = up.Conn
	for _, src := range s.upload.sources {
		err := console.About(src.path.String(), s.sendSource(ctx, src))
		switch {
		case err == nil:
		case ctx.Err() != nil || up.Err() != nil:
			return err
		case !s.upload.several:
			s.unsent = err
			return err
		default:
			s.upload.run.Fail(err)
		}
	}
	s.complete = true
	return nil
}

func (s *putSender) sendSource(ctx context.Context, src source) error {
	env := s.upload.run.Env
	name := s.upload.name(src)
	if src.stdin() {
		e := codec.Entry{Kind: codec.Regular, Mode: codec.Unknown, Size: codec.Unknown, Name: name}
		return s.sender.File(ctx, e, &contextReader{ctx, env.Console.Input})
	}
	path := env.Local.Path(src.path.String())
	if src.kind == codec.Folder {
		dir, err := os.OpenRoot(path)
		if err != nil {
			return err
		}
		defer dir.Close()
		return s.sender.Tree(ctx, dir, ".", name, s.upload.tree(src))
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
	s.sender.Look = func() (os.FileInfo, error) { return os.Stat(path) }
	e := landing.EntryOf(name, fi)
	if src.plan != nil && src.plan.have.Size > 0 {
		return s.sender.Resume(ctx, e, f, src.plan.have)
	}
	return s.sender.File(ctx, e, f)
}

// tree returns the options for sending the tree src.
func (u *upload) tree(src source) transfer.Tree {
	var t transfer.Tree
	if u.run.Options.Follow {
		t.Follow = followLink
	}
	if src.plan != nil && src.plan.wants != nil {
		t.Want = func(path string, _ codec.Entry) bool {
			_, name, below := strings.Cut(path, "/")
			return !below || src.plan.wants(name)
		}
	}
	return t
}

// followLink returns the folder and the name of the file that a link points to.
func followLink(dir *os.Root, name string) (*os.Root, string, error) {
	path, err := filepath.EvalSymlinks(filepath.Join(dir.Name(), name))
	if err != nil {
		return nil, "", err
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	return root, filepath.Base(path), err
}

// A contextReader reads standard input until ctx is done.
type contextReader struct {
	ctx   context.Context
	stdin *console.StdinReader
}

func (r *contextReader) Read(p []byte) (int, error) { return r.stdin.ReadContext(r.ctx, p) }
