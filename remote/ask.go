package remote

import (
	"context"
	"errors"

	"techsh/codec"
)

// A Question is what a person at the helped computer is asked: may Peer do
// this?
type Question struct {
	Peer  string
	Verb  string // as it is typed: exec
	Words string // the rest of the line
}

// An Answer is what the person says.
type Answer int

// The answers.
const (
	No Answer = iota
	Yes
	ForSession // yes, and to all of this kind until the peer disconnects
)

func (a Answer) String() string {
	switch a {
	case Yes:
		return "yes"
	case ForSession:
		return "for this session"
	}
	return "no"
}

// ask asks the person here about a call, if that is wanted. The error is that
// it is declined, or why nobody answers.
func (s *session) ask(ctx context.Context, r *request) error {
	if s.server.Ask == nil || !r.row.asks || s.agreed.Has(r.row.right) {
		return nil
	}
	host := s.server.known().host
	verb := r.name()
	if err := errors.Join(r.WriteWords(codec.NEWS, codec.Lits("asking", "the person there is being asked")...), r.Flush()); err != nil {
		return err
	}
	answer, err := s.server.Ask(ctx, Question{s.guest.name, verb, r.said()})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return codec.Errorf(codec.Declined, "%s has to be allowed by a person at %s, and cannot be: %v", verb, host, err)
	}
	s.log.Info("asked", "verb", verb, "words", r.said(), "answer", answer.String())
	switch answer {
	case ForSession:
		s.agreed |= r.row.right
		return nil
	case Yes:
		return nil
	}
	return codec.Errorf(codec.Declined, "the person at %s said no", host)
}
