package files

import (
	"context"
	"errors"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func copyRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"copy", "cp"},
			Synopsis: "[-r] [-f] FROM… TO",
			Line:     "copies files on the remote, -r folders",
			MinWords: 2,
			MaxWords: -1,
			Kinds:    []command.Kind{command.RemotePath},
			Verb:     "COPY",
			Run:      copyFiles,
			Options: []codec.Option{
				{Short: 'r', Line: "copy folders with everything in them"},
				{Short: 'f', Line: "replace existing files; otherwise prompts ask and scripts fail"},
			},
			Examples: []string{"copy app.ini app.ini.bak", "copy *.log old", "copy -r site site.old"},
			Dialect: &command.DialectRow{
				Words:    "FROM TO",
				Line:     "copies a file on the remote",
				Examples: []string{"copy app.ini app.ini.bak"},
			},
		},
		{
			Names:    []string{"move", "mv", "ren"},
			Synopsis: "[-f] FROM… TO",
			Line:     "moves or renames files on the remote",
			MinWords: 2,
			MaxWords: -1,
			Kinds:    []command.Kind{command.RemotePath},
			Verb:     "MOVE",
			Run:      moveFiles,
			Options: []codec.Option{
				{Short: 'f', Line: "replace an existing file; otherwise prompts ask and scripts fail"},
			},
			Examples: []string{"move report.pdf done", "ren a.txt b.txt"},
		},
	}
}

func copyFiles(ctx context.Context, env *command.Env, in command.Invocation) error {
	c := copying{env: env, in: in, verb: "COPY", words: in.CallWords("r", "f")}
	return c.run(ctx)
}

func moveFiles(ctx context.Context, env *command.Env, in command.Invocation) error {
	c := copying{env: env, in: in, verb: "MOVE", words: in.CallWords("f")}
	return c.run(ctx)
}

// A copying is a copy or move in progress.
type copying struct {
	env   *command.Env
	in    command.Invocation
	verb  string
	words []codec.Word // words of the first call

	done, failed, kept int64 // numbers of the files named by the user, in all calls so far
}

// run makes the call. If the user can be asked, it asks about each file that the remote
// refuses to replace without -f.
func (c *copying) run(ctx context.Context) error {
	if c.in.Has("f") || !c.env.Console.CanAsk() || !c.env.Conn.Offers("STAT") {
		_, err := c.env.Conn.Call(ctx, c.verb, c.words, link.Answer{Note: c.env.Console.PrintNote})
		return console.ForceHint(err)
	}
	var refused []*codec.Error
	var budget codec.Budget
	_, err := c.env.Conn.Call(ctx, c.verb, c.words, link.Answer{Note: func(f codec.Frame) error {
		const size = 1 << 10 // in bytes: the memory that a question needs in addition to three paths
		x, err := f.Note()
		if err == nil && x.Code == codec.Exists && budget.Take(size+3*len(x.Name)+len(x.Text)) == nil {
			refused = append(refused, &codec.Error{Code: x.Code, Name: strings.Clone(x.Name), Text: strings.Clone(x.Text)})
			return nil
		}
		return c.env.Console.PrintNote(f) // also prints a refusal if there are too many refusals to ask about
	}})
	x, _ := errors.AsType[*codec.Error](err)
	switch {
	case console.IsCode(err, codec.Exists):
		return c.retry(ctx, []*codec.Error{x})
	case console.IsCode(err, codec.Partial) && len(refused) > 0:
		failed, _ := x.More.Int("failed")
		c.failed = failed - int64(len(refused))
		c.done, _ = x.More.Int("done")
		return c.retry(ctx, refused)
	}
	for _, x := range refused {
		c.complain(x)
	}
	return err
}

// retry asks about each refused replacement, and repeats the call with -f for those
// that the user accepts.
func (c *copying) retry(ctx context.Context, refused []*codec.Error) error {
	single := len(refused) == 1 && c.failed+c.done == 0
	conflicts, err := c.conflicts(ctx, refused)
	if err != nil {
		return err
	}
	var yes, all bool
	for _, x := range conflicts {
		err := error(x.refusal)
		if x.change.Possible() {
			if !all {
				if yes, all, err = c.env.Console.AskReplace(x.refusal.Name, x.change); err != nil { // Ctrl-C, Ctrl-D
					return codec.Errorf(codec.Declined, "the remaining files were not changed")
				}
			}
			if !yes {
				c.kept++
				continue
			}
			err = c.replace(ctx, x.source)
		}
		switch {
		case err == nil:
			c.done++
		case single || ctx.Err() != nil || errors.Is(err, link.ErrLost):
			return console.ForceHint(err)
		default:
			c.failed++
			c.complain(err)
		}
	}
	if c.kept > 0 {
		c.env.Console.Tell("%d kept", c.kept)
	}
	if c.failed > 0 {
		return codec.Errorf(codec.Partial, "%d of %d failed", c.failed, c.failed+c.done+c.kept)
	}
	return nil
}

// replace repeats the call for one source with -f.
func (c *copying) replace(ctx context.Context, source codec.Word) error {
	var words client.Words
	words.AddIf(c.in.Has("r"), "-r")
	words = append(words, codec.Bare("-f"))
	target := c.in.Words[len(c.in.Words)-1]
	words = append(words, client.Operands([]codec.Word{source, target})...)
	_, err := c.env.Conn.Call(ctx, c.verb, words, link.Answer{Note: c.env.Console.PrintNote})
	return err
}

func (c *copying) complain(err error) {
	c.env.Console.PrintError(&console.LocatedError{Where: c.env.Console.Label, Err: err})
}
