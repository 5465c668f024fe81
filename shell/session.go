package shell

import (
	"context"
	"fmt"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

func (s *Shell) sessionRows() []row {
	return []row{
		{
			names: []string{"open"}, synopsis: "[TARGET]", line: "connects again, or to another computer", most: 1, kinds: []kind{hostName}, run: s.openCommand,
			examples: []string{"open", "open office-pc"},
		},
		{names: []string{"close"}, line: "ends the connection", run: s.closeCommand, examples: []string{"close"}},
		{names: []string{"ping"}, line: "how long an answer takes", verb: "PING", run: ping, examples: []string{"ping"}},
		{names: []string{"history"}, line: "the lines that were typed for this computer", run: s.showHistory, examples: []string{"history"}},
		{
			names: []string{"source"}, synopsis: "FILE", line: "runs the commands in a file here", least: 1, most: 1, kinds: []kind{localFile}, run: s.sourceCommand,
			examples: []string{"source check.tsh"},
		},
		{
			names: []string{"help", "?"}, synopsis: "[COMMAND|course]", line: "lists the commands, or explains one, or shows how the protocol came about", most: 1, kinds: []kind{helpTopic}, run: s.help,
			examples: []string{"help", "help get", "help course"},
		},
		{names: []string{"exit", "quit", "bye"}, line: "leaves", run: s.leave, examples: []string{"exit"}},
	}
}

const (
	partingTimeout = 300 * time.Millisecond
)

func (s *Shell) openCommand(ctx context.Context, _ *Env, in invocation) error {
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

func (s *Shell) closeCommand(ctx context.Context, env *Env, _ invocation) error {
	if !env.Conn.Alive() {
		return ErrNotConnected
	}
	sayBye(ctx, env.Conn)
	if !env.Console.DryRun {
		s.hangUp()
	}
	return nil
}

// sayBye ends the conversation politely, if that is quick.
func sayBye(ctx context.Context, conn *Client) {
	if !conn.Alive() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, partingTimeout)
	defer cancel()
	_, _ = conn.Call(ctx, "EXIT", nil, link.Answer{})
}

func ping(ctx context.Context, env *Env, _ invocation) error {
	start := time.Now()
	if _, err := env.Conn.Call(ctx, "PING", nil, link.Answer{}); err != nil {
		return err
	}
	fmt.Fprintf(env.Console, "%.3f ms\n", float64(time.Since(start).Microseconds())/1000)
	return nil
}

func (s *Shell) showHistory(_ context.Context, env *Env, _ invocation) error {
	if s.history == nil {
		return nil
	}
	for i, line := range s.history.Lines() {
		fmt.Fprintf(env.Console, "%4d  %s\n", i+1, env.Console.Printable(line))
	}
	return nil
}

func (s *Shell) sourceCommand(ctx context.Context, _ *Env, in invocation) error {
	return s.source(ctx, in.Words[0].Text)
}

func (s *Shell) help(_ context.Context, env *Env, in invocation) error {
	if len(in.Words) == 1 && strings.EqualFold(in.Words[0].Text, courseTopic) {
		showCourse(env.Console)
		return nil
	}
	if len(in.Words) == 1 {
		r, err := s.table.Find(in.Words[0].Text, true)
		if err == nil {
			fmt.Fprint(env.Console, r.help(env.Console.Paint))
		}
		return err
	}
	for _, r := range s.table.Rows {
		if !env.Offers(r) {
			continue
		}
		names := strings.Join(r.names, "|")
		fmt.Fprintf(env.Console, "%s%s%s\n", env.Console.Paint.Bold(names), strings.Repeat(" ", max(1, 18-len(names))), r.line)
	}
	fmt.Fprintln(env.Console, env.Console.Paint.Dim(`
help COMMAND explains one, help course the protocol. Tab completes, Ctrl-R searches the history,
Ctrl-C cancels, Ctrl-D leaves. "my file" quotes, * ? ** are patterns,
; separates commands, & at the end runs one beside the prompt, < > >> and | lead to
files and commands here, -- ends options, e"\n\xff" spells any byte.`))
	return nil
}

func (s *Shell) leave(ctx context.Context, env *Env, _ invocation) error {
	if !env.Console.DryRun && !s.abandon() {
		return nil
	}
	sayBye(ctx, env.Conn)
	s.leaving = s.leaving || !env.Console.DryRun
	return nil
}

// helpTopic completes what help explains.
func helpTopic(ctx context.Context, env *Env, w codec.Word) []candidate {
	return sorted(append(commandName(ctx, env, w), plain(w.Text, []string{courseTopic})...))
}
