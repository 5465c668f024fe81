// Package remote is the served half of techsh: a server that any program can
// embed.
//
//	s := &remote.Server{Gate: &access.Paired{Identity: identity, Peers: folder, Folder: folder}}
//	err := s.Serve(ctx, listener)
//
// The server accepts, has a gate of package access decide, greets, and hands each
// call to the verb that it means. The verbs are in rooms, which have the same
// names as those of the commands in package shell: files, transfers, programs,
// screen and machine. A room sees a verb.Request and nothing of the server.
package remote

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote/access"
	"techsh/remote/audit"
	"techsh/remote/disk"
	"techsh/remote/machine"
	"techsh/remote/programs"
	"techsh/remote/screen"
	"techsh/remote/verb"
)

// ErrNoGate is returned by Serve if there is no gate.
var ErrNoGate = errors.New("a server without a gate would let anybody in")

// errDraining ends the sessions of a server that is being stopped.
var errDraining = codec.Errorf(codec.Draining, "")

// A Server serves technicians. Its fields must not change while it serves.
type Server struct {
	// Gate decides who may speak. Serve needs one.
	Gate access.Gate
	// Dir is where sessions begin without a Root; "" is the working folder of the
	// process.
	Dir string
	// Root is the folder that sessions see as the root, and which only programs can
	// leave; "" is the whole machine.
	Root string
	// Private is a folder that no session can reach, wherever it is met: that of the
	// identity and the peers of the server; "" is none.
	Private string
	// Deny is what nobody may do, whatever the gate says.
	Deny trust.Rights
	// Ask asks the person at this computer before a program is run, the screen is
	// shown, or something is deleted; nil asks nobody. An error means no.
	Ask func(ctx context.Context, q access.Question) (access.Answer, error)
	// Audit records what was done; nil records nothing.
	Audit *audit.Log
	// Sessions is how many sessions may be open, SessionsEach how many of one peer; 0
	// is 64 and 8.
	Sessions, SessionsEach int
	// Verbs are more verbs, besides those of the rooms.
	Verbs verb.Table
	// Log is the console on which the person at this computer sees each session and
	// each action; nil is slog.Default.
	Log *slog.Logger

	pending  access.Pending
	refusals access.LogLimit
	sessions access.Sessions
	once     sync.Once
	info     serverInfo
}

// serverInfo is what the server finds out once, and what its rooms remember.
type serverInfo struct {
	self     machine.Self
	programs *programs.Programs
	screen   *screen.Screen
}

func (s *Server) known() *serverInfo {
	s.once.Do(func() {
		s.info = serverInfo{self: machine.NewSelf(), programs: programs.New(), screen: screen.New()}
	})
	return &s.info
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

// Load returns how many connections are not let in yet, and how many sessions are
// open.
func (s *Server) Load() (pending, sessions int) { return s.pending.Len(), s.sessions.Len() }

// Serve accepts connections from l, which it closes, and serves each until it
// ends. When ctx ends it hangs up on all of them, waits for every goroutine and
// program that it has started, and returns nil. Other errors are those of the
// listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if s.Gate == nil {
		l.Close()
		return ErrNoGate
	}
	view, err := s.view() // a missing Root is reported now
	if err != nil {
		l.Close()
		return err
	}
	view.FS.Close()
	defer s.known().screen.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	wg.Go(func() { s.sessions.Watch(ctx, s.known().programs.Sweep) })
	return link.Accept(ctx, l, s.log(), func(conn net.Conn) {
		leave := s.pending.Enter(conn) // in the order in which connections come
		wg.Go(func() { s.welcome(ctx, conn, leave) })
	})
}

// view opens the file system for one session. The private folder is made before a
// peer can make it that may put files but not run programs, and would gain by it.
func (s *Server) view() (*disk.View, error) {
	return disk.Open(disk.Options{
		Root: s.Root, Dir: s.Dir, Private: s.Private,
		MakePrivate: s.Deny&(trust.Put|trust.Exec) == trust.Exec,
	})
}

