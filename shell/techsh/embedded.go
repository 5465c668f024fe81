package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"

	"techsh/codec/landing"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/remote/programs"
)

// An embedded server serves the local computer on a loopback socket. The identities
// of the server and its only client are not stored.
type embedded struct {
	addr   string
	config *tls.Config // configuration of the client
	cancel context.CancelFunc
	done   chan struct{}
}

func startEmbedded(umask landing.Umask) (*embedded, error) {
	server, err := trust.NewIdentity()
	if err != nil {
		return nil, err
	}
	client, err := trust.NewIdentity()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &embedded{
		addr:   l.Addr().String(),
		config: client.Client(server.ID),
		cancel: cancel,
		done:   make(chan struct{}),
	}
	s := &remote.Server{
		Gate: &access.Paired{
			Identity: server,
			Peers:    trust.SinglePeer{ID: client.ID, Name: "techsh", Can: trust.AllRights},
			Host:     "this computer",
		},
		Umask:    umask,
		Guardian: programs.Guardian("techsh"),
		Log:      slog.New(slog.DiscardHandler), // the user sees everything on this terminal anyway
	}
	go func() {
		defer close(e.done)
		_ = s.Serve(ctx, l)
	}()
	return e, nil
}

// dial connects to the server.
func (e *embedded) dial(ctx context.Context) (net.Conn, error) {
	raw, err := dialTCP(ctx, e.addr)
	if err != nil {
		return nil, err
	}
	return secure(ctx, raw, e.addr, e.config)
}

// hasEnded reports whether the server has stopped.
func (e *embedded) hasEnded() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

func (e *embedded) close() {
	e.cancel()
	<-e.done
}
