package remote

import (
	"context"

	"techsh/codec"
	"techsh/codec/transfer"
)

// putting is a PUT that runs. Its methods run in the link's reader, which
// never writes.
type putting struct {
	*request
	path    string
	several bool // -t
	tops    int
	top     bool              // what is under way is one
	first   error             // that of the only top: it is the answer
	failed  int               // of several things
	notes   chan *codec.Error // for who writes
}

func put(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 1); err != nil {
		return nil, err
	}
	p := &putting{request: r, path: ".", several: r.args.Has("t"), notes: make(chan *codec.Error, 256)}
	if len(r.args.Words) == 1 {
		var err error
		if p.path, err = r.one(ctx, literal(r.args.Words)[0]); err != nil {
			return nil, err
		}
	}
	if p.several {
		dir, _, err := r.session.folder(p.path)
		if err != nil {
			return nil, codec.Explain(p.path, err)
		}
		dir.Close()
	}
	rec := &transfer.Receiver{Keep: r.Keep, Trees: r.args.Has("r"), Enter: r.disk.enter, Stays: r.disk.take, Choose: p.choose, Failed: p.fail, Unsent: p.unsent}
	err := p.receive(ctx, rec)
	if rec.Files == 1 {
		r.sum = rec.Sum
	}
	pairs := r.crossed(rec.Files, rec.Folders, rec.Links, rec.Bytes)
	if err == nil {
		err = tally{p.failed, int(rec.Files + rec.Folders + rec.Links)}.partial(pairs...)
	}
	return pairs, err
}

// receive lands what comes, and answers the notes that it gives rise to.
func (p *putting) receive(ctx context.Context, rec *transfer.Receiver) error {
	ended := make(chan error, 1)
	go func() {
		err := p.Receive(ctx, func(f codec.Frame) error { return p.take(rec, f) })
		if err == nil {
			rec.Flush()
			err = p.first
		}
		ended <- err
	}()
	for {
		select {
		case n := <-p.notes:
			if err := p.note("", n); err == nil {
				_ = p.Flush() // a client that is gone ends the stream
			}
		case err := <-ended:
			for len(p.notes) > 0 {
				_ = p.note("", <-p.notes)
			}
			p.settle(ctx, rec)
			return err
		}
	}
}

// settle ends rec. Who was broken off may go on another time, if it is still
// let in.
func (p *putting) settle(ctx context.Context, rec *transfer.Receiver) {
	if _, err := p.may(); ctx.Err() != nil && err == nil {
		rec.Leave()
		return
	}
	rec.Close()
}

func (p *putting) take(rec *transfer.Receiver, f codec.Frame) error {
	if f.Verb == codec.END {
		switch {
		case rec.Open():
			return codec.Errorf(codec.BadRequest, "END while a file has no SUM yet")
		case p.tops == 0 && !p.several && !p.args.Has("r"):
			return codec.Errorf(codec.BadRequest, "no file came")
		}
		return nil
	}
	if f.Verb == codec.FILE {
		p.top = false
	}
	if err := rec.Take(f); err != nil {
		return err
	}
	return p.first
}

// choose is where something at the top of the stream goes.
func (p *putting) choose(e codec.Entry) (t transfer.Target, err error) {
	p.top = true
	if p.tops++; p.tops > 1 && !p.several {
		return t, codec.Errorf(codec.BadRequest, "a second FILE: PUT -t takes several")
	}
	at, err := p.treeTarget(p.path, e.Name, p.several)
	if err != nil {
		return t, err
	}
	t = transfer.Target{Dir: at.dir, Name: at.name, Key: p.guest.key(), Force: p.args.Has("f"), Label: at.said}
	if _, resumes := e.More.Get("from"); resumes {
		t.From = p.parts[at.real]
		delete(p.parts, at.real)
	}
	return t, nil
}

// treeTarget is target for the top of a tree, too: one without a name of its
// own goes into a folder that is there as what is in it.
func (s *session) treeTarget(path, name string, into bool) (spot, error) {
	if name == "." {
		if dir, real, err := s.folder(path); err == nil {
			return spot{dir: dir, name: ".", real: real, abs: real, said: path}, nil
		}
	}
	return s.target(path, name, into)
}

// alone says whether the failure of what is under way is the answer.
func (p *putting) alone() bool { return !p.several && (p.top || !p.args.Has("r")) }

// unsent keeps that the client could not send something whole. Of several
// things it alone knows which, and why.
func (p *putting) unsent(name string, err error) {
	if p.alone() {
		p.fail(name, err)
	}
}

// fail keeps that something could not be had.
func (p *putting) fail(name string, err error) {
	x := codec.Explain(name, err)
	if p.alone() {
		if p.first == nil {
			p.first = x
		}
		return
	}
	p.failed++
	select {
	case p.notes <- x:
	default: // the count in the answer has it
	}
}

// maxParts is how many parts a session remembers.
const maxParts = 1000

// part tells what there is of a file that was on its way once. The PUT that
// goes on with it need not read it again. SIZE tells no parts apart: the file
// may have grown since, and whether it begins alike is compared anyway.
func part(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(2, 3); err != nil {
		return nil, err
	}
	words := literal(r.args.Words)
	if _, ok := codec.ParseNumber(words[1].Text); !ok {
		return nil, codec.Errorf(codec.BadRequest, "SIZE is a number of bytes: %s", r.row.usage())
	}
	path, err := r.one(ctx, words[0])
	if err != nil {
		return nil, err
	}
	var at spot
	if len(words) == 3 {
		at, err = r.target(path, words[2].Text, false)
	} else {
		at, err = r.place(path)
	}
	if err != nil {
		return nil, codec.Explain(path, err)
	}
	defer at.close()
	there, err := transfer.Part(ctx, transfer.Target{Dir: at.dir, Name: at.name, Key: r.guest.key()})
	if err != nil {
		return nil, codec.Explain(path, err)
	}
	if r.parts == nil || len(r.parts) == maxParts {
		r.parts = map[string]transfer.Prefix{}
	}
	r.parts[at.real] = there
	pairs := codec.Pairs{codec.PairOf("have", there.Size)}
	if there.Size > 0 {
		pairs = append(pairs, codec.Pair{Key: "sha256", Value: there.SHA256})
	}
	return pairs, nil
}
