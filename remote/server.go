// Package remote is the helped computer: a techsh server that any program
// can embed.
//
//	s := &remote.Server{Gate: &remote.Paired{Identity: identity, Peers: folder, Folder: folder}}
//	err := s.Serve(ctx, listener)
//
// Who looks for one half of a command finds the other under the same name in
// package shell:
//
//   - listing.go, search.go: DIR STAT · FIND DU HASH DF
//   - files.go, transfers.go: CD PWD CAT MKD DEL COPY MOVE · GET PUT PART
//   - programs.go, started.go: EXEC SH · RUN
//   - processes.go, network.go: PS KILL · NET
//   - screen.go: DISP SHOT
//   - machine.go, help.go: ECHO TIME NAME RAND INFO WHO PING SAY EXIT · HELP
//
// Around the rooms: server.go accepts, lobby.go has who waits, gate.go and
// paired.go let in, guests.go knows who is there, session.go answers one
// client's calls, ask.go asks the person here, journal.go, audit.go and
// events.go keep what was done. verbs.go has the rows that the rooms' tables are made of;
// paths.go finds what a typed path means, on the disk.go or in the jail.go that
// a session gets at, and completion.go what it can become; walks.go goes through
// folders and what is below, names.go is a list of what is wanted of them;
// put.go, moves.go and copies.go have what PUT, MOVE and COPY do, commandline.go
// and environment.go what a program is started with, process.go one that runs,
// input.go and terminal.go how it is typed to; view.go reads what SHOT is to show,
// camera.go and library.go see it; system.go asks any system about what runs on
// it, host_*.go and the other files of one system are what differs between them.
package remote

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

// ErrNoGate is what Serve refuses to start with.
var ErrNoGate = errors.New("a server without a gate would let anybody in")

// errDraining ends the sessions of a server that goes down.
var errDraining = codec.Errorf(codec.Draining, "")

// A Server serves technicians. Its fields must not change while it serves.
type Server struct {
	// Gate decides who may speak. Serve needs one.
	Gate Gate
	// Dir is where sessions begin without a Root; "" is the process's working
	// folder.
	Dir string
	// Root is the folder that sessions see as the root, and whose files are all
	// they get at, except by programs; "" is the whole machine.
	Root string
	// Private is a folder that no session gets at, wherever it is met: that of
	// the server's own identity and peers; "" is none.
	Private string
	// Deny is what nobody may do, whatever the gate says.
	Deny trust.Rights
	// Ask asks the person at this computer before a program is run, the screen
	// is seen, or something is deleted; nil asks nobody. An error is no.
	Ask func(ctx context.Context, q Question) (Answer, error)
	// Audit keeps what was done; nil keeps nothing.
	Audit *Audit
	// Sessions is how many there may be at a time, SessionsEach how many of one
	// peer; 0 is 64 and 8.
	Sessions, SessionsEach int
	// Log is the console on which the person at this computer sees each
	// session and each action; nil is slog.Default.
	Log *slog.Logger

	lobby   lobby
	guests  guests
	started started
	cameras cameras
	once    sync.Once
	self    known
}

// known is what the server finds out once.
type known struct {
	host, user string
	rows       []row
}

func (s *Server) known() *known {
	s.once.Do(func() {
		s.self = known{user: userName(), rows: rows()}
		s.self.host, _ = os.Hostname()
	})
	return &s.self
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

// Serve accepts connections from l, which it closes, and serves each until
// it ends. When ctx ends it hangs up on all of them, waits for every
// goroutine and program that it has started, and returns nil. Other errors
// are the listener's.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if s.Gate == nil {
		l.Close()
		return ErrNoGate
	}
	d, _, err := s.disk() // that it is there is found out now
	if err != nil {
		l.Close()
		return err
	}
	d.close()
	defer s.cameras.close()
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	wg.Go(func() { s.guests.keep(ctx, s.started.sweep) })
	backoff := time.Duration(0)
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err != nil { // out of descriptors, say: it passes
			backoff = min(max(2*backoff, 5*time.Millisecond), time.Second)
			s.log().Warn("accept", "err", err, "again in", backoff)
			select {
			case <-time.After(backoff):
			case <-ctx.Done():
			}
			continue
		}
		backoff = 0
		leave := s.lobby.enter(conn) // here, in the order in which they come
		wg.Go(func() { s.welcome(ctx, conn, leave) })
	}
}

