package dialect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// A verb is a verb of techsh/1 for which a dialect has a command.
type verb struct {
	name         string
	options      []codec.Option
	optionsFirst bool // the options end at the first word that is not an option
	least        int  // the smallest number of words
	most         int  // the largest number of words; -1 means any number
	run          func(a *client, ctx context.Context, c *clientCall) (codec.Pairs, error)
}

// A clientCall is a call that the shell makes.
type clientCall struct {
	*link.Call
	codec.Args
}

func (d Dialect) verbs() []verb {
	bye := verb{name: "EXIT", run: (*client).bye}
	switch d.name {
	case "echo", "hello":
		return []verb{
			{
				name:         "ECHO",
				optionsFirst: true,
				most:         -1,
				run:          (*client).echo,
			},
			bye,
		}
	case "ex26-slide", "ex26":
		return []verb{
			{name: "TIME", run: (*client).clock},
			{name: "NAME", run: (*client).hostName},
			{name: "RAND", run: (*client).random},
			bye,
		}
	}
	return []verb{
		{
			name: "DIR",
			most: 1,
			run:  (*client).dir,
		},
		{
			name:  "DEL",
			least: 1,
			most:  1,
			run:   changeVerb("DELETE"),
		},
		{
			name:  "COPY",
			least: 2,
			most:  2,
			run:   changeVerb("COPY"),
		},
		{
			name:         "EXEC",
			optionsFirst: true,
			least:        1,
			most:         -1,
			run:          (*client).execute,
		},
		{
			name:    "SHOT",
			options: []codec.Option{{Long: "format", Arg: "png|jpeg"}},
			run:     (*client).shot,
		},
		{
			name:    "GET",
			options: []codec.Option{{Long: "have", Arg: "N,SHA256"}},
			least:   1,
			most:    1,
			run:     (*client).get,
		},
		bye,
	}
}

// handle answers one call of the shell.
func (a *client) handle(ctx context.Context, c *link.Call) (codec.Pairs, error) {
	c.NoStream()
	all := a.verbs()
	i := slices.IndexFunc(all, func(v verb) bool { return codec.MakeVerb(v.name) == c.Verb })
	if i < 0 {
		return nil, &codec.Error{
			Code: codec.UnknownVerb, Text: a.name + " has no such command",
			Hint: "help lists the commands",
		}
	}
	v := all[i]
	words, _, err := c.Words()
	if err != nil {
		return nil, err
	}
	args, err := codec.Options(words, v.options, v.optionsFirst)
	n := len(args.Words)
	switch {
	case err != nil:
		return nil, codec.Errorf(codec.Unsupported, "in %s, %v", a.name, err)
	case n < v.least:
		return nil, codec.Errorf(codec.BadRequest, "too few words")
	case v.most >= 0 && n > v.most:
		return nil, codec.Errorf(codec.Unsupported, "in %s, that many words are not possible", a.name)
	}
	return a.duringCall(c, func() (codec.Pairs, error) { return v.run(a, ctx, &clientCall{c, args}) })
}

// command sends a command and returns the reply. An error text of the dialect is
// returned as an error. Parameters are separated by single spaces.
func (a *client) command(
	ctx context.Context, limit time.Duration, name string, params []codec.Word,
) (string, error) {
	text, err := withParams(name, params)
	if err != nil {
		return "", err
	}
	reply, err := a.exchange(ctx, text, limit)
	if err == nil && a.isRefusal(reply) {
		err = replyError(reply)
	}
	return reply, withFirstParam(params, err)
}

// change sends a command that changes files. A reply that sounds like a failure is
// returned as an error.
func (a *client) change(
	ctx context.Context, limit time.Duration, name string, params []codec.Word,
) (string, error) {
	reply, err := a.command(ctx, limit, name, params)
	if err == nil && soundsLikeFailure(reply, params) {
		err = withFirstParam(params, replyError(reply))
	}
	return reply, err
}

