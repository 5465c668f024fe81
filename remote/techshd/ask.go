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

// errNobody is the error for a question that nobody can answer, because there is no
// terminal.
var errNobody = errors.New("techshd runs without a terminal on the remote")

// askNobody refuses a question because there is no terminal.
func askNobody(context.Context, access.Question) (access.Answer, error) {
	return access.No, errNobody
}

// A prompter asks the person at the console, one question at a time.
type prompter struct {
	console *console
	in      *os.File
	wanted  chan struct{} // receives a value to request a line
	typed   chan line     // receives the requested line
	ended   chan struct{} // closed when no more lines can be read
	turn    chan struct{} // of capacity 1; full while a question is being asked
	now     func() time.Time
	waiting bool // a line was requested and has not arrived; guarded by turn
}

const (
	readingDelay = 1500 * time.Millisecond // no person reads and answers a question faster
	maxQuestion  = 500                     // in characters; a person must see all of it
)

// A line is a line that was typed, and the time when it was read.
type line struct {
	text string
	at   time.Time
}

// newPrompter returns a prompter that reads answers from the terminal in, until reading
// fails or ctx ends. A read of standard input cannot be interrupted, so the goroutine
// that reads may remain until the process ends.
func newPrompter(ctx context.Context, c *console, in *os.File) *prompter {
	p := &prompter{
		console: c, in: in, wanted: make(chan struct{}), typed: make(chan line),
		ended: make(chan struct{}), turn: make(chan struct{}, 1), now: time.Now,
	}
	go p.read(ctx)
	return p
}

// read reads a line whenever one is requested. Each read of a terminal returns one line.
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
		if err != nil && err != io.EOF { // io.EOF is Ctrl-D, which is an empty answer
			return
		}
		select {
		case p.typed <- line{string(buf[:n]), p.now()}:
		case <-ctx.Done():
			return
		}
	}
}

// ask waits until no other question is being asked, and then asks q. If ctx ends, it
// withdraws the question.
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
	for hasty { // the line was typed before the question could be read
		typed, hasty, err = p.put(ctx, "that was too fast to have been read, so once more: "+question)
	}
	if err != nil {
		return access.No, err
	}
	return parseAnswer(typed), nil
}

// formatQuestion returns the text of a question, which shows the whole call. It returns
// an error if the call is too long to be shown.
func formatQuestion(q access.Question) (string, error) {
	what := q.Verb
	if q.Words != "" {
		what += " " + q.Words
	}
	what = squeeze(codec.Show(what))
	if n := utf8.RuneCountInString(what); n > maxQuestion {
		return "", fmt.Errorf("it is too long to be shown to a person (%d characters, at most %d)", n, maxQuestion)
	}
	return fmt.Sprintf("%s wants to run: %s   [y]es, [s]ession: every %s until it disconnects, [N]o ",
		codec.Show(q.Peer), what, codec.Show(q.Verb)), nil
}

// put shows a question and returns the line that is typed next. hasty reports whether the
// line came before the question could be read.
func (p *prompter) put(ctx context.Context, question string) (text string, hasty bool, err error) {
	dropTyped(p.in) // what was typed earlier cannot answer this question
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
			if !p.waiting { // otherwise a withdrawn question has already requested a line
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

// parseAnswer parses an answer. Everything except a clear yes means no.
func parseAnswer(text string) access.Answer {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "y", "yes":
		return access.Yes
	case "s", "session":
		return access.ForSession
	}
	return access.No
}
