package remotetest

import (
	"context"

	"techsh/remote"
	"techsh/remote/access"
)

// A Person answers the questions of a server.
type Person struct {
	Asked  chan access.Question
	Answer chan access.Answer
}

func NewPerson(s *remote.Server) *Person {
	p := &Person{make(chan access.Question, 100), make(chan access.Answer, 100)}
	s.Ask = func(ctx context.Context, q access.Question) (access.Answer, error) {
		p.Asked <- q
		select {
		case a := <-p.Answer:
			return a, nil
		case <-ctx.Done():
			return access.No, context.Cause(ctx)
		}
	}
	return p
}