// welcome has the gate decide about a connection, and serves who is let in.
func (s *Server) welcome(ctx context.Context, conn net.Conn, leave func()) {
	defer conn.Close()
	defer leave()
	from := conn.RemoteAddr().String()
	g, err := s.Gate.Enter(ctx, conn)
	leave()
	if err != nil {
		conn.Close() // whatever the console is doing
		s.refused(from, err)
		return
	}
	if g.fresh {
		may, _ := g.may()
		s.log().Info("paired", "peer", g.name, "id", g.id.Short(), "may", may&^s.Deny)
		s.audit(Event{What: "paired", Peer: g.name, ID: string(g.id), From: from})
	}
	_ = s.serve(ctx, g, from)
}

// refused tells the person here that somebody was not let in.
func (s *Server) refused(from string, why error) {
	more, tells := 0, true
	if _, ok := errors.AsType[*notable](why); !ok {
		more, tells = s.lobby.tells()
	}
	if !tells || errors.Is(why, errSilent) {
		return
	}
	attrs := []any{"from", from, "err", codec.Show(why.Error())}
	if more > 0 {
		attrs = append(attrs, "untold", more)
	}
	s.log().Warn("refused", attrs...)
	s.audit(Event{What: "refused", From: from, Result: why.Error()})
}

// audit keeps what is no call.
func (s *Server) audit(e Event) {
	if err := s.Audit.Write(e); err != nil {
		s.log().Error("audit", "err", err)
	}
}

// ServeConn serves one connection, which it closes, whose client somebody
// else has let in, such as the sshd behind techshd --stdio. The client is called
// name in the logs and to the person here. It returns when the conversation and
// all that it started have ended, with nil when that was peaceful.
func (s *Server) ServeConn(ctx context.Context, conn io.ReadWriteCloser, name string) error {
	from := "standard input"
	if c, ok := conn.(net.Conn); ok {
		from = c.RemoteAddr().String()
	}
	defer s.cameras.close()
	watched := link.NewTimedConn(conn)
	g := &Guest{name: name, conn: codec.NewConn(watched), watched: watched, may: everything}
	g.conn.Hand = true
	return s.serve(ctx, g, from)
}

// serve greets a guest and answers the calls that it makes.
func (s *Server) serve(above context.Context, g *Guest, from string) (err error) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(above)) // which would end it for no reason
	defer cancel(nil)
	ss := &session{server: s, guest: g, from: from, end: cancel}
	if ss.disk, ss.cwd, err = s.disk(); err != nil {
		s.log().Error("folder", "err", err)
		g.conn.Close()
		return err
	}
	defer ss.disk.close()
	leave, err := s.guests.enter(ss)
	if err != nil {
		if more, tells := s.lobby.tells(); tells {
			s.log().Warn("refused", "from", from, "peer", g.name, "err", err, "untold", more)
			s.audit(Event{What: "refused", Peer: g.name, ID: string(g.id), From: from, Result: err.Error()})
		}
		_ = errors.Join(g.conn.WriteWords(codec.ERR, codec.Explain("", err).Words()...), g.conn.Flush(), g.conn.CloseWrite())
		return errors.Join(err, g.conn.Close())
	}
	defer leave()
	ss.log = s.log().With("session", ss.id, "peer", g.name)
	defer ss.telling.Wait()
	defer g.conn.Close()
	defer func() {
		if r := recover(); r != nil {
			ss.log.Error("panic", "value", r, "stack", string(debug.Stack()))
			err = codec.Errorf(codec.Internal, "panic")
		}
		ss.disconnected(err)
	}()
	defer context.AfterFunc(above, ss.drain)()
	stop := context.AfterFunc(ctx, func() { g.conn.Close() }) // the client may not read
	err = ss.greet()
	if !stop() {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	return link.New(g.conn, g.watched).Serve(ctx, ss.handle)
}
