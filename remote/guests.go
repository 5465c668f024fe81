package remote

import (
	"context"
	"slices"
	"sync"
	"time"

	"techsh/codec"
)

const (
	sessionsAll  = 64
	sessionsEach = 8 // of one peer
	checkEvery   = time.Second
)

// guests are the sessions there are.
type guests struct {
	mu     sync.Mutex
	live   []*session
	serial int64
}

// enter gives a session its number, if there is room for one.
func (g *guests) enter(s *session) (leave func(), err error) {
	all, each := s.server.Sessions, s.server.SessionsEach
	if all == 0 {
		all = sessionsAll
	}
	if each == 0 {
		each = sessionsEach
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, o := range g.live {
		if s.guest.id != "" && o.guest.id == s.guest.id {
			n++
		}
	}
	switch {
	case n >= each:
		return nil, busy("%s has %d connections already, the most is %d", s.guest.name, n, each)
	case len(g.live) >= all:
		return nil, busy("%d connections are open already, the most is %d", len(g.live), all)
	}
	g.serial++
	s.id = g.serial
	g.live = append(g.live, s)
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.live = slices.DeleteFunc(g.live, func(o *session) bool { return o == s })
	}, nil
}

func busy(format string, args ...any) *codec.Error {
	e := codec.Errorf(codec.Busy, format, args...)
	e.Hint = "close one, or have techshd started with --sessions"
	return e
}

func (g *guests) all() []*session {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.live)
}

// others returns the names of who is there besides s.
func (g *guests) others(s *session) (names []string) {
	for _, o := range g.all() {
		if o.guest.name != s.guest.name {
			names = append(names, o.guest.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// keep looks after everybody's rights until ctx ends, and does what else is
// done from time to time.
func (g *guests) keep(ctx context.Context, also func()) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			for _, s := range g.all() {
				s.check()
			}
			also()
		case <-ctx.Done():
			return
		}
	}
}
