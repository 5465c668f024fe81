package files

import (
	"context"
	"errors"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// carry makes a call of COPY or MOVE. What it refuses since something is there
// already, it asks about at a prompt.
func carry(ctx context.Context, env *command.Env, in command.Invocation, verb string, options ...string) error {
	if in.Has("f") || !env.Console.CanAsk() || !env.Conn.Offers("STAT") {
		_, err := env.Conn.Call(ctx, verb, in.CallWords(options...), link.Answer{Note: env.Console.PrintNote})
		return console.ForceHint(err)
	}
	var refused []*codec.Error
	_, err := env.Conn.Call(ctx, verb, in.CallWords(options...), link.Answer{Note: func(f codec.Frame) error {
		if x, err := f.Note(); err == nil && x.Code == codec.Exists {
			refused = append(refused, x)
			return nil
		}
		return env.Console.PrintNote(f)
	}})
	x, _ := errors.AsType[*codec.Error](err)
	switch {
	case console.IsCode(err, codec.Exists):
		return again(ctx, env, in, verb, []*codec.Error{x}, 0, 0)
	case console.IsCode(err, codec.Partial) && len(refused) > 0:
		failed, _ := x.More.Int("failed")
		done, _ := x.More.Int("done")
		return again(ctx, env, in, verb, refused, failed-int64(len(refused)), done)
	}
	for _, x := range refused {
		env.Console.PrintError(&console.LocatedError{Where: env.Console.Label, Err: x})
	}
	return err
}

// again asks for each that was refused whether it may be replaced, and makes
// the call for that one again. failed is how many others have failed, done how
// many have not.
func again(ctx context.Context, env *command.Env, in command.Invocation, verb string, refused []*codec.Error, failed, done int64) error {
	alone := len(refused) == 1 && failed+done == 0
	last := len(in.Words) - 1
	clashes, err := clashes(ctx, env, in.Words[:last], in.Has("r"), refused)
	if err != nil {
		return err
	}
	var yes, all bool
	kept := int64(0)
	for _, c := range clashes {
		err := error(c.refusal)
		if c.Possible() {
			if !all {
				if yes, all, err = env.Console.AskReplace(c.refusal.Name, c.Replacement); err != nil { // Ctrl-C, Ctrl-D
					return codec.Errorf(codec.Declined, "the rest is as it was")
				}
			}
			if !yes {
				kept++
				continue
			}
			var words client.Words
			words.AddIf(in.Has("r"), "-r")
			words.AddIf(true, "-f")
			_, err = env.Conn.Call(ctx, verb, append(words, client.Operands([]codec.Word{c.source, in.Words[last]})...), link.Answer{Note: env.Console.PrintNote})
		}
		switch {
		case err == nil:
			done++
		case alone || ctx.Err() != nil || errors.Is(err, link.ErrLost):
			return console.ForceHint(err)
		default:
			failed++
			env.Console.PrintError(&console.LocatedError{Where: env.Console.Label, Err: err})
		}
	}
	if kept > 0 {
		env.Console.Tell("%d kept", kept)
	}
	if failed > 0 {
		return codec.Errorf(codec.Partial, "%d of %d failed", failed, failed+done+kept)
	}
	return nil
}

// A clash is a refusal to replace what is there, with what would replace it.
type clash struct {
	refusal *codec.Error // about the target
	source  codec.Word
	console.Replacement
}

// clashes finds out what was refused. Where that is not certain, as in trees,
// the change stays empty.
func clashes(ctx context.Context, env *command.Env, from []codec.Word, trees bool, refused []*codec.Error) ([]clash, error) {
	one, folders := len(from) == 1 && !client.IsPattern(from[0]), false
	key := func(path string) string {
		if one { // whatever it is called there
			return ""
		}
		return env.Conn.FoldName(env.Conn.Base(path))
	}
	sources := map[string][]codec.Entry{}
	err := env.Conn.Stat(ctx, from, func(e codec.Entry) {
		sources[key(e.Name)] = append(sources[key(e.Name)], e)
		folders = folders || e.Kind != codec.Regular
	})
	var targets []codec.Word
	for _, x := range refused {
		targets = append(targets, codec.Lit(x.Name))
	}
	there := map[string]codec.Entry{}
	for batch := range client.Batches(targets) {
		if err == nil {
			err = env.Conn.Stat(ctx, batch, func(e codec.Entry) { there[e.Name] = e })
		}
	}
	var list []clash
	for _, x := range refused {
		c := clash{refusal: x}
		if same := sources[key(x.Name)]; len(same) == 1 && !(trees && folders) {
			c.source, c.Replacement = codec.Lit(same[0].Name), console.Replacement{Old: there[x.Name], New: same[0]}
		}
		list = append(list, c)
	}
	return list, err
}
