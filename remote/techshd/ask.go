package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"techsh/codec"
	"techsh/remote/access"
)

// errNobody is why a question has no answer.
var errNobody = errors.New("techshd runs without a terminal on the remote")

// askNobody answers when there is no terminal to ask at.
func askNobody(context.Context, access.Question) (access.Answer, error) {
	return access.No, errNobody
}

// A prompter asks the person at the console, one question at a time.
type prompter struct {
	console *console
	in      *os.File
	wanted  chan struct{} // asks for a line
	typed   chan line     // has the line
	ended   chan struct{} // closed when nothing can be typed any more
	turn    chan struct{} // of capacity 1: holds the question that is asked
	now     func() time.Time
	waiting bool // a line was wanted and has not come; for the holder of turn
}

const (
	readingDelay = 1500 * time.Millisecond // nobody reads and answers a question faster
	maxQuestion  = 500                     // characters, so that a person sees all of it
)

// A line is a typed line.
type line struct {
	text string
	at   time.Time
}

// newPrompter returns a prompter that reads answers from the terminal in, until in or
// ctx ends. A read of standard input cannot be interrupted, so its goroutine may end
// with the process only.
func newPrompter(ctx context.Context, c *console, in *os.File) *prompter {
	p := &prompter{
		console: c, in: in, wanted: make(chan struct{}), typed: make(chan line),
		ended: make(chan struct{}), turn: make(chan struct{}, 1), now: time.Now,
	}
	go p.read(ctx)
	return p
}

// read sends a line whenever one is wanted. A terminal gives one at a time.
func (p *prompter) read(ctx context.Context) {
	defer close(p.ended)
	buf := make([]byte, 4096)
	for {
		select {
		case <-p.wanted:
		case <-ctx.Done():
			return
		}
		n, err := p.in.Read(buf)
		if err != nil && err != io.EOF { // Ctrl-D is an empty answer
			return
		}
		select {
		case p.typed <- line{string(buf[:n]), p.now()}:
		case <-ctx.Done():
			return
		}
	}
}

// ask asks a question when those before it are answered. When ctx ends, it withdraws
// the question.
func (p *prompter) ask(ctx context.Context, q access.Question) (access.Answer, error) {
	question, err := formatQuestion(q)
	if err != nil {
		return access.No, err
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return access.No, context.Cause(ctx)
	}
	typed, hasty, err := p.put(ctx, question)
	for hasty { // it was the answer to another question
		typed, hasty, err = p.put(ctx, "that was too fast to have been read, so once more: "+question)
	}
	if err != nil {
		return access.No, err
	}
	return parseAnswer(typed), nil
}

// formatQuestion returns a question as it is shown, in which nothing is hidden.
func formatQuestion(q access.Question) (string, error) {
	what := q.Verb
	if q.Words != "" {
		what += " " + q.Words
	}
	what = squeeze(codec.Show(what))
	if n := utf8.RuneCountInString(what); n > maxQuestion {
		return "", fmt.Errorf("it is too long to be shown to a person (%d characters, at most %d)", n, maxQuestion)
	}
	const choice = "[y]es, [s]ession: all of this kind until it disconnects, [N]o "
	return fmt.Sprintf("%s wants to run: %s   %s", codec.Show(q.Peer), what, choice), nil
}

// put shows a question and returns the line that is typed after it. The line is hasty
// if there was no time to read the question.
func (p *prompter) put(ctx context.Context, question string) (text string, hasty bool, err error) {
	dropTyped(p.in) // it cannot be an answer
	shown := p.console.ask(question)
	var (
		at     time.Time
		wanted chan<- struct{}
		typed  <-chan line
	)
	for {
		select {
		case <-shown:
			at, shown, typed = p.now(), nil, p.typed
			if !p.waiting { // or else a withdrawn question has asked for one
				wanted = p.wanted
			}
		case wanted <- struct{}{}:
			p.waiting, wanted = true, nil
		case l := <-typed:
			p.waiting = false
			p.console.answered()
			return l.text, l.at.Sub(at) < readingDelay, nil
		case <-ctx.Done():
			p.console.withdraw("the question is withdrawn")
			return "", false, context.Cause(ctx)
		case <-p.ended:
			p.console.withdraw("nobody can answer any more")
			return "", false, errNobody
		}
	}
}

// parseAnswer reads an answer. Everything but a clear yes is no.
func parseAnswer(text string) access.Answer {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "y", "yes":
		return access.Yes
	case "s", "session":
		return access.ForSession
	}
	return access.No
}
