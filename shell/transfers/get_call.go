package transfers

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// call makes one call of GET.
func (d *download) call(ctx context.Context, c getCall) error {
	rec := d.newReceiver(c)
	defer rec.Close()
	var unsent error // the error of an incomplete file, in case the final answer is OK
	rec.Unsent = func(name string, err error) { unsent = codec.Explain(name, err) }
	in := &getReceiver{run: d.run, receiver: rec, list: c.list}
	request := link.Request{Verb: codec.MakeVerb("GET"), Words: d.callWords(c), Recv: in.take}
	if c.list != nil {
		request.Send = c.list.send
	}
	pairs, err := d.run.Env.Conn.Do(ctx, request)
	if err == nil && unsent != nil {
		d.run.Fail(unsent)
	}
	answered := err == nil || console.IsCode(err, codec.Partial)
	if answered {
		if incomplete := in.checkComplete(c.words, pairs, err); incomplete != nil {
			err = incomplete
		}
	}
	switch {
	case err == nil || console.IsCode(err, codec.Partial):
		rec.Flush()
	case ctx.Err() != nil || errors.Is(err, link.ErrLost) ||
		console.IsCode(err, codec.Draining, codec.Cancelled, codec.Timeout, codec.BadFrame):
		rec.Leave()
	}
	d.run.Files += rec.Files
	d.run.Links += rec.Links
	d.run.Bytes += rec.Bytes
	return d.run.CountPartial(d.run.WithHint(err))
}

// callWords returns the words of a call of GET.
func (d *download) callWords(c getCall) []codec.Word {
	opts, resumes := d.run.Options, c.have.Size > 0
	var words client.Words
	words.AddIf(opts.Recursive && !resumes, "-r")
	words.AddIf(opts.Follow && !resumes, "-L")
	words.AddIf(opts.SHA256, "--sum", "sha256")
	words.AddIf(opts.Rate > 0, "--limit", strconv.FormatInt(opts.Rate, 10))
	words.AddIf(resumes, "--have", strconv.FormatInt(c.have.Size, 10)+","+c.have.SHA256)
	words.AddIf(c.list != nil, "--list")
	return append(words, client.Operands(c.words)...)
}

// newReceiver returns the receiver for one call.
func (d *download) newReceiver(c getCall) *transfer.Receiver {
	patterns := slices.ContainsFunc(c.words, client.IsPattern)
	received := 0
	choose := func(e codec.Entry) (landing.Target, error) {
		received++
		single := d.to.name != "" || d.to.stdout
		if received > len(c.words) && !patterns || received > 1 && single {
			return landing.Target{}, codec.Errorf(codec.BadRequest, "the remote sent more than was requested")
		}
		if d.to.stdout {
			out := d.run.Env.Console.OutWriter(context.Background(), false)
			return landing.Target{Writer: console.NewStdoutWriter(out)}, nil
		}
		return d.choose(c, e)
	}
	return &transfer.Receiver{
		Choose:   choose,
		Trees:    d.run.Options.Recursive,
		Summed:   true,
		SHA256:   d.run.Options.SHA256,
		Keep:     d.run.Env.Conn.Keep,
		Progress: d.run.Progress.Add,
		Changed:  d.run.TellChange,
		Failed:   d.failLocally,
	}
}

// failLocally records that the local side has failed to store a file.
func (d *download) failLocally(name string, err error) {
	x := codec.Explain(name, err)
	switch x.Code {
	case codec.NoSpace, codec.NotAllowed:
		if !d.to.stdout && x.Hint == "" {
			x.Hint = "on the local computer"
		}
	case codec.IsDirectory:
		x.Code, x.Text = codec.NotRegular, "the local one is a folder, which is not replaced"
	}
	d.run.Fail(x)
}

// choose returns the target of a file, or of the root of a tree.
func (d *download) choose(c getCall, e codec.Entry) (landing.Target, error) {
	t := landing.Target{
		Name: d.to.name, Key: d.partKey(), Label: d.to.typed, Umask: d.run.Env.Local.Umask, Arrived: &d.arrived,
	}
	if t.Name == "" {
		if err := checkRequested(d.run.Env, c.words, e); err != nil {
			return t, err
		}
		t.Name = e.Name
	}
	t.Force = d.run.Options.Force || c.force || d.replaceable != nil && d.replaceable.Has(t.Name)
	from, resumes := e.More.Int("from")
	why, restarts := e.More.Get("why")
	switch {
	case resumes && c.name == t.Name:
		t.From = c.have
		if from == c.have.Size && from <= e.Size { // otherwise the receiver returns an error
			d.run.Tell(t.Name, "continuing at %s (verified)", console.FormatPart(from, e.Size))
		}
	case restarts && c.have.Size > 0:
		d.run.Tell(t.Name, "starting again: %s", codec.Show(why))
	}
	var err error
	t.Dir, err = os.OpenRoot(d.to.folder)
	return t, err
}

// partKey identifies the remote, so that parts of files from different remotes are
// not mixed up. It does not include the size, because a file that has grown can be
// resumed: its beginning is compared anyway.
func (d *download) partKey() string { return d.run.Env.Conn.Hello.Host }

// checkRequested returns an error if words do not request the entry e. A hostile remote
// may send entries that were not requested.
func checkRequested(env *command.Env, words []codec.Word, e codec.Entry) error {
	name := e.Name
	if err := landing.CheckName(name); err != nil && (name != "." || e.Kind != codec.Folder) {
		return err
	}
	for _, w := range words {
		base := env.Conn.Base(w.Text)
		switch {
		case name == ".":
			if base == "" || base == "." || base == ".." {
				return nil
			}
		case !client.IsPattern(w):
			if base == name {
				return nil
			}
		case base == codec.Deep || codec.Match(base, name, true):
			if name[0] != '.' || base[0] == '.' {
				return nil
			}
		}
	}
	return errNotRequested()
}

// errNotRequested returns the error for a file that was not requested.
func errNotRequested() error {
	return codec.Errorf(codec.BadName, "the remote sent a file that was not asked for")
}
