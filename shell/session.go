package shell

import (
	"context"
	"fmt"
	"time"

	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
)

// connectionRows returns the commands about the connection.
func (s *Shell) connectionRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"open"},
			Synopsis: "[TARGET]",
			Line:     "connects again, or to another computer",
			MaxWords: 1,
			Kinds:    []command.Kind{command.HostName},
			Run:      s.openCommand,
			Examples: []string{"open", "open office-pc"},
		},
		{
			Names:    []string{"close"},
			Line:     "ends the connection",
			Run:      s.closeCommand,
			Examples: []string{"close"},
		},
		{
			Names:    []string{"ping"},
			Line:     "measures how long an answer takes",
			Verb:     "PING",
			Run:      ping,
			Examples: []string{"ping"},
		},
	}
}

// sessionRows returns the commands about the session, except those of connectionRows.
func (s *Shell) sessionRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"history"},
			Line:     "prints the lines that were typed for this remote",
			Run:      s.showHistory,
			Examples: []string{"history"},
		},
		{
			Names:    []string{"source"},
			Synopsis: "FILE",
			Line:     "runs the commands in a local file",
			MinWords: 1,
			MaxWords: 1,
			Kinds:    []command.Kind{command.LocalFile},
			Run:      s.sourceCommand,
			Examples: []string{"source check.tsh"},
		},
		{
			Names:    []string{"help", "?"},
			Synopsis: "[COMMAND|TOPIC]",
			Line:     "lists the commands and topics, or explains one of them",
			MaxWords: 1,
			Kinds:    []command.Kind{helpSubject},
			Run:      s.help,
			Examples: []string{"help", "help get", "help trust"},
		},
		{
			Names:        []string{"!"},
			Synopsis:     "COMMAND",
			Line:         "runs the rest of the line in the local shell",
			OptionsFirst: true,
			Verbatim:     true,
			MinWords:     1,
			MaxWords:     -1,
			Run:          runLocalShell,
			Examples:     []string{"!ping -c1 office-pc"},
		},
		{
			Names:    []string{"exit", "quit", "bye"},
			Line:     "ends the session",
			Run:      s.leave,
			Examples: []string{"exit"},
		},
	}
}

func (s *Shell) openCommand(ctx context.Context, _ *command.Env, in command.Invocation) error {
	target, cwd := s.Target, ""
	if s.conn != nil {
		target, cwd = s.conn.Target, s.conn.Cwd
	}
	if len(in.Words) == 1 && in.Words[0].Text != target {
		target, cwd = in.Words[0].Text, ""
	}
	if err := s.open(ctx, target, cwd); err != nil {
		return err
	}
	s.Target = target
	s.welcome()
	return nil
}

func (s *Shell) closeCommand(ctx context.Context, env *command.Env, _ command.Invocation) error {
	if !env.Conn.Alive() {
		return client.ErrNotConnected
	}
	sayExit(ctx, env.Conn)
	if !env.Console.DryRun {
		s.hangUp()
	}
	return nil
}

const exitTimeout = 300 * time.Millisecond

// sayExit sends EXIT, but does not wait long for the answer.
func sayExit(ctx context.Context, conn *client.Client) {
	if !conn.Alive() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, exitTimeout)
	defer cancel()
	_, _ = conn.Call(ctx, "EXIT", nil, link.Answer{})
}

func ping(ctx context.Context, env *command.Env, _ command.Invocation) error {
	start := time.Now()
	if _, err := env.Conn.Call(ctx, "PING", nil, link.Answer{}); err != nil {
		return err
	}
	fmt.Fprintf(env.Console, "%.3f ms\n", float64(time.Since(start).Microseconds())/1000)
	return nil
}

func (s *Shell) showHistory(_ context.Context, env *command.Env, _ command.Invocation) error {
	if s.history == nil {
		return nil
	}
	for i, line := range s.history.Lines() {
		fmt.Fprintf(env.Console, "%4d  %s\n", i+1, env.Console.Printable(line))
	}
	return nil
}

func (s *Shell) sourceCommand(ctx context.Context, env *command.Env, in command.Invocation) error {
	return s.source(ctx, env.Console, in.Words[0].Text)
}

func (s *Shell) leave(ctx context.Context, env *command.Env, _ command.Invocation) error {
	if !env.Console.DryRun && !s.mayLeaveJobs() {
		return nil
	}
	sayExit(ctx, env.Conn)
	s.leaving = s.leaving || !env.Console.DryRun
	return nil
}
