package remote

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// A session is one client after the gate. Its calls come one at a time.
type session struct {
	server *Server
	id     int64
	peer   Peer
	cwd    string // absolute
	log    *slog.Logger
}

func (s *session) hello() codec.Hello {
	self := s.server.known()
	h := codec.Hello{
		Versions: []string{codec.Version}, Session: strconv.FormatInt(s.id, 10),
		System: runtime.GOOS, Host: self.host, User: self.user, Cwd: s.cwd,
	}
	for _, r := range s.server.known().rows {
		h.Verbs = append(h.Verbs, r.verb)
	}
	return h
}

// handle answers one call.
func (s *session) handle(ctx context.Context, c *link.Call) (pairs codec.Pairs, err error) {
	started := time.Now()
	r := &request{Call: c, session: s}
	name := "?"
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic", "verb", name, "value", p, "stack", string(debug.Stack()))
			err = link.Fatal(codec.Errorf(codec.Internal, "the server made a mistake in this call: its log has the details"))
		}
		took := time.Since(started).Round(time.Millisecond)
		if err != nil && !errors.Is(err, link.ErrBye) {
			s.log.Warn("failed", "verb", name, "err", codec.Show(err.Error()), "took", took)
		} else if took > time.Second {
			s.log.Info("done", "verb", name, "took", took)
		}
	}()
	if r.row, err = find(s.server.known().rows, c); err != nil {
		c.NoStream()
		return nil, err
	}
	name = strings.ToLower(r.row.verb)
	if !r.row.stream {
		c.NoStream()
	}
	words, line, err := c.Words()
	if err != nil {
		return nil, err
	}
	r.line = line
	s.log.Info(name, "words", codec.Show(line))
	if r.args, err = codec.Options(words, r.row.options, r.row.leading); err != nil {
		return nil, codec.Errorf(codec.BadRequest, "%v: %s", err, r.row.usage())
	}
	return r.row.run(ctx, r)
}
