package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
)

func transferRows() []row {
	return []row{
		{
			names: []string{"get"}, synopsis: "[-f] FILE|PATTERN… [TARGET]", line: "fetches files to here; TARGET - is standard output", least: 1, most: -1, kinds: []kind{remotePath}, verb: "GET", run: get,
			options:  []codec.Option{{Short: 'f', Line: "replaces what is here"}},
			examples: []string{"get report.pdf", "get *.log logs", "get big.iso -"},
		},
		{
			names: []string{"put"}, synopsis: "[-f] FILE|PATTERN… [TARGET]", line: "sends files there; FILE - is standard input", least: 1, most: -1, kinds: []kind{localFile}, verb: "PUT", run: put,
			options:  []codec.Option{{Short: 'f', Line: "replaces what is there"}},
			examples: []string{"put setup.exe", `put *.cfg C:\app`, "put - notes.txt"},
		},
	}
}

// forceHint tells how to replace what is there.
func forceHint(err error) error {
	if err != nil && hintOf(err) == "" && errors.Is(err, &codec.Error{Code: codec.Exists}) {
		return withHint(err, "-f replaces it")
	}
	return err
}

// isDash says whether a word means a standard stream.
func isDash(w codec.Word) bool { return w.Text == "-" && !w.Quoted }

// localPath is the absolute path of a local name that was typed.
func localPath(dir, path string) string { return transfer.Join(dir, path) }

// local expands a local word: home, patterns.
func (s *Shell) local(ctx context.Context, w codec.Word) ([]string, error) {
	return transfer.Expand(ctx, transfer.OS{}, s.Dir, w)
}

func get(ctx context.Context, s *Shell, in invocation) error {
	words, target := in.Words, codec.Word{}
	if n := len(words); n > 1 {
		words, target = words[:n-1], words[n-1]
	}
	rec, where, finish, err := s.receiver(ctx, words, target, in.Has("f"))
	if err != nil {
		return err
	}
	defer rec.Close()
	p := s.progress()
	rec.Progress = p.add
	choose := rec.Choose
	rec.Choose = func(e codec.Entry) (transfer.Target, error) {
		p.file(e)
		return choose(e)
	}
	started := time.Now()
	_, err = s.call(ctx, "GET", guarded(words), func(f codec.Frame) error {
		if f.Verb == codec.NOTE {
			return s.remark(f)
		}
		return rec.Take(f)
	})
	p.end()
	if err = finish(err); err == nil {
		s.tell("%s, %s in %s, to %s", count(rec.Files, "file"), size(rec.Bytes), time.Since(started).Round(time.Millisecond), codec.Name(where))
	}
	return err
}

// receiver lands what is asked for by words at the local target: standard
// output, a folder, or, for one file, under that name: where. finish makes
// what failed here and what the remote answered one error.
func (s *Shell) receiver(ctx context.Context, words []codec.Word, target codec.Word, force bool) (rec *transfer.Receiver, where string, finish func(error) error, err error) {
	pattern := false
	for _, w := range words {
		pattern = pattern || codec.HasPattern(w.Text)
	}
	several := pattern || len(words) > 1
	folder, name := s.Dir, ""
	if target.Text != "" && !isDash(target) {
		paths, err := s.local(ctx, target)
		if err != nil || len(paths) > 1 {
			paths = []string{target.Text}
		}
		path := localPath(s.Dir, paths[0])
		fi, err := os.Stat(path)
		switch {
		case err == nil && fi.IsDir():
			folder = path
		case len(words) > 1 || err == nil && pattern:
			return nil, "", nil, about(target.Text, codec.Errorf(codec.NotDirectory, ""))
		case os.IsPathSeparator(paths[0][len(paths[0])-1]):
			return nil, "", nil, about(target.Text, codec.Errorf(codec.NotFound, ""))
		default:
			folder, name = filepath.Split(path)
			if fi, err := os.Stat(folder); err != nil || !fi.IsDir() {
				return nil, "", nil, about(target.Text, codec.Errorf(codec.NotFound, ""))
			}
		}
	}
	var failures []error
	files := 0
	rec = &transfer.Receiver{
		Keep: func(spare []byte) { s.conn.link.Keep(spare) },
		Choose: func(e codec.Entry) (transfer.Target, error) {
			if files++; files > 1 && (!several || name != "" || isDash(target)) {
				return transfer.Target{}, codec.Errorf(codec.BadRequest, "more than one file came, nothing but the first was wanted")
			}
			if isDash(target) {
				return transfer.Target{Writer: s.out}, nil
			}
			if err := asked(words, e.Name); err != nil {
				return transfer.Target{}, err
			}
			dir, err := os.OpenRoot(folder)
			t := transfer.Target{Dir: dir, Name: name, Key: fmt.Sprintf("%s\x00%d", s.conn.hello.Host, e.Size), Force: force}
			if name == "" {
				t.Name = e.Name
			} else {
				t.Label = target.Text
			}
			return t, err
		},
		Failed: func(name string, err error) {
			x := codec.Explain(name, err)
			if x.Code == codec.NoSpace {
				x.Hint = "it is the disk of this computer"
			}
			failures = append(failures, x)
		},
	}
	where = filepath.Join(folder, name)
	if isDash(target) {
		where = "standard output"
	}
	return rec, where, func(err error) error { return s.outcome(failures, err) }, nil
}

