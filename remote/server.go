// Package remote is the helped computer: a techsh server that any program
// can embed.
//
//	s := &remote.Server{Gate: remote.Cookie(cookie)}
//	err := s.Serve(ctx, listener)
//
// Who looks for one half of a command finds the other under the same name in
// package shell:
//
//   - listing.go, files.go, transfers.go: DIR STAT DU · CD PWD CAT MKD DEL COPY MOVE · GET PUT
//   - programs.go: EXEC SH
//   - screen.go: DISP SHOT
//   - machine.go: AUTH HELP ECHO TIME NAME RAND INFO PING EXIT
//
// Around the rooms: server.go accepts, gate.go lets in, session.go answers
// one client's calls, verbs.go has the rows that the rooms' tables are made
// of, paths.go finds what a typed path means, completion.go what it can become,
// moves.go has what COPY and MOVE do, process.go a running program, and
// host_*.go is what differs between systems.
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
	"sync/atomic"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// ErrNoGate is what Serve refuses to start with.
var ErrNoGate = errors.New("a server without a gate would let anybody in")

// errDraining ends the sessions of a server that goes down.
var errDraining = codec.Errorf(codec.Draining, "")

// A Server serves technicians. Its fields must not change while it serves.
type Server struct {
	// Gate decides who may speak. Serve needs one.
	Gate Gate
	// Dir is where sessions begin; "" is the process's working folder.
	Dir string
	// Log is the console on which the person at this computer sees each
	// session and each action; nil is slog.Default.
	Log *slog.Logger

	sessions atomic.Int64
	once     sync.Once
	self     known
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
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.Close() })()
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
		wg.Go(func() { _ = s.serve(ctx, conn, conn.RemoteAddr().String(), s.Gate) })
	}
}

// ServeConn serves one connection, which it closes, whose client somebody
// else has let in, such as the sshd behind techshd --stdio. It returns when
// the conversation and all that it started have ended, with nil when that
// was peaceful.
func (s *Server) ServeConn(ctx context.Context, conn io.ReadWriteCloser) error {
	from := "standard input"
	if c, ok := conn.(net.Conn); ok {
		from = c.RemoteAddr().String()
	}
	return s.serve(ctx, conn, from, open{})
}

// serve has one connection greeted and its calls answered.
func (s *Server) serve(ctx context.Context, rwc io.ReadWriteCloser, from string, gate Gate) (err error) {
	above := ctx
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(above)) // which would end it for no reason
	defer cancel(nil)
	defer context.AfterFunc(above, func() { cancel(errDraining) })()
	watched := link.Watch(rwc)
	conn := codec.NewConn(watched)
	conn.Hand = true
	defer conn.Close()
	peer, err := gate.Enter(ctx, conn)
	if err != nil {
		s.log().Warn("refused", "from", from, "err", err)
		return err
	}
	ss := &session{server: s, id: s.sessions.Add(1), cwd: s.Dir, peer: peer}
	if ss.cwd == "" {
		if ss.cwd, err = os.Getwd(); err != nil {
			return err
		}
	}
	ss.log = s.log().With("session", ss.id)
	ss.log.Info("connected", "from", from, "as", peer.Name)
	defer func() {
		if r := recover(); r != nil {
			ss.log.Error("panic", "value", r, "stack", string(debug.Stack()))
			err = codec.Errorf(codec.Internal, "panic")
		}
		if err != nil {
			ss.log.Warn("disconnected", "err", codec.Show(err.Error()))
		} else {
			ss.log.Info("disconnected")
		}
	}()
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // the client may not read
	err = errors.Join(conn.WriteWords(codec.HELO, ss.hello().Words()...), conn.Flush())
	if !stop() {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	return link.New(conn, watched).Serve(ctx, ss.handle)
}
