package access

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

// A Question asks the person at this computer whether Peer may make a call.
type Question struct {
	Peer  string
	Verb  string // the verb as it is typed, such as exec
	Words string // what the call will do, with paths in which links are resolved, and names and numbers of things
}

// An Answer is the answer of the person.
type Answer int

// The answers.
const (
	No Answer = iota
	Yes
	ForSession // yes, also to all later questions about this verb until the peer disconnects
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

const answerTimeout = 2 * time.Minute

// Questions holds the open questions of all sessions. A peer can have only one open
// question, and the person is asked one question at a time. The zero value is ready for
// use.
type Questions struct {
	mu   sync.Mutex
	open map[string]bool // the keys of the peers that have an open question
	turn chan struct{}   // full while the person is being asked
}

// isOpen reports whether the peer has an open question.
func (q *Questions) isOpen(peer string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.open[peer]
}

// enter opens a question of a peer and waits for its turn. The caller must call leave
// when the question is no longer open. ok is false if the peer already has an open
// question.
func (q *Questions) enter(ctx context.Context, peer string) (leave func(), ok bool, err error) {
	q.mu.Lock()
	if q.open[peer] {
		q.mu.Unlock()
		return nil, false, nil
	}
	if q.turn == nil {
		q.open, q.turn = map[string]bool{}, make(chan struct{}, 1)
	}
	q.open[peer] = true
	turn := q.turn
	q.mu.Unlock()
	shut := func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.open, peer)
	}
	select {
	case turn <- struct{}{}:
	default:
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			shut()
			return nil, true, context.Cause(ctx)
		}
	}
	return func() { <-turn; shut() }, true, nil
}

// A Consent holds the answers of the person at this computer for one session.
type Consent struct {
	questions *Questions
	ask       func(ctx context.Context, q Question) (Answer, error)
	host      string
	agreed    map[string]bool // the verbs about which the person is not asked again
}

// NewConsent returns a Consent that calls ask for each question. If ask is nil, nobody is
// asked and everything is allowed. host is the name of this computer.
func NewConsent(host string, questions *Questions, ask func(context.Context, Question) (Answer, error)) *Consent {
	return &Consent{questions: questions, ask: ask, host: host, agreed: map[string]bool{}}
}

// Ask asks the person about a call, if its verb requires that, and asks again if the plan
// for the call has changed by the time of the answer. It returns an error if the person
// declines or nobody can answer. While a question is open, the same peer can change
// nothing else.
func (c *Consent) Ask(ctx context.Context, r *verb.Request) error {
	asks := r.Row.Plan != nil && !c.agreed[r.Row.Verb]
	if c.ask == nil || !asks && r.Row.Right&trust.Changing == 0 {
		return nil
	}
	if c.questions.isOpen(r.Peer.Key) {
		return c.busy(r)
	}
	if !asks {
		return nil
	}
	plan, err := newPlan(ctx, r)
	if err != nil {
		return err
	}
	if plan.Text != "" && (r.Agreed == nil || !r.Agreed.Equal(plan)) {
		leave, ok, err := c.questions.enter(ctx, r.Peer.Key)
		if !ok || err != nil {
			return cmp.Or(err, c.busy(r))
		}
		leave = sync.OnceFunc(leave)
		defer leave()
		defer context.AfterFunc(ctx, leave)() // when the call is cancelled, because its Plan may hang then
		return c.agree(ctx, r)
	}
	r.Agreed = &plan
	return nil
}

func newPlan(ctx context.Context, r *verb.Request) (verb.Plan, error) {
	plan, err := r.Row.Plan(ctx, r)
	if err == nil {
		err = plan.Err()
	}
	return plan, err
}

// agree makes the plan for the call and asks the person about it. It repeats this until a
// new plan is equal to the one that the person has agreed to, or needs no question.
func (c *Consent) agree(ctx context.Context, r *verb.Request) error {
	for {
		plan, err := newPlan(ctx, r)
		if err != nil {
			return err
		}
		known := plan.Text == "" || r.Agreed != nil && r.Agreed.Equal(plan)
		r.Agreed = &plan
		if known {
			return nil
		}
		if err := c.question(ctx, r); err != nil {
			return err
		}
	}
}

// question asks the person about the plan r.Agreed, and returns nil if the person says
// yes.
func (c *Consent) question(ctx context.Context, r *verb.Request) error {
	err := r.Call.WriteWords(codec.NEWS, codec.Lits("asking", "the person at the remote computer is being asked")...)
	if err := errors.Join(err, r.Call.Flush()); err != nil {
		return err
	}
	timed, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	answer, err := c.ask(timed, Question{r.Peer.Name, r.Name(), r.Agreed.Text})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && timed.Err() != nil:
		r.Log.Info("asked", "verb", r.Name(), "words", r.Shown(), "answer", "none")
		return codec.Errorf(codec.Declined, "the person at %s has not answered for %v", c.host, answerTimeout)
	case err != nil:
		return codec.Errorf(codec.Declined,
			"%s has to be allowed by a person at %s, and cannot be: %v", r.Name(), c.host, err)
	}
	r.Log.Info("asked", "verb", r.Name(), "words", r.Shown(), "answer", answer.String())
	switch answer {
	case ForSession:
		c.agreed[r.Row.Verb] = true
		return nil
	case Yes:
		return nil
	}
	return codec.Errorf(codec.Declined, "the person at %s said no", c.host)
}

func (c *Consent) busy(r *verb.Request) error {
	e := codec.Errorf(codec.Busy, "the person at %s is being asked about another call of %s", c.host, r.Peer.Name)
	e.Hint = "until the answer, nothing else can be changed there"
	return e
}
