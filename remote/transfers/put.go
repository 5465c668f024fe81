package transfers

import (
	"context"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

const maxNotes = 256 // maximum number of notes that wait to be written

// A putRun is a running PUT. The goroutine that reads calls the methods named take,
// choose, unsent and fail. This goroutine must never write.
type putRun struct {
	r       *verb.Request
	found   *foundParts
	path    string
	several bool // the option -t was given
	tops    int
	top     bool              // the current entry is the top of a tree, or a file outside of a tree
	first   error             // the error of the top, if there is only one; it is the answer to the call
	failed  int               // the number of failures, if the call may transfer several things
	notes   chan *codec.Error // passed to the goroutine that writes
}

func (t *Transfers) put(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(0, 1); err != nil {
		return nil, err
	}
	p := &putRun{
		r: r, found: &t.parts, path: ".", several: r.Args.Has("t"), notes: make(chan *codec.Error, maxNotes),
	}
	if len(r.Args.Words) == 1 {
		var err error
		if p.path, err = r.View.One(ctx, verb.Literal(r.Args.Words)[0]); err != nil {
			return nil, err
		}
	}
	if p.several {
		dir, _, err := r.View.Folder(p.path)
		if err != nil {
			return nil, codec.Explain(p.path, err)
		}
		dir.Close()
	}
	rec := &transfer.Receiver{
		Keep: r.Call.Keep, Trees: r.Args.Has("r"),
		Enter: r.View.FS.CheckEnter, Stays: r.View.FS.CheckTake,
		Choose: p.choose, Failed: p.fail, Unsent: p.unsent,
	}
	err := p.receive(ctx, rec)
	if rec.Files == 1 {
		r.Sum = rec.Sum
	}
	pairs := r.Transferred(rec.Files, rec.Folders, rec.Links, rec.Bytes)
	if err == nil {
		tally := verb.Tally{Failed: p.failed, Done: int(rec.Files + rec.Folders + rec.Links)}
		err = tally.Partial(pairs...)
	}
	return pairs, err
}

// receive passes the stream to rec, and writes notes about failures.
func (p *putRun) receive(ctx context.Context, rec *transfer.Receiver) error {
	ended := make(chan error, 1)
	go func() {
		err := p.r.Call.Receive(ctx, func(f codec.Frame) error { return p.take(rec, f) })
		if err == nil {
			rec.Flush()
			err = p.first
		}
		ended <- err
	}()
	for {
		select {
		case n := <-p.notes:
			if err := p.r.Note("", n); err == nil {
				_ = p.r.Call.Flush() // the error is ignored, because a lost connection ends the stream
			}
		case err := <-ended:
			for len(p.notes) > 0 {
				_ = p.r.Note("", <-p.notes)
			}
			p.end(ctx, rec)
			return err
		}
	}
}

// end ends rec. If the call was stopped and the peer is still admitted, it keeps the part
// of an unfinished file, so that the peer can continue later.
func (p *putRun) end(ctx context.Context, rec *transfer.Receiver) {
	if ctx.Err() != nil && p.r.May(trust.NoRights) == nil {
		rec.Leave()
		return
	}
	rec.Close()
}

func (p *putRun) take(rec *transfer.Receiver, f codec.Frame) error {
	if f.Verb == codec.END {
		switch {
		case rec.Open():
			return codec.Errorf(codec.BadRequest, "END while a file has no SUM yet")
		case p.tops == 0 && !p.several && !p.r.Args.Has("r"):
			return codec.Errorf(codec.BadRequest, "no file was sent")
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

// choose returns the target of an entry that is the top of a tree, or a file outside of a
// tree.
func (p *putRun) choose(e codec.Entry) (t landing.Target, err error) {
	p.top = true
	if p.tops++; p.tops > 1 && !p.several {
		return t, codec.Errorf(codec.BadRequest, "a second FILE: PUT -t takes several")
	}
	at, err := p.r.View.TreeTarget(p.path, e.Name, p.several)
	if err != nil {
		return t, err
	}
	force := p.r.Args.Has("f") && p.r.Agreed.MayReplace(at.Real)
	t = landing.Target{
		Dir: at.Dir, Name: at.Name, Key: p.r.Peer.Key, Force: force, Label: at.Typed, Umask: p.r.View.Umask,
	}
	if _, resumes := e.More.Get("from"); resumes {
		t.From = p.found.take(at.Real)
	}
	return t, nil
}

// alone reports whether a failure of the current entry is the answer to the call.
func (p *putRun) alone() bool { return !p.several && (p.top || !p.r.Args.Has("r")) }

// unsent records the error of a file that the client could not send completely. If there
// are several files, unsent does nothing, because the client itself reports the error.
func (p *putRun) unsent(name string, err error) {
	if p.alone() {
		p.fail(name, err)
	}
}

// fail records the error of an entry that was not stored.
func (p *putRun) fail(name string, err error) {
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
	default: // too many notes; the count in the answer includes the failure
	}
}