// welcome has the gate decide about a connection, and serves the guest behind it.
func (s *Server) welcome(ctx context.Context, conn net.Conn, leave func()) {
	defer conn.Close()
	defer leave()
	from := conn.RemoteAddr().String()
	g, err := s.Gate.Enter(ctx, conn)
	leave()
	if err != nil {
		conn.Close() // before the log, which may be slow
		s.refused(from, err)
		return
	}
	if !g.Admitted() {
		s.log().Error("the gate has returned a guest that it did not let in", "from", from)
		return
	}
	if g.Paired() {
		may, _ := g.May()
		s.log().Info("paired", "peer", g.Name(), "id", g.ID().Short(), "may", may&^s.Deny)
		s.record(audit.Event{What: "paired", Peer: g.Name(), ID: string(g.ID()), From: from})
	}
	_ = s.serve(ctx, g, from)
}

// refused logs that a peer was not let in.
func (s *Server) refused(from string, why error) {
	skipped, ok := 0, true
	if _, notable := errors.AsType[*access.NotableError](why); !notable {
		skipped, ok = s.refusals.Allow()
	}
	if !ok || errors.Is(why, access.ErrSilent) {
		return
	}
	attrs := []any{"from", from, "err", codec.Show(why.Error())}
	if skipped > 0 {
		attrs = append(attrs, "untold", skipped)
	}
	s.log().Warn("refused", attrs...)
	s.record(audit.Event{What: "refused", From: from, Result: why.Error()})
}

// record writes an event to the audit log that belongs to no session.
func (s *Server) record(e audit.Event) {
	if err := s.Audit.Write(e); err != nil {
		s.log().Error("audit", "err", err)
	}
}

// ServeConn serves one connection, which it closes, whose peer was let in by
// another program, such as the sshd in front of techshd --stdio. The peer is
// called name in the logs and to the person at this computer. ServeConn returns
// when the conversation and all that it started have ended, and nil if the end
// was peaceful.
func (s *Server) ServeConn(ctx context.Context, conn io.ReadWriteCloser, name string) error {
	from := "standard input"
	if c, ok := conn.(net.Conn); ok {
		from = c.RemoteAddr().String()
	}
	defer s.known().screen.Close()
	return s.serve(ctx, access.NewGuest(conn, name), from)
}

// serve greets a guest and answers its calls.
func (s *Server) serve(serverCtx context.Context, g *access.Guest, from string) (err error) {
	// The end of the server would give the session no reason.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(serverCtx))
	defer cancel(nil)
	conn, watched := g.Conn()
	view, err := s.view()
	if err != nil {
		s.log().Error("folder", "err", err)
		conn.Close()
		return err
	}
	defer view.FS.Close()
	ss := newSession(s, g, view, from, cancel)
	id, leave, err := s.sessions.Enter(g, access.Limits{All: s.Sessions, Each: s.SessionsEach}, ss.check)
	if err != nil {
		return errors.Join(err, s.turnAway(g, from, err))
	}
	defer leave()
	ss.enter(id)
	defer ss.telling.Wait()
	defer conn.Close()
	defer func() {
		if r := recover(); r != nil {
			ss.log.Error("panic", "value", r, "stack", string(debug.Stack()))
			err = codec.Errorf(codec.Internal, "panic")
		}
		ss.disconnected(err)
	}()
	defer context.AfterFunc(serverCtx, ss.drain)()
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // the client may not read
	err = ss.greet()
	if !stop() {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	return link.New(conn, watched).Serve(ctx, ss.handle)
}

// turnAway hangs up on a guest for which there is no room.
func (s *Server) turnAway(g *access.Guest, from string, why error) error {
	if skipped, ok := s.refusals.Allow(); ok {
		s.log().Warn("refused", "from", from, "peer", g.Name(), "err", why, "untold", skipped)
		s.record(audit.Event{
			What: "refused", Peer: g.Name(), ID: string(g.ID()), From: from, Result: why.Error(),
		})
	}
	conn, _ := g.Conn()
	_ = errors.Join(conn.WriteWords(codec.ERR, codec.Explain("", why).Words()...), conn.Flush(), conn.CloseWrite())
	return conn.Close()
}
