package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"

	"techsh/codec/trust"
	"techsh/remote"
)

// An embedded server helps the computer that techsh runs on, over a real
// socket of the loopback. Each side has an identity that lasts as long as the
// server and is kept nowhere.
type embedded struct {
	addr   string
	config *tls.Config // of the one client that it knows
	cancel context.CancelFunc
	done   chan struct{}
}

func startEmbedded() (*embedded, error) {
	there, err := trust.NewIdentity()
	if err != nil {
		return nil, err
	}
	here, err := trust.NewIdentity()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &embedded{addr: l.Addr().String(), config: here.Client(there.ID), cancel: cancel, done: make(chan struct{})}
	server := &remote.Server{
		Gate: &remote.Paired{Identity: there, Peers: trust.SinglePeer{ID: here.ID, Name: "techsh", Can: trust.AllRights}, Host: "this computer"},
		Log:  slog.New(slog.DiscardHandler), // its console is this terminal: who sits here sees what is done
	}
	go func() {
		defer close(e.done)
		_ = server.Serve(ctx, l)
	}()
	return e, nil
}

func (e *embedded) reach(ctx context.Context) (net.Conn, error) {
	raw, err := dial(ctx, e.addr)
	if err != nil {
		return nil, err
	}
	return secure(ctx, raw, e.addr, e.config)
}

func (e *embedded) over() bool {
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