// asked checks that the name of a file that comes is one that was asked for:
// it is the remote that says it, and it may be hostile.
func asked(words []codec.Word, name string) error {
	if err := transfer.CheckName(name); err != nil {
		return err
	}
	for _, w := range words {
		if codec.HasPattern(w.Text) || len(w.Text) >= len(name) && strings.EqualFold(w.Text[len(w.Text)-len(name):], name) {
			return nil
		}
	}
	return codec.Errorf(codec.BadName, "the remote sent a file that was not asked for")
}

// outcome is the error of a transfer: what the remote answered, or what has
// failed here. Of several failures each is said, and the last counts them.
func (s *Shell) outcome(failures []error, err error) error {
	answer, partly := errors.AsType[*codec.Error](err)
	partly = partly && answer.Code == codec.Partial
	switch {
	case len(failures) == 0, err != nil && !partly:
		return forceHint(err)
	case err == nil && len(failures) == 1:
		return forceHint(failures[0])
	}
	failed := int64(0)
	if partly {
		failed, _ = answer.More.Int("failed")
	}
	for _, f := range failures {
		s.complain(&located{s.label, forceHint(f)})
	}
	return codec.Errorf(codec.Partial, "%d failed", failed+int64(len(failures)))
}

func put(ctx context.Context, s *Shell, in invocation) error {
	words, target := in.Words, []codec.Word(nil)
	if n := len(words); n > 1 {
		words, target = words[:n-1], words[n-1:]
	}
	var sources []string
	stdin := len(words) == 1 && isDash(words[0])
	switch {
	case stdin && len(target) == 0:
		return withHint(errors.New("-: standard input needs a name there"), "put - notes.txt")
	case stdin && s.script:
		return errors.New("-: standard input is the script")
	case stdin:
		sources = []string{"-"}
	}
	for _, w := range words {
		if stdin {
			break
		}
		paths, err := s.local(ctx, w)
		if err != nil {
			return err
		}
		sources = append(sources, paths...)
	}
	var call []codec.Word
	several := len(sources) > 1
	if in.Has("f") {
		call = append(call, codec.Bare("-f"))
	}
	if several {
		call = append(call, codec.Bare("-t"))
	}
	call = append(call, guarded(target)...)
	var failures []error
	p := s.progress()
	sender := transfer.Sender{Progress: p.add}
	started := time.Now()
	_, err := s.do(ctx, link.Request{
		Verb: codec.MakeVerb("PUT"), Words: call,
		Recv: s.remarks,
		Send: func(ctx context.Context, up *link.Upstream) error {
			sender.To = up.Conn
			for _, path := range sources {
				err := s.sendFile(ctx, &sender, path, p)
				if err != nil && (!several || ctx.Err() != nil || up.Err() != nil) {
					return err
				}
				if err != nil {
					failures = append(failures, about(path, err))
				}
			}
			return nil
		},
	})
	p.end()
	if err = s.outcome(failures, err); err == nil {
		s.tell("%s, %s in %s", count(sender.Files, "file"), size(sender.Bytes), time.Since(started).Round(time.Millisecond))
	}
	return err
}

// sendFile sends one local file, or standard input.
func (s *Shell) sendFile(ctx context.Context, sender *transfer.Sender, path string, p *progress) error {
	if path == "-" {
		e := codec.Entry{Kind: codec.Regular, Mode: codec.Unknown, Size: codec.Unknown, Name: "stdin"}
		p.file(e)
		return sender.File(ctx, e, &withContext{ctx, s.input})
	}
	fi, err := os.Stat(localPath(s.Dir, path)) // before opening it, which waits on a pipe
	switch {
	case err != nil:
		return about(path, err)
	case fi.IsDir():
		return about(path, codec.Errorf(codec.IsDirectory, ""))
	case !fi.Mode().IsRegular():
		return about(path, codec.Errorf(codec.NotRegular, ""))
	}
	f, err := os.Open(localPath(s.Dir, path))
	if err != nil {
		return about(path, err)
	}
	defer f.Close()
	if fi, err = f.Stat(); err != nil {
		return about(path, err)
	}
	e := transfer.EntryOf(filepath.Base(f.Name()), fi)
	p.file(e)
	return about(path, sender.File(ctx, e, f))
}

// withContext reads standard input until nobody wants more.
type withContext struct {
	ctx  context.Context
	feed *feed
}

func (w *withContext) Read(p []byte) (int, error) { return w.feed.ReadContext(w.ctx, p) }
