package access

import (
	"context"
	"errors"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

// A Question asks the person at this computer whether Peer may make a call.
type Question struct {
	Peer  string
	Verb  string // as it is typed: exec
	Words string // the rest of the line
}

// An Answer is the answer of the person.
type Answer int

// The answers.
const (
	No Answer = iota
	Yes
	ForSession // yes, also to all later questions of this kind until the peer disconnects
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

// A Consent holds the answers of the person at this computer for one session.
type Consent struct {
	ask    func(ctx context.Context, q Question) (Answer, error)
	host   string
	agreed trust.Rights
}

// NewConsent returns a Consent that calls ask for each question. If ask is nil, nobody is
// asked and everything is allowed. host is the name of this computer.
func NewConsent(host string, ask func(ctx context.Context, q Question) (Answer, error)) *Consent {
	return &Consent{ask: ask, host: host}
}

// Ask asks the person about a call, if its verb requires that. It returns an error if the
// person has declined or nobody can answer.
func (c *Consent) Ask(ctx context.Context, r *verb.Request) error {
	if c.ask == nil || !r.Row.Asks || c.agreed.Has(r.Row.Right) {
		return nil
	}
	err := r.Call.WriteWords(codec.NEWS, codec.Lits("asking", "the person at the remote computer is being asked")...)
	if err := errors.Join(err, r.Call.Flush()); err != nil {
		return err
	}
	answer, err := c.ask(ctx, Question{r.Peer.Name, r.Name(), r.Shown()})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return codec.Errorf(codec.Declined,
			"%s has to be allowed by a person at %s, and cannot be: %v", r.Name(), c.host, err)
	}
	r.Log.Info("asked", "verb", r.Name(), "words", r.Shown(), "answer", answer.String())
	switch answer {
	case ForSession:
		c.agreed |= r.Row.Right
		return nil
	case Yes:
		return nil
	}
	return codec.Errorf(codec.Declined, "the person at %s said no", c.host)
}
