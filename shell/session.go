package shell

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
)

func (s *Shell) sessionRows() []command.Row {
	return []command.Row{
		{
			Names: []string{"open"}, Synopsis: "[TARGET]", Line: "connects again, or to another computer", MaxWords: 1, Kinds: []command.Kind{command.HostName}, Run: s.openCommand,
			Examples: []string{"open", "open office-pc"},
		},
		{Names: []string{"close"}, Line: "ends the connection", Run: s.closeCommand, Examples: []string{"close"}},
		{Names: []string{"ping"}, Line: "how long an answer takes", Verb: "PING", Run: ping, Examples: []string{"ping"}},
		{Names: []string{"history"}, Line: "the lines that were typed for this computer", Run: s.showHistory, Examples: []string{"history"}},
		{
			Names: []string{"source"}, Synopsis: "FILE", Line: "runs the commands in a file here", MinWords: 1, MaxWords: 1, Kinds: []command.Kind{command.LocalFile}, Run: s.sourceCommand,
			Examples: []string{"source check.tsh"},
		},
		{
			Names: []string{"help", "?"}, Synopsis: "[COMMAND|course]", Line: "lists the commands, or explains one, or shows how the protocol came about", MaxWords: 1, Kinds: []command.Kind{helpTopic}, Run: s.help,
			Examples: []string{"help", "help get", "help course"},
		},
		{
			Names: []string{"!"}, Synopsis: "COMMAND", Line: "runs the rest of the line in the shell here", OptionsFirst: true, Verbatim: true, MinWords: 1, MaxWords: -1, Run: localShell,
			Examples: []string{"!ping -c1 office-pc"},
		},
		{Names: []string{"exit", "quit", "bye"}, Line: "leaves", Run: s.leave, Examples: []string{"exit"}},
	}
}

const (
	partingTimeout = 300 * time.Millisecond
)

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
	sayBye(ctx, env.Conn)
	if !env.Console.DryRun {
		s.hangUp()
	}
	return nil
}

// sayBye ends the conversation politely, if that is quick.
func sayBye(ctx context.Context, conn *client.Client) {
	if !conn.Alive() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, partingTimeout)
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

func (s *Shell) sourceCommand(ctx context.Context, _ *command.Env, in command.Invocation) error {
	return s.source(ctx, in.Words[0].Text)
}

func (s *Shell) help(_ context.Context, env *command.Env, in command.Invocation) error {
	if len(in.Words) == 1 && strings.EqualFold(in.Words[0].Text, courseTopic) {
		showCourse(env.Console)
		return nil
	}
	if len(in.Words) == 1 {
		r, err := s.table.Find(in.Words[0].Text, true)
		if err == nil {
			fmt.Fprint(env.Console, r.Help(env.Console.Paint))
		}
		return err
	}
	for _, r := range s.table.Rows {
		if !env.Offers(r) {
			continue
		}
		names := strings.Join(r.Names, "|")
		fmt.Fprintf(env.Console, "%s%s%s\n", env.Console.Paint.Bold(names), strings.Repeat(" ", max(1, 18-len(names))), r.Line)
	}
	fmt.Fprintln(env.Console, env.Console.Paint.Dim(`
help COMMAND explains one, help course the protocol. Tab completes, Ctrl-R searches the history,
Ctrl-C cancels, Ctrl-D leaves. "my file" quotes, * ? ** are patterns,
; separates commands, & at the end runs one beside the prompt, < > >> and | lead to
files and commands here, -- ends options, e"\n\xff" spells any byte.`))
	return nil
}

func (s *Shell) leave(ctx context.Context, env *command.Env, _ command.Invocation) error {
	if !env.Console.DryRun && !s.abandon() {
		return nil
	}
	sayBye(ctx, env.Conn)
	s.leaving = s.leaving || !env.Console.DryRun
	return nil
}

// helpTopic completes what help explains.
func helpTopic(ctx context.Context, env *command.Env, w codec.Word) []command.Candidate {
	return command.SortCandidates(append(command.CommandName(ctx, env, w), command.MatchPrefix(w.Text, []string{courseTopic})...))
}

// localShell runs a line in the local shell, on the terminal.
func localShell(ctx context.Context, env *command.Env, in command.Invocation) error {
	cmd := shellCommand(ctx, in.Words[0].Text)
	cmd.Dir = env.Local.Dir
	cmd.Stdout, cmd.Stderr = env.Console.Out.File, env.Console.Err.File
	if !env.Console.Script {
		cmd.Stdin = env.Console.In.File
	}
	cmd.Cancel = func() error { return nil } // the terminal has told it, as it told us
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return &command.ExitError{Program: strings.TrimSpace(in.Words[0].Text), Reason: e.ProcessState.String(), Status: max(1, e.ExitCode()&255)}
	}
	return err
}
