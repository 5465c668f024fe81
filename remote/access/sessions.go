package access

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"techsh/codec"
)

const (
	defaultSessions     = 64
	defaultSessionsEach = 8 // the largest number of sessions of one peer
	checkDelay          = 500 * time.Millisecond
)

// Sessions holds the open sessions. The zero value is ready for use.
type Sessions struct {
	mu     sync.Mutex
	open   []*openSession
	serial int64
}

type openSession struct {
	guest *Guest
	check func()
}

// Limits are the largest numbers of open sessions or connections: All is the limit for
// all together, and Each is the limit for each peer or address. 0 means the default.
type Limits struct{ All, Each int }

// Enter adds the session of a guest and returns its number, or an error if the limits are
// reached. The caller must call leave to remove it. Until then Watch regularly calls
// check, which checks the rights of the guest.
func (s *Sessions) Enter(g *Guest, limits Limits, check func()) (id int64, leave func(), err error) {
	all, each := cmp.Or(limits.All, defaultSessions), cmp.Or(limits.Each, defaultSessionsEach)
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, o := range s.open {
		if g.id != "" && o.guest.id == g.id {
			n++
		}
	}
	switch {
	case n >= each:
		return 0, nil, busy("%s has %d connections already, the limit is %d", g.name, n, each)
	case len(s.open) >= all:
		return 0, nil, busy("%d connections are open already, the limit is %d", len(s.open), all)
	}
	s.serial++
	entered := &openSession{g, check}
	s.open = append(s.open, entered)
	return s.serial, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open = slices.DeleteFunc(s.open, func(o *openSession) bool { return o == entered })
	}, nil
}

func busy(format string, args ...any) *codec.Error {
	e := codec.Errorf(codec.Busy, format, args...)
	e.Hint = "close one, or have techshd started with --sessions"
	return e
}

// Len returns the number of open sessions.
func (s *Sessions) Len() int { return len(s.all()) }

func (s *Sessions) all() []*openSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.open)
}

// Others returns the names of all guests except g.
func (s *Sessions) Others(g *Guest) (names []string) {
	for _, o := range s.all() {
		if o.guest.name != g.name {
			names = append(names, o.guest.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Watch regularly calls the check functions of all sessions, and after them the function
// passed as also. It returns when ctx ends.
func (s *Sessions) Watch(ctx context.Context, also func()) {
	ticker := time.NewTicker(checkDelay)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			for _, o := range s.all() {
				o.check()
			}
			also()
		case <-ctx.Done():
			return
		}
	}
}
