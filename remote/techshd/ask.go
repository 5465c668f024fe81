package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

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
	waiting bool          // a line was wanted and has not come; for the one who asks
}

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
		ended: make(chan struct{}), turn: make(chan struct{}, 1),
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
		if err != nil {
			return
		}
		select {
		case k.typed <- line{string(buf[:n]), time.Now()}:
		case <-ctx.Done():
			return
		}
	}
}

// ask asks one question, when those before it are answered. When ctx ends it
// is withdrawn.
func (k *clerk) ask(ctx context.Context, q remote.Question) (remote.Answer, error) {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return remote.No, context.Cause(ctx)
	}
	dropTyped(k.in) // nobody has answered what was not asked yet
	asked := k.console.ask(fmt.Sprintf("%s wants to run: %s   [y]es, [s]ession: all of this kind until it disconnects, [N]o ",
		codec.Show(q.Peer), codec.Show(strings.TrimRight(q.Verb+" "+q.Words, " "))))
	for {
		wanted := k.wanted
		if k.waiting { // since a question that was withdrawn
			wanted = nil
		}
		select {
		case wanted <- struct{}{}:
			k.waiting = true
		case l := <-k.typed:
			k.waiting = false
			if l.at.After(asked) {
				k.console.answered("")
				return answerOf(l.text), nil
			}
		case <-ctx.Done():
			k.console.answered("the question is withdrawn")
			return remote.No, context.Cause(ctx)
		case <-k.ended:
			k.console.answered("nobody can answer any more")
			return remote.No, errNobody
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
