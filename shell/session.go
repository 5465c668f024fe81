package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/lineedit"
)

func sessionRows() []row {
	return []row{
		{
			names: []string{"open"}, synopsis: "[TARGET]", line: "connects again, or to another computer", most: 1, kinds: []kind{hostName}, run: open,
			examples: []string{"open", "open office-pc"},
		},
		{names: []string{"close"}, line: "ends the connection", run: closeLink, examples: []string{"close"}},
		{names: []string{"ping"}, line: "how long an answer takes", verb: "PING", run: ping, examples: []string{"ping"}},
		{names: []string{"history"}, line: "the lines that were typed for this computer", run: showHistory, examples: []string{"history"}},
		{
			names: []string{"source"}, synopsis: "FILE", line: "runs the commands in a file here", least: 1, most: 1, kinds: []kind{localFile}, run: source,
			examples: []string{"source check.tsh"},
		},
		{
			names: []string{"help", "?"}, synopsis: "[COMMAND|course]", line: "lists the commands, or explains one, or shows how the protocol came about", most: 1, kinds: []kind{helpTopic}, run: help,
			examples: []string{"help", "help get", "help course"},
		},
		{names: []string{"exit", "quit", "bye"}, line: "leaves", run: leave, examples: []string{"exit"}},
	}
}

const (
	reopenTime  = 10 * time.Second
	partingTime = 300 * time.Millisecond
)

func open(ctx context.Context, s *Shell, in invocation) error {
	target, cwd := s.Target, ""
	if s.conn != nil {
		target, cwd = s.conn.target, s.conn.cwd
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

func closeLink(ctx context.Context, s *Shell, _ invocation) error {
	if s.alive() == nil {
		return errNotConnected
	}
	s.sayBye(ctx)
	s.hangUp()
	return nil
}

// sayBye ends the conversation politely, if that is quick.
func (s *Shell) sayBye(ctx context.Context) {
	if s.alive() == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, partingTime)
	defer cancel()
	_, _ = s.call(ctx, "EXIT", nil, nil)
}

func ping(ctx context.Context, s *Shell, _ invocation) error {
	start := time.Now()
	if _, err := s.call(ctx, "PING", nil, nil); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%.3f ms\n", float64(time.Since(start).Microseconds())/1000)
	return nil
}

func showHistory(_ context.Context, s *Shell, _ invocation) error {
	if s.history == nil {
		return nil
	}
	for i, line := range s.history.Lines() {
		fmt.Fprintf(s.out, "%4d  %s\n", i+1, s.shown(line))
	}
	return nil
}

func source(ctx context.Context, s *Shell, in invocation) error {
	return s.source(ctx, in.Words[0].Text)
}

func help(_ context.Context, s *Shell, in invocation) error {
	if len(in.Words) == 1 && strings.EqualFold(in.Words[0].Text, courseTopic) {
		s.showCourse()
		return nil
	}
	if len(in.Words) == 1 {
		r, err := s.find(in.Words[0].Text, true)
		if err == nil {
			fmt.Fprint(s.out, r.help(s.paint))
		}
		return err
	}
	for _, r := range s.rows {
		if !s.offers(r) {
			continue
		}
		names := strings.Join(r.names, "|")
		fmt.Fprintf(s.out, "%s%s%s\n", s.paint.bold(names), strings.Repeat(" ", max(1, 18-len(names))), r.line)
	}
	fmt.Fprintln(s.out, s.paint.dim(`
help COMMAND explains one, help course the protocol. Tab completes, Ctrl-R searches the history,
Ctrl-C cancels, Ctrl-D leaves. "my file" quotes, * ? ** are patterns,
; separates commands, & at the end runs one beside the prompt, < > >> and | lead to
files and commands here, -- ends options, e"\n\xff" spells any byte.`))
	return nil
}

func leave(ctx context.Context, s *Shell, _ invocation) error {
	if !s.abandon() {
		return nil
	}
	s.sayBye(ctx)
	s.leaving = true
	return nil
}

// ask gets a secret from the person at the prompt.
func (s *Shell) ask(prompt string) (string, error) {
	if s.editor == nil {
		return "", errors.New("there is nobody to ask")
	}
	secret, err := s.editor.ReadSecret(prompt)
	if errors.Is(err, lineedit.ErrInterrupt) {
		err = errInterrupted
	}
	return secret, err
}

// asks says whether somebody can be asked: at a prompt, not in a script that
// it runs.
func (s *Shell) asks() bool { return s.editor != nil && s.nested == 0 || s.explains.asks() }

// confirms says whether what deletes much has to be confirmed.
func (s *Shell) confirms() bool { return s.asks() || s.job != nil && s.job.asks }

// confirm has the person at the prompt agree to what is to be done, where that
// is needed; otherwise is said when they do not. A job cannot ask, and does not
// do it.
func (s *Shell) confirm(what, otherwise string) error {
	switch {
	case !s.confirms():
		return nil
	case s.job != nil:
		return withHint(codec.Errorf(codec.Declined, "it would %s, and a job cannot ask", what), "without & it asks")
	}
	yes, err := s.yes(what + "?")
	if err == nil && !yes {
		err = codec.Errorf(codec.Declined, "%s", otherwise)
	}
	return err
}

// yes asks the person at the prompt; Ctrl-C and Ctrl-D are no.
func (s *Shell) yes(question string) (bool, error) {
	if s.explains != nil {
		return true, nil
	}
	s.out.Flush()
	answer, err := s.editor.ReadLine(question + " [y/N] ")
	if errors.Is(err, lineedit.ErrInterrupt) || err == io.EOF {
		return false, nil
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", err
}
