package machine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
)

// Rows returns the commands of the package.
func Rows() []command.Row {
	return slices.Concat(networkRows(), machineRows())
}

func machineRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"time"},
			Line:     "prints the remote clock, and how far it is from the local one",
			Verb:     "TIME",
			Run:      clock,
			Examples: []string{"time"},
		},
		{
			Names:    []string{"name"},
			Line:     "prints the name of the remote computer",
			Verb:     "NAME",
			Run:      printAnswer("NAME"),
			Examples: []string{"name"},
		},
		{
			Names:    []string{"rand"},
			Synopsis: "[MAX]",
			Line:     "prints a random number from 1 to MAX, or to 10",
			MaxWords: 1,
			Verb:     "RAND",
			Run:      printAnswer("RAND"),
			Examples: []string{"rand", "rand 6"},
			Dialect: &command.DialectRow{
				Line:     "prints a random number from 1 to 10",
				Examples: []string{"rand"},
			},
		},
		{
			Names:        []string{"echo"},
			Synopsis:     "[WORD…]",
			Line:         "makes the remote repeat the words",
			MaxWords:     -1,
			OptionsFirst: true,
			Verb:         "ECHO",
			Run:          printAnswer("ECHO"),
			Examples:     []string{"echo hello"},
		},
		{
			Names:    []string{"info"},
			Line:     "system, version, host, user, uptime, processor, load, memory, disks",
			Verb:     "INFO",
			Run:      info,
			Examples: []string{"info"},
		},
		{
			Names:        []string{"say"},
			Synopsis:     "TEXT",
			Line:         "shows the rest of the line to the person at the remote, on techshd's console",
			OptionsFirst: true,
			Verbatim:     true,
			MinWords:     1,
			MaxWords:     -1,
			Verb:         "SAY",
			Run:          say,
			Examples:     []string{"say I am going to restart the printer now"},
		},
	}
}

// printAnswer returns the function of a command that makes one call and prints the
// answer.
func printAnswer(verb string) func(context.Context, *command.Env, command.Invocation) error {
	return func(ctx context.Context, env *command.Env, in command.Invocation) error {
		text, err := env.Conn.Text(ctx, verb, client.Operands(in.Words)...)
		if err == nil {
			fmt.Fprintln(env.Console, env.Console.Printable(strings.TrimSuffix(text, "\n")))
		}
		return err
	}
}

// clock prints the remote time in the remote time zone.
func clock(ctx context.Context, env *command.Env, _ command.Invocation) error {
	best, err := env.Conn.ReadClock(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Console, "%s, %s\n", best.Remote.Format(time.DateTime+" -0700"), best)
	return nil
}

func say(ctx context.Context, env *command.Env, in command.Invocation) error {
	_, err := env.Conn.Call(ctx, "SAY", in.Words, link.Answer{})
	if err == nil {
		env.Console.Tell("the person at the remote can read it on techshd's console")
	}
	return err
}