// withFirstParam adds the first parameter to an error, as the name of the object that has
// failed.
func withFirstParam(params []codec.Word, err error) error {
	if e, ok := errors.AsType[*codec.Error](err); ok && len(params) > 0 {
		return codec.Explain(params[0].Text, e)
	}
	return err
}

func withParams(name string, params []codec.Word) (string, error) {
	for _, p := range params {
		if p.Text == "" || strings.Contains(p.Text, " ") {
			return "", &codec.Error{
				Code: codec.BadName, Name: p.Text,
				Text: "ex27 separates by spaces: there can be none in a word",
			}
		}
		name += " " + p.Text
	}
	return name, nil
}

// data sends bytes in DATA frames.
func (c *clientCall) data(b []byte) error {
	for part := range slices.Chunk(b, codec.MaxWords) {
		if err := c.Write(codec.DATA, part); err != nil {
			return err
		}
	}
	return nil
}

func (a *client) bye(ctx context.Context, _ *clientCall) (codec.Pairs, error) {
	if answer := a.sendExit(ctx); len(answer) > 0 {
		a.show(a.replyMessage(answer, false))
	}
	return nil, link.ErrBye
}

func (a *client) echo(ctx context.Context, c *clientCall) (codec.Pairs, error) {
	var words []string
	for _, w := range c.Args.Words {
		words = append(words, w.Text)
	}
	text := strings.Join(words, " ")
	if text == "" {
		return nil, codec.Errorf(codec.BadRequest, "%s needs at least a byte", a.name)
	}
	reply, err := a.exchange(ctx, text, replyTimeout)
	if err != nil {
		return nil, err
	}
	return nil, c.data([]byte(reply + "\n"))
}

// textCommand answers with the reply to a command. It tries the names of the command one
// after another until the server knows one.
func (a *client) textCommand(ctx context.Context, c *clientCall, names ...string) (codec.Pairs, error) {
	var reply string
	var err error
	for _, name := range names {
		reply, err = a.command(ctx, replyTimeout, name, nil)
		if !errors.Is(err, &codec.Error{Code: codec.BadRequest}) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, c.data([]byte(strings.TrimSpace(reply) + "\n"))
}

func (a *client) random(ctx context.Context, c *clientCall) (codec.Pairs, error) {
	return a.textCommand(ctx, c, "RAND")
}

func (a *client) hostName(ctx context.Context, c *clientCall) (codec.Pairs, error) {
	if a.fixed > 0 {
		return a.textCommand(ctx, c, "NAME")
	}
	return a.textCommand(ctx, c, "NAME", "WHORU")
}

// dir answers with the names that a server lists, one on each line.
func (a *client) dir(ctx context.Context, c *clientCall) (codec.Pairs, error) {
	params := c.Args.Words
	if len(params) == 0 {
		params = codec.Lits(".")
	}
	reply, err := a.command(ctx, replyTimeout, "DIR", params)
	if err != nil {
		return nil, err
	}
	const most = 4096 // the limit for a name, in bytes
	rest, cut := strings.CutSuffix(reply, "\n"+moreMark)
	for name := range strings.Lines(rest) {
		name = strings.TrimRight(name, "\r\n")
		if name == "" {
			continue
		}
		if len(name) > most { // an error, because a shortened name could be that of another file
			return nil, codec.Errorf(codec.TooBig, "a name of %d bytes, the limit is %d", len(name), most)
		}
		e := codec.Entry{Kind: codec.Regular, Mode: codec.Unknown, Size: codec.Unknown, Name: name}
		if err := c.data(append(e.Append(nil), '\n')); err != nil {
			return nil, err
		}
	}
	if cut {
		return nil, &codec.Error{
			Code: codec.Partial, Name: params[0].Text,
			Text: "the rest of the names did not fit into the reply",
		}
	}
	return nil, nil
}
