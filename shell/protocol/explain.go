package protocol

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/shell/command"
	"techsh/shell/console"
)

func runExplain(ctx context.Context, env *command.Env, in command.Invocation) error {
	explained := *in.Explained
	name := explained.Row.Name()
	verb, err := explainedVerb(explained.Row)
	if err != nil {
		return err
	}
	dialectName, err := env.SpokenDialect()
	if err != nil {
		return err
	}
	if dialectName != "" && name == "open" {
		text := "in " + dialectName + " nothing is sent before the first command"
		fmt.Fprintln(env.Console, env.Console.Paint.Dim(text))
		return nil
	}
	e := &explanation{verb: verb, dialect: dialectName}
	err = e.runCommand(ctx, env, explained)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	calls := e.calls[1:]
	if name == "open" {
		calls = e.calls[:1]
	}
	if len(calls) == 0 && err != nil {
		return err
	}
	calls, err = e.dropUntranslated(calls, err)
	groups := printCalls(env, calls)
	reached := slices.ContainsFunc(calls, func(c explainedCall) bool { return c.frames[0].verb == verb })
	if err == nil && (!reached || groups > 1 || name == "sync") {
		fmt.Fprintln(env.Console, env.Console.Paint.Dim("later calls can depend on the answer"))
	}
	return err
}

// explainedVerb returns the verb of the main call that a command makes.
func explainedVerb(row command.Row) (codec.Verb, error) {
	verb := row.Verb
	switch row.Name() { // these commands have no verb in their Row, because they also work without a call
	case "kill":
		verb = "KILL"
	case "exit", "close":
		verb = "EXIT"
	case "open":
		verb = codec.HELO.String()
	}
	if verb == "" {
		err := fmt.Errorf("%s: a local command, which sends nothing", row.Name())
		return 0, console.WithHint(err, "explain dir shows what dir sends")
	}
	return codec.MakeVerb(verb), nil
}

// printCalls prints calls. Consecutive equal calls form a group, of which only the first
// is printed, with the number of repetitions. printCalls returns the number of groups.
func printCalls(env *command.Env, calls []explainedCall) (groups int) {
	for first := 0; first < len(calls); groups++ {
		next := first + 1
		for next < len(calls) && slices.EqualFunc(calls[first].frames, calls[next].frames, wireFrame.equal) {
			next++
		}
		if groups > 0 {
			fmt.Fprintln(env.Console)
		}
		printCall(env, calls[first], next-first-1)
		first = next
	}
	return groups
}

// printCall prints a call and its stream byte by byte, how often the call is repeated,
// and the possible answers.
func printCall(env *command.Env, c explainedCall, repeats int) {
	paint := env.Console.Paint
	printRepeats := func() {
		if repeats > 0 {
			text := "> the same again, " + console.Count(int64(repeats), "time")
			fmt.Fprintln(env.Console, paint.Dim(text))
		}
	}
	if len(c.messages) > 0 {
		for _, m := range c.messages {
			printMessage(env, m)
		}
		printRepeats()
		return
	}
	shown := c.frames[:min(len(c.frames), c.taken+1)]
	if c.frames[0].verb == codec.HELO {
		shown = c.frames
	}
	for _, w := range shown {
		const format = " %d bytes: a header of %d, and a body of %d"
		size := fmt.Sprintf(format, codec.HeaderSize+w.length, codec.HeaderSize, w.length)
		fmt.Fprintf(env.Console, "%s %s\n", paint.Bold("> "+w.verb.String()), paint.Dim(size))
		fmt.Fprint(env.Console, dissectText(w.redacted().fields(paint), "", paint))
	}
	if c.cutShort {
		fmt.Fprintln(env.Console, paint.Dim("> and so on, until END"))
	}
	printRepeats()
	fmt.Fprintf(env.Console, "%s %s\n", paint.Bold("<"), describeAnswer(c.frames[0].verb.String()))
}

// printMessage prints a request of a dialect byte by byte, and the possible answers.
func printMessage(env *command.Env, m message) {
	d, err := dialect.Named(m.Dialect)
	if err != nil {
		return // cannot happen: only gateways of known dialects send messages
	}
	paint := env.Console.Paint
	size := fmt.Sprintf(" %d bytes", m.length())
	fmt.Fprintf(env.Console, "%s %s\n", paint.Bold(m.heading()), paint.Dim(size))
	fmt.Fprint(env.Console, dissectText(m.fields(paint), "", paint))
	fmt.Fprintf(env.Console, "%s %s\n", paint.Bold("< "+m.Dialect), d.MayCome(m.Message))
}

// errExplained ends a command at a call whose answer would have local effects.
var errExplained = errors.New("explained")
