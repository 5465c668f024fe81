package transfers

import (
	"context"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/transfers/running"
)

func put(ctx context.Context, env *command.Env, in command.Invocation) error {
	run, sources, target, err := newTransfer(env, in)
	if err != nil {
		return err
	}
	u := &upload{run: run, target: client.Operands(in.Words[len(sources):])}
	return run.Finish(ctx, u.transfer(ctx, sources, target), "")
}

// An upload is a run of the command "put", or of the command "sync" to the remote.
type upload struct {
	run          *running.Transfer
	target       []codec.Word // the remote path as an argument of PUT, if one was typed
	sources      []source
	several      bool // more than one source was given, so the target is a folder
	targetExists bool // the target is known to exist
	replaces     bool // the user has agreed to replace a file
}

// transfer sends the local files and trees that words refer to.
func (u *upload) transfer(ctx context.Context, words []codec.Word, target codec.Word) error {
	if err := u.findSources(ctx, words, target); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		u.makeParents,
		u.refuseOverlap,
		u.skipUnwanted,
		u.findParts,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if len(u.sources) == 0 {
		return nil
	}
	if u.several || u.run.Options.Recursive {
		u.run.Progress.SetTotals(u.totals(ctx))
	}
	u.setResumeHint()
	u.run.NoResume = u.sources[0].stdin()
	if u.run.NoResume && u.run.Env.Console.In.Terminal {
		u.run.Progress.Hide() // the terminal shows what the user types
	}
	return withParentsHint(u.call(ctx))
}

// makeParents implements -p: it creates the missing folders above the target, and also
// the target itself if that must be a folder.
func (u *upload) makeParents(ctx context.Context) error {
	if !u.run.Options.Parents || len(u.target) == 0 {
		return nil
	}
	folder := u.target[len(u.target)-1]
	if !u.several {
		folder.Text = strings.TrimSuffix(folder.Text, u.run.Env.Conn.Base(folder.Text))
	}
	if folder.Text == "" {
		return nil
	}
	words := append([]codec.Word{codec.Bare("-p")}, client.Operands([]codec.Word{folder})...)
	_, err := u.run.Env.Conn.Call(ctx, "MKD", words, link.Answer{})
	return err
}

// setResumeHint sets a hint if repeating the command would not resume the transfer of
// a tree.
func (u *upload) setResumeHint() {
	switch n := len(u.target); {
	case u.run.Options.Update || u.run.ResumeHint != "":
	case u.several || n == 0 || u.targetExists:
		u.run.ResumeHint = running.UpdateHint
	default:
		u.run.ResumeHint = "if " + codec.Name(u.target[n-1].Text) + " was a folder, " + running.UpdateHint
	}
}
