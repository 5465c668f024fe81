// Package remote implements techshd, the server of techsh, in a form that any program can
// embed.
//
//	s := &remote.Server{Gate: &access.Paired{Identity: identity, Peers: folder, Folder: folder}}
//	err := s.Serve(ctx, listener)
//
// The server accepts connections, lets a gate of package access decide which peers may
// use the server, greets the client, and passes each call to the function of its verb.
// The verbs are divided into the packages files, transfers, programs, screen and machine;
// the commands of package shell are divided in the same way. A verb sees a verb.Request
// and no other part of the server.
package remote

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"runtime/debug"
	"sync"

	"techsh/codec"
	"techsh/codec/landing"
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
var ErrNoGate = errors.New("a server without a gate would admit everybody")

// errDraining is the reason for the end of the sessions of a server that is being
// stopped.
var errDraining = codec.Errorf(codec.Draining, "")

// A Server serves technicians. Its fields must not change while it serves.
type Server struct {
	// Gate decides which peers are admitted. Serve requires one.
	Gate access.Gate
	// Dir is the folder in which sessions begin if there is no Root; "" means the working
	// folder of the process.
	Dir string
	// Root is the folder that sessions see as the root of the file system; "" means the
	// whole machine. Programs that a session runs are not limited to it.
	Root string
	// Private is the folder with the identity and the peers of the server. No session can
	// reach this folder, by any path; "" means that there is no such folder.
	Private string
	// Umask holds the permissions that are removed from files and folders that the server
	// receives.
	Umask landing.Umask
	// Deny are the rights that no peer has, whatever the gate says.
	Deny trust.Rights
	// Ask, if it is not nil, asks the person at this computer before a program is run or
	// ended, the screen is shown, or something is deleted, moved or replaced. An error
	// means no. Ask is not called concurrently.
	Ask func(ctx context.Context, q access.Question) (access.Answer, error)
	// Variables lists names, or patterns of names, of environment variables. If Ask is
	// not nil, clients may set only these variables and programs.PlainVariables for
	// programs.
	Variables []string
	// Guardian, if it is not nil, returns the command of a guardian. A guardian is a
	// process that ends the running programs when this process is killed, see
	// programs.Guardian.
	Guardian func(context.Context) *exec.Cmd
	// Audit records the calls of all sessions; nil records nothing.
	Audit *audit.Log
	// Sessions limits the number of open sessions, and SessionsEach limits the number of
	// open sessions of one peer. 0 means 64 for Sessions, and 8 for SessionsEach.
	Sessions, SessionsEach int
	// Verbs are additional verbs.
	Verbs verb.Table
	// Log receives a record for each session and each call, for the person at this
	// computer; nil means slog.Default.
	Log *slog.Logger

	pending   access.Pending
	refusals  access.LogLimit
	sessions  access.Sessions
	questions access.Questions
	abandoned abandonedCalls
	once      sync.Once
	info      serverInfo
}

// serverInfo holds facts that the server looks up once, and the state of verbs. All
// sessions share this state.
type serverInfo struct {
	self     machine.Self
	programs *programs.Programs
	screen   *screen.Screen
}

func (s *Server) known() *serverInfo {
	s.once.Do(func() {
		s.info = serverInfo{
			self: machine.NewSelf(), programs: programs.New(s.settable()...), screen: screen.New(),
		}
		s.info.programs.GuardBy(s.Guardian, s.log())
	})
	return &s.info
}

// close ends what the server keeps for later calls: the captures of the screen and the
// guardian.
func (i *serverInfo) close() {
	i.screen.Close()
	i.programs.Close()
}

// settable returns the variables that clients may set for programs; nil means no limit.
// There is a limit if a person is asked about programs: the person sees the variables,
// but does not know which of them make programs run something else.
func (s *Server) settable() []string {
	if s.Ask == nil {
		return nil
	}
	return append(programs.PlainVariables(), s.Variables...)
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

// Load returns the number of connections that are not admitted yet, and the number of
// open sessions.
func (s *Server) Load() (pending, sessions int) { return s.pending.Len(), s.sessions.Len() }

// Serve accepts connections from l and serves each until the connection ends. It closes
// l. When ctx ends, Serve hangs up on all connections, waits for every goroutine and
// program that it has started, and returns nil. It returns an error if it cannot start or
// the listener fails.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if s.Gate == nil {
		l.Close()
		return ErrNoGate
	}
	view, err := s.view() // reports a missing Root before anyone connects
	if err != nil {
		l.Close()
		return err
	}
	view.FS.Close()
	defer s.known().close()
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	wg.Go(func() { s.sessions.Watch(ctx, s.known().programs.Sweep) })
	return link.Accept(ctx, l, s.log(), func(conn net.Conn) {
		from := conn.RemoteAddr().String()
		waits, pending, err := s.pending.Enter(ctx, conn) // before wg.Go, to keep the order of connections
		if err != nil {
			s.refused(from, err)
			return
		}
		wg.Go(func() {
			if g := s.welcome(waits, pending, from); g != nil {
				_ = s.serve(ctx, g, from)
			}
		})
	})
}

