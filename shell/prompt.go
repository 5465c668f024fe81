package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/shell/lineedit"
)

// prompt is the loop of the interactive session.
func (s *Shell) prompt(ctx context.Context) int {
	editor, err := lineedit.New(lineedit.Config{
		In: s.input, Terminal: s.In.File, Out: s.Out, Err: s.Err, Resized: s.Resized, Complete: s.complete,
	})
	if err != nil {
		s.complain(err)
		return StatusFailed
	}
	s.editor = editor
	defer editor.Close()
	defer context.AfterFunc(ctx, func() { editor.Close() })()
	if err := s.interruptible(ctx, s.connect); err != nil {
		return s.unconnected(err)
	}
	s.welcome()
	for !s.leaving && ctx.Err() == nil {
		line, err := editor.ReadLine(s.promptText(s.alive()))
		switch {
		case errors.Is(err, lineedit.ErrInterrupt):
			continue
		case err == io.EOF:
			_ = leave(ctx, s, invocation{})
			continue
		case err != nil:
			s.complain(err)
			return StatusFailed
		}
		s.line(ctx, line)
	}
	return StatusOK
}

// welcome says where we are now, and who we are there.
func (s *Shell) welcome() {
	h := s.conn.hello
	s.tell("connected to %s as %s, %s; help lists the commands", codec.Show(h.Host), codec.Show(h.User), codec.Show(h.System))
	var more []string
	peer, paired := h.More.Get("peer")
	if may, ok := h.More.Get("may"); ok && paired && may != trust.AllRights.String() {
		more = append(more, "you are "+peer+" there and may "+strings.ReplaceAll(may, ",", " "))
	}
	if also, ok := h.More.Get("also"); ok {
		more = append(more, "also here: "+strings.ReplaceAll(also, ",", ", "))
	}
	if len(more) > 0 {
		s.tell("%s", codec.Show(strings.Join(more, "; ")))
	}
	s.recall()
}

// line runs what was typed at the prompt. The first failure ends the line.
func (s *Shell) line(ctx context.Context, line string) {
	s.printed.open.Store(false) // Enter has begun a new one
	commands, err := s.parse(line, grammar{separators: true, prefixes: true, openQuotes: true})
	s.editor.Remember(line)
	if s.history != nil {
		if herr := s.history.Add(line); herr != nil {
			s.tell("history: %v", herr)
			s.history = nil // said once is enough
		}
	}
	if err != nil {
		s.complain(err)
		return
	}
	for _, c := range commands {
		err := s.interruptible(ctx, func(ctx context.Context) error { return s.run(ctx, c) })
		switch {
		case err == nil, alreadySaid(err):
		case errors.Is(err, errInterrupted):
			s.out.Flush()
			fmt.Fprintln(s.Err, "\n"+s.warn.dim("cancelled")) // the terminal has shown ^C
		default:
			s.complain(err)
		}
		if err != nil && !c.forgiv || s.leaving {
			return
		}
	}
}

// promptText is "host folder> ", or that there is no host.
func (s *Shell) promptText(c *connection) string {
	if c == nil {
		return s.paint.bad("not connected") + "> "
	}
	text := s.paint.host(codec.Show(c.hello.Host))
	if c.cwd != "" { // else it is not known, as in a dialect
		text += " " + s.paint.path(codec.Show(c.cwd))
	}
	return text + "> "
}

// recall gives the prompt the history of the computer we are connected to.
func (s *Shell) recall() {
	if s.editor == nil || s.conn == nil {
		return
	}
	s.history = openHistory(s.Config, s.conn.hello.Host)
	s.editor.Recall(s.history.Lines())
}
