package access

import (
	"context"
	"net"
	"sync"
)

// Listen returns a listener for a server that has no gate. Each connection is at
// stageSilent until it has sent a byte, and then at stageSpeaking until it is closed.
// refused is called with the address of each connection that exceeds a limit.
func (p *Pending) Listen(ctx context.Context, l net.Listener, refused func(from string, err error)) net.Listener {
	return &listener{l, ctx, p, refused}
}

type listener struct {
	net.Listener
	ctx     context.Context
	pending *Pending
	refused func(from string, err error)
}

// Accept returns the next connection for which there is room.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := conn.RemoteAddr().String()
		_, c, err := l.pending.Enter(l.ctx, conn)
		if err == nil {
			return &listenedConn{PendingConn: c, refused: func(err error) { l.refused(from, err) }}, nil
		}
		l.refused(from, err)
	}
}

// A listenedConn is a connection of a listener.
type listenedConn struct {
	*PendingConn
	refused func(err error)
	speak   sync.Once
}

// Read fails if the first bytes of the connection arrive and there is no room for another
// connection at stageSpeaking.
func (c *listenedConn) Read(p []byte) (n int, err error) {
	if n, err = c.PendingConn.Read(p); n > 0 {
		c.speak.Do(func() {
			if crowded := advance(c.PendingConn, stageSpeaking); crowded != nil {
				n, err = 0, crowded
				c.refused(err)
			}
		})
	}
	return n, err
}

// Close closes the connection and makes room for another one.
func (c *listenedConn) Close() error {
	c.Leave()
	return c.PendingConn.Close()
}
