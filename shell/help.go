package shell

import (
	"context"
	"fmt"
	"strings"

	"techsh/codec"
	"techsh/codec/manual"
	"techsh/shell/command"
	"techsh/shell/console"
)

// Help prints the page of a topic or the help of a command, without a session.
func Help(c *console.Console, subject string) error {
	return printHelp(c, CommandTable(), subject)
}

func printHelp(c *console.Console, table command.Table, subject string) error {
	if page, found := manual.Page(subject, c.Columns(), c.Paint.Bold); found {
		fmt.Fprint(c, page)
		return nil
	}
	row, err := table.Find(subject, true)
	if err == nil {
		fmt.Fprint(c, row.Help(c.Paint))
	}
	return err
}

func (s *Shell) help(_ context.Context, env *command.Env, in command.Invocation) error {
	if len(in.Words) == 1 {
		return printHelp(env.Console, s.table, in.Words[0].Text)
	}
	const column = 18
	bold, dim := env.Console.Paint.Bold, env.Console.Paint.Dim
	for _, r := range s.table.Rows {
		if env.Offers(r) {
			names := strings.Join(r.Names, "|")
			fmt.Fprintf(env.Console, "%s%s%s\n", bold(names), strings.Repeat(" ", max(1, column-len(names))), r.Line)
		}
	}
	fmt.Fprintln(env.Console, dim("\nhelp COMMAND explains one of them, help TOPIC more than one:"))
	for _, t := range manual.Topics() {
		fmt.Fprintf(env.Console, "%s%s%s\n", bold(t.Name), strings.Repeat(" ", column-len(t.Name)), t.Line)
	}
	return nil
}

// helpSubject completes the argument of help.
func helpSubject(ctx context.Context, env *command.Env, w codec.Word) command.Candidates {
	topics := command.MatchPrefix(w.Text, manual.Names())
	return command.Listed(append(command.CommandName(ctx, env, w).List, topics.List...))
}
