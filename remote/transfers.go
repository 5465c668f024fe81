package remote

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/codec/trust"
)

func transferRows() []row {
	return []row{
		{verb: "GET", right: trust.Get, synopsis: "PATH…", line: "files: FILE, DATA…, SUM for each", run: get},
		{
			verb: "PUT", right: trust.Put, synopsis: "[-f] [-t] [PATH]", line: "takes a file: FILE, DATA…, SUM, and END", stream: true, run: put,
			options: []codec.Option{{Short: 'f', Line: "replaces what is there"}, {Short: 't', Line: "takes several files into the folder PATH"}},
		},
	}
}

func get(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	if err := r.distinct(ctx, r.args.Words); err != nil {
		return nil, err
	}
	s := transfer.Sender{To: r.Conn}
	err := r.each(ctx, r.args.Words, func(path string) error {
		f, fi, err := r.regular(path)
		if err != nil {
			return err
		}
		defer f.Close()
		defer interruptible(ctx, f)()
		e := transfer.EntryOf(filepath.Base(path), fi)
		if e.Size == 0 {
			e.Size = sizeOfEmpty(f)
		}
		return s.File(ctx, e, f)
	})
	if s.Files == 1 {
		r.sum = s.Sum
	}
	return codec.Pairs{codec.PairOf("files", s.Files), codec.PairOf("bytes", s.Bytes)}, err
}

// sizeOfEmpty returns 0, or Unknown for the files of /proc and the like,
// which say 0 and have something in them.
func sizeOfEmpty(f *os.File) int64 {
	var b [1]byte
	if n, _ := f.ReadAt(b[:], 0); n > 0 {
		return codec.Unknown
	}
	return 0
}

// distinct refuses two files that would land under one name.
func (r *request) distinct(ctx context.Context, words []codec.Word) error {
	seen := map[string]string{}
	for _, w := range words {
		paths, err := r.expand(ctx, w)
		if err != nil {
			continue // said when its turn comes
		}
		for _, p := range paths {
			base := filepath.Base(p)
			if other, twice := seen[base]; twice {
				return &codec.Error{Code: codec.BadRequest, Name: p, Text: fmt.Sprintf("it has the same name as %s", codec.Quote(codec.Lit(other)))}
			}
			seen[base] = p
		}
	}
	return nil
}

func put(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 1); err != nil {
		return nil, err
	}
	path := "."
	if len(r.args.Words) == 1 {
		var err error
		if path, err = r.one(ctx, literal(r.args.Words)[0]); err != nil {
			return nil, err
		}
	}
	several := r.args.Has("t")
	if several {
		dir, _, err := r.session.folder(path)
		if err != nil {
			return nil, codec.Explain(path, err)
		}
		dir.Close()
	}
	notes := make(chan *codec.Error, 256) // from the reader, which never writes
	failed, begun := 0, 0
	var first error
	rec := transfer.Receiver{
		Keep: r.Keep,
		Choose: func(e codec.Entry) (transfer.Target, error) {
			p, err := r.session.target(path, e.Name, several)
			return transfer.Target{Dir: p.dir, Name: p.name, Key: fmt.Sprintf("%s\x00%d", r.guest.key(), e.Size), Force: r.args.Has("f"), Label: p.said}, err
		},
		Failed: func(name string, err error) {
			failed++
			x := codec.Explain(name, err)
			if first == nil {
				first = x
			}
			select {
			case notes <- x:
			default: // the count in the answer has it
			}
		},
	}
	defer rec.Close()
	take := func(f codec.Frame) error {
		if f.Verb == codec.END {
			if rec.Open() {
				return codec.Errorf(codec.BadRequest, "END while a file has no SUM yet")
			}
			return nil
		}
		if f.Verb == codec.FILE {
			if begun++; begun > 1 && !several {
				return codec.Errorf(codec.BadRequest, "a second FILE: PUT -t takes several")
			}
		}
		if err := rec.Take(f); err != nil || several {
			return err
		}
		return first
	}
	err := r.receive(ctx, take, notes, several)
	if err == nil {
		err = tally{failed, int(rec.Files)}.partial()
	}
	if rec.Files == 1 {
		r.sum = rec.Sum
	}
	return codec.Pairs{codec.PairOf("files", rec.Files), codec.PairOf("bytes", rec.Bytes)}, err
}

// receive waits for the stream's end and meanwhile, with noting, answers the
// notes that it gives rise to.
func (r *request) receive(ctx context.Context, take func(codec.Frame) error, notes <-chan *codec.Error, noting bool) error {
	ended := make(chan error, 1)
	go func() { ended <- r.Receive(ctx, take) }()
	for {
		select {
		case n := <-notes:
			if noting {
				if err := r.note("", n); err == nil {
					_ = r.Flush() // a client that is gone ends the stream
				}
			}
		case err := <-ended:
			for noting && len(notes) > 0 {
				_ = r.note("", <-notes)
			}
			return err
		}
	}
}
