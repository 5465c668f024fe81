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
	"techsh/remote"
)

// errNobody is why a question has no answer.
var errNobody = errors.New("techshd runs without a terminal there")

// askNobody answers where there is no terminal to ask at.
func askNobody(context.Context, remote.Question) (remote.Answer, error) { return remote.No, errNobody }

// A clerk asks the person at the console, one question at a time.
type clerk struct {
	console *console
	in      *os.File
	wanted  chan struct{} // asks for a line
	typed   chan line     // which comes here
	ended   chan struct{} // nothing will be typed any more
	turn    chan struct{} // has room for the one who asks
	now     func() time.Time
	waiting bool // a line was wanted and has not come; for the one who asks
}

const (
	readingTime = 1500 * time.Millisecond // nobody reads a question and answers it faster
	maxQuestion = 500                     // characters, all of which a person sees
)

// A line is one that was typed.
type line struct {
	text string
	at   time.Time
}

// newClerk returns a clerk who reads what is typed at the terminal in, until
// in or ctx ends. A read of standard input cannot be interrupted: its goroutine
// can live as long as the process.
func newClerk(ctx context.Context, c *console, in *os.File) *clerk {
	k := &clerk{
		console: c, in: in, wanted: make(chan struct{}), typed: make(chan line),
		ended: make(chan struct{}), turn: make(chan struct{}, 1), now: time.Now,
	}
	go k.read(ctx)
	return k
}

// read hands over a line whenever one is wanted. A terminal gives one at a
// time.
func (k *clerk) read(ctx context.Context) {
	defer close(k.ended)
	buf := make([]byte, 4096)
	for {
		select {
		case <-k.wanted:
		case <-ctx.Done():
			return
		}
		n, err := k.in.Read(buf)
		if err != nil && err != io.EOF { // Ctrl-D is an answer, of which nothing is yes
			return
		}
		select {
		case k.typed <- line{string(buf[:n]), k.now()}:
		case <-ctx.Done():
			return
		}
	}
}

// ask asks one question, when those before it are answered. When ctx ends it
// is withdrawn.
func (k *clerk) ask(ctx context.Context, q remote.Question) (remote.Answer, error) {
	question, err := wording(q)
	if err != nil {
		return remote.No, err
	}
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return remote.No, context.Cause(ctx)
	}
	typed, hasty, err := k.put(ctx, question)
	for hasty { // it was meant for another one
		typed, hasty, err = k.put(ctx, "that was faster than anybody reads, so once more: "+question)
	}
	if err != nil {
		return remote.No, err
	}
	return answerOf(typed), nil
}

// wording is a question as it is shown, with nothing hidden of what would be
// done.
func wording(q remote.Question) (string, error) {
	what := q.Verb
	if q.Words != "" {
		what += " " + q.Words
	}
	what = squeeze(codec.Show(what))
	if n := utf8.RuneCountInString(what); n > maxQuestion {
		return "", fmt.Errorf("it is too long to be shown to a person (%d characters, at most %d)", n, maxQuestion)
	}
	return fmt.Sprintf("%s wants to run: %s   [y]es, [s]ession: all of this kind until it disconnects, [N]o ", codec.Show(q.Peer), what), nil
}

// put shows a question and returns the line that is typed then. It is hasty
// when there was no time to read the question.
func (k *clerk) put(ctx context.Context, question string) (text string, hasty bool, err error) {
	dropTyped(k.in) // nobody has answered what was not asked yet
	shown := k.console.ask(question)
	var (
		at     time.Time
		wanted chan<- struct{}
		typed  <-chan line
	)
	for {
		select {
		case <-shown:
			at, shown, typed = k.now(), nil, k.typed
			if !k.waiting { // since a question that was withdrawn
				wanted = k.wanted
			}
		case wanted <- struct{}{}:
			k.waiting, wanted = true, nil
		case l := <-typed:
			k.waiting = false
			k.console.answered()
			return l.text, l.at.Sub(at) < readingTime, nil
		case <-ctx.Done():
			k.console.withdraw("the question is withdrawn")
			return "", false, context.Cause(ctx)
		case <-k.ended:
			k.console.withdraw("nobody can answer any more")
			return "", false, errNobody
		}
	}
}

// answerOf reads an answer. Anything that is not clearly yes is no.
func answerOf(text string) remote.Answer {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "y", "yes":
		return remote.Yes
	case "s", "session":
		return remote.ForSession
	}
	return remote.No
}
