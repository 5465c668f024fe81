package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/lineedit"
)

// prompt runs the interactive session and returns the exit status.
func (s *Shell) prompt(ctx context.Context) int {
	out, errs := s.console.EditorStreams()
	editor, err := lineedit.New(lineedit.Config{
		Text:       console.EditorText(),
		In:         s.console.Input,
		Terminal:   s.In.File,
		Out:        out,
		Err:        errs,
		Resized:    s.Resized,
		Complete:   s.complete,
		Interrupts: s.Interrupts,
	})
	if err != nil {
		s.console.PrintError(err)
		return StatusFailed
	}
	s.editor = editor
	s.console.Interact(editor)
	defer editor.Close()
	defer context.AfterFunc(ctx, func() { editor.Close() })()
	if err := s.interruptible(ctx, s.connect); err != nil {
		return s.notConnected(err)
	}
	s.welcome()
	for !s.leaving && ctx.Err() == nil {
		line, err := editor.ReadLine(s.promptText(s.conn))
		switch {
		case errors.Is(err, lineedit.ErrInterrupt):
		case err == io.EOF:
			_ = s.leave(ctx, s.newEnv(s.console), command.Invocation{})
		case err != nil:
			s.console.PrintError(err)
			return StatusFailed
		case strings.Contains(line, "\n"):
			s.runPaste(ctx, line)
		default:
			s.runLine(ctx, line)
		}
	}
	return StatusOK
}

// welcome prints the name of the remote, the remote user and the granted rights, and
// loads the history of the remote.
func (s *Shell) welcome() {
	h := s.conn.Hello
	s.console.Tell("connected to %s as %s, %s; help lists the commands",
		codec.Show(h.Host), codec.Show(h.User), codec.Show(h.System))
	var more []string
	peer, paired := h.More.Get("peer")
	if may, ok := h.More.Get("may"); ok && paired && may != trust.AllRights.String() {
		more = append(more, "the remote calls you "+peer+"; you may "+strings.ReplaceAll(may, ",", " "))
	}
	if also, ok := h.More.Get("also"); ok {
		more = append(more, "also connected: "+strings.ReplaceAll(also, ",", ", "))
	}
	if len(more) > 0 {
		s.console.Tell("%s", codec.Show(strings.Join(more, "; ")))
	}
	s.recall()
}

// recall loads the history that belongs to the current remote into the line editor.
func (s *Shell) recall() {
	if s.editor == nil || s.conn == nil {
		return
	}
	s.history = openHistory(s.Config, s.conn.Hello.Host)
	s.editor.Recall(s.history.Lines())
}

// runLine runs a line that was typed at the prompt, up to the first command that
// fails.
func (s *Shell) runLine(ctx context.Context, line string) {
	s.console.SetLineStart()
	commands, err := s.table.Parse(line, command.PromptGrammar())
	s.remember(line)
	if err != nil {
		s.console.PrintError(err)
		return
	}
	for _, c := range commands {
		err := s.interruptible(ctx, func(ctx context.Context) error { return s.run(ctx, s.console, c) })
		switch {
		case err == nil, console.IsReported(err):
		case errors.Is(err, console.ErrInterrupted):
			s.console.TellCancelled()
		default:
			s.console.PrintError(err)
		}
		if err != nil && !c.MayFail || s.leaving {
			return
		}
	}
}

// runPaste runs the lines of a paste like those of a script, after the user has agreed.
func (s *Shell) runPaste(ctx context.Context, text string) {
	s.console.SetLineStart()
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		s.console.Tell("%4d  %s", i+1, codec.Show(line))
	}
	commands, err := s.table.ParseScript("paste", []byte(text))
	yes := false
	if err == nil {
		yes, err = s.console.AskYes(fmt.Sprintf("run these %d lines?", len(lines)))
	}
	if err != nil {
		s.console.PrintError(err)
	}
	if !yes {
		s.console.Tell("nothing of the paste was run")
		return
	}
	for _, line := range lines {
		s.remember(line)
	}
	_ = s.runAll(ctx, s.console, commands) // its errors were printed
}

// remember adds a line to the line editor, and to the history file unless the line may
// contain a cookie or a proof. It masks other secrets in the history file. An error of
// the history file is reported once.
func (s *Shell) remember(line string) {
	s.editor.Remember(line)
	if s.history == nil || command.HoldsSecret(s.table.Scan(line, command.PromptGrammar())) {
		return
	}
	if err := s.history.Add(codec.Mask(0, line)); err != nil {
		s.console.Tell("history: %v", err)
		s.history = nil
	}
}

// tabTimeout is how long a remote with a short round trip may take to complete a word. It
// is long because the user can go on typing.
const tabTimeout = 5 * time.Second

// complete implements the Tab key.
func (s *Shell) complete(ctx context.Context, line string, pos int) lineedit.Completion {
	ctx, cancel := context.WithTimeout(ctx, s.conn.Patience(tabTimeout))
	defer cancel()
	env := s.newEnv(s.console)
	env.Conn = s.conn.ForTab()
	c := env.Complete(ctx, line, pos)
	return lineedit.Completion{Line: c.Line, Pos: c.Pos, List: c.List, More: c.More}
}
