package dialect

import (
	"context"
	"strings"

	"techsh/codec"
)

// changeVerb returns the function for a verb that changes files and has no other result.
// A reply other than OK becomes a NOTE.
func changeVerb(name string) func(*client, context.Context, *clientCall) (codec.Pairs, error) {
	return func(a *client, ctx context.Context, c *clientCall) (codec.Pairs, error) {
		reply, err := a.change(ctx, replyTimeout, name, c.Args.Words)
		if err == nil && !strings.EqualFold(strings.TrimSpace(reply), replyOK) && reply != "" {
			err = c.WriteWords(
				codec.NOTE,
				(&codec.Error{
					Code: codec.Internal, Name: c.Args.Words[0].Text,
					Text: "the server says: " + excerpt(reply),
				}).Note()...,
			)
		}
		return nil, err
	}
}

// execute runs a program. If the reply does not say how the program has ended, execute
// answers with the reply as the output of the program, and with exit status 0.
func (a *client) execute(ctx context.Context, c *clientCall) (codec.Pairs, error) {
	reply, err := a.change(ctx, 0, "EXECUTE", c.Args.Words)
	if err != nil {
		return nil, err
	}
	end := parseExit(strings.TrimSpace(reply))
	if end == nil {
		end, err = codec.Pairs{codec.PairOf("exit", 0)}, c.data([]byte(strings.TrimSuffix(reply, "\n")+"\n"))
	}
	return end, err
}

// parseExit returns the exit status of a program or the signal that has ended it. It
// returns nil unless the reply has exactly the form that the server of this package uses.
func parseExit(reply string) codec.Pairs {
	status, exited := strings.CutPrefix(reply, exitStatus)
	signal, killed := strings.CutPrefix(reply, killedBy)
	_, isNumber := parseDigits([]byte(status))
	switch {
	case strings.EqualFold(reply, replyOK):
		return codec.Pairs{codec.PairOf("exit", 0)}
	case exited && isNumber:
		return codec.Pairs{codec.PairOf("exit", status)}
	case killed && !strings.Contains(signal, " "):
		return codec.Pairs{codec.PairOf("signal", signal)}
	}
	return nil
}
