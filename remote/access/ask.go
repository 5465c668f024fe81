package access

import (
	"context"
	"errors"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

// A Question is what the person at this computer is asked: may Peer do this?
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

// A Consent is what the person at this computer has allowed one session.
type Consent struct {
	ask    func(ctx context.Context, q Question) (Answer, error)
	host   string
	agreed trust.Rights
}

// NewConsent returns the consent of a person that ask asks; nil asks nobody. The
// host is what this computer is called.
func NewConsent(host string, ask func(ctx context.Context, q Question) (Answer, error)) *Consent {
	return &Consent{ask: ask, host: host}
}

// Ask asks the person about a call, if that is needed. The error is that the
// person has declined, or why nobody can answer.
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