// view opens the file system for one session. If peers may put files but not run
// programs, it makes the private folder. Otherwise such a peer could make that folder,
// and give itself more rights.
func (s *Server) view() (*disk.View, error) {
	return disk.Open(disk.Options{
		Root: s.Root, Dir: s.Dir, Private: s.Private, Umask: s.Umask,
		MakePrivate: s.Deny&(trust.Put|trust.Exec) == trust.Exec,
	})
}

// welcome lets the gate decide about a connection. It returns nil, and closes the
// connection, if the peer is not admitted.
func (s *Server) welcome(ctx context.Context, conn *access.PendingConn, from string) *access.Guest {
	g, err := s.Gate.Enter(ctx, conn)
	conn.Leave()
	if err != nil {
		conn.Close() // before logging, which may be slow
		s.refused(from, err)
		return nil
	}
	if !g.Admitted() {
		conn.Close()
		s.log().Error("the gate has returned a guest that it did not let in", "from", from)
		return nil
	}
	if g.Paired() {
		may, _ := g.May()
		s.log().Info("paired", "peer", g.Name(), "id", g.ID().Short(), "may", may&^s.Deny)
		s.record(audit.Event{What: "paired", Peer: g.Name(), ID: string(g.ID()), From: from})
	}
	return g
}

// refused logs that a peer was not admitted.
func (s *Server) refused(from string, why error) {
	if errors.Is(why, access.ErrSilent) {
		return
	}
	skipped, ok := 0, true
	_, notable := errors.AsType[*access.NotableError](why)
	if !notable {
		skipped, ok = s.refusals.Allow()
	}
	if !ok {
		return
	}
	attrs := []any{"from", from, "err", codec.Show(why.Error())}
	if skipped > 0 {
		attrs = append(attrs, "untold", skipped)
	}
	s.log().Warn("refused", attrs...)
	s.record(audit.Event{What: "refused", From: from, Result: why.Error(), Notable: notable})
}

// record writes an event to the audit log. The event belongs to no session.
func (s *Server) record(e audit.Event) {
	if err := s.Audit.Write(e); err != nil {
		s.log().Error("audit", "err", err)
	}
}

// ServeConn serves one connection, which it closes. Another program, such as the sshd
// that runs techshd --stdio, must have authenticated the peer. name is the name of the
// peer in logs and in questions to the person at this computer. ServeConn returns when
// the conversation and everything that it has started have ended. The error is nil if the
// client has ended the conversation properly.
func (s *Server) ServeConn(ctx context.Context, conn io.ReadWriteCloser, name string) error {
	from := "standard input"
	if c, ok := conn.(net.Conn); ok {
		from = c.RemoteAddr().String()
	}
	defer s.known().close()
	return s.serve(ctx, access.NewGuest(conn, name), from)
}

// serve greets a guest and answers its calls.
func (s *Server) serve(serverCtx context.Context, g *access.Guest, from string) (err error) {
	// ctx is not derived from serverCtx. Otherwise the session would end with serverCtx,
	// without a reason for its end.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(serverCtx))
	defer cancel(nil)
	conn, watched := g.Conn()
	view, err := s.openView(g, from)
	if errors.Is(err, &codec.Error{Code: codec.Busy}) {
		return errors.Join(err, s.turnAway(g, from, err))
	}
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
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // ends greet if the client does not read
	err = ss.greet(ctx)
	if !stop() {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	l := link.New(conn, watched)
	l.Grace, l.Abandon = ss.grace, ss.abandon
	return l.Serve(ctx, ss.handle)
}

// turnAway hangs up on a guest that exceeds the limits of sessions.
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
