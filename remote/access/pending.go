package access

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"techsh/codec"
)

// A stage is the progress of a connection whose peer is not admitted yet. Each stage has
// limits of its own, so that many peers that have sent nothing cannot displace a peer
// that has come further.
type stage int

const (
	stageSilent   stage = iota // no complete ClientHello has arrived
	stageSpeaking              // in the handshake
	stagePairing               // the peer has to prove that it knows the pairing code
)

// limits returns the limits on the number of connections at a stage. spared is how long a
// connection is kept before it has to give way to a new one; 0 means that new connections
// are refused instead.
func (p *Pending) limits(at stage) (l Limits, spared time.Duration) {
	if at == stageSilent {
		return Limits{maxSilent, maxSilentSource}, silentDelay
	}
	return Limits{cmp.Or(p.Speaking.All, maxSpeaking), cmp.Or(p.Speaking.Each, maxSpeakingSource)}, 0
}

const (
	maxSilent         = 1024
	maxSilentSource   = 256 // the largest number from one address
	silentDelay       = 2 * time.Second
	maxSpeaking       = 64
	maxSpeakingSource = 8
)

var (
	errDisplaced = errors.New("it gave way to a newer connection, because too many were silent")
	errCrowded   = codec.Errorf(codec.Busy, "too many connections are not admitted yet, in all or from its address")
)

// Pending holds the connections whose peers are not admitted yet, and limits their
// number. A paired peer is silent for one round trip only, so it gets in even if many
// other peers stay silent. The zero value is ready for use.
type Pending struct {
	// Speaking limits the number of connections that have begun to speak. All is the
	// limit for all of them, and Each is the limit for those from one address. 0 means 64
	// for All and 8 for Each.
	Speaking Limits

	mu    sync.Mutex
	conns []*PendingConn // the oldest first
}

// A PendingConn is a connection that a Pending holds until Leave is called.
type PendingConn struct {
	net.Conn
	pending *Pending
	source  string
	since   time.Time
	at      stage
	cancel  context.CancelCauseFunc
}

// Enter adds a connection that is silent. The returned context ends when the connection
// is closed because it gives way to a newer one. If Enter returns an error, it has closed
// conn.
func (p *Pending) Enter(ctx context.Context, conn net.Conn) (context.Context, *PendingConn, error) {
	c := &PendingConn{Conn: conn, pending: p, source: sourceOf(conn.RemoteAddr()), since: time.Now()}
	ctx, c.cancel = context.WithCancelCause(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.makeRoom(c, stageSilent); err != nil {
		c.cancel(err)
		return nil, nil, errors.Join(err, conn.Close())
	}
	p.conns = append(p.conns, c)
	return ctx, c, nil
}

// Leave removes the connection. It may be called more than once.
func (c *PendingConn) Leave() {
	c.pending.mu.Lock()
	defer c.pending.mu.Unlock()
	c.pending.remove(c)
	c.cancel(nil)
}

// CloseWrite closes the connection for writing, if it can do that.
func (c *PendingConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// advance moves a connection that a Pending holds to another stage, if that has room.
func advance(conn net.Conn, to stage) error {
	c, ok := conn.(*PendingConn)
	if !ok {
		return nil
	}
	c.pending.mu.Lock()
	defer c.pending.mu.Unlock()
	if err := c.pending.makeRoom(c, to); err != nil {
		return err
	}
	c.at = to
	return nil
}

// Len returns the number of connections.
func (p *Pending) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// makeRoom makes room for c at a stage, or returns an error. If the stage is full, it
// closes the oldest connection of the source that has the most connections there. If the
// source of c has too many connections there, it closes the oldest one of that source.
// The caller holds the lock.
func (p *Pending) makeRoom(c *PendingConn, at stage) error {
	limits, spared := p.limits(at)
	all, from := 0, map[string]int{}
	for _, o := range p.conns {
		if o.at == at {
			all++
			from[o.source]++
		}
	}
	own := from[c.source] >= limits.Each
	if !own && all < limits.All {
		return nil
	}
	var oldest *PendingConn
	most := from[c.source] - 1 // a source with fewer connections than the source of c loses none
	for _, o := range p.conns {
		gives := o.at == at && spared > 0 && time.Since(o.since) >= spared && (!own || o.source == c.source)
		if gives && from[o.source] > most {
			oldest, most = o, from[o.source]
		}
	}
	if oldest == nil {
		return errCrowded
	}
	p.remove(oldest)
	oldest.cancel(errDisplaced)
	oldest.Close()
	return nil
}

// remove removes c, if it is still held. The caller holds the lock.
func (p *Pending) remove(c *PendingConn) {
	if i := slices.Index(p.conns, c); i >= 0 {
		p.conns = slices.Delete(p.conns, i, i+1)
	}
}

// sourceOf returns the address without its port. For IPv6 it returns the network that the
// first 64 bits name, because all addresses in such a network can belong to one person
// (RFC 4291, section 2.5.4).
func sourceOf(addr net.Addr) string {
	a, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return addr.String()
	}
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return ip.String()
	}
	network, _ := ip.WithZone("").Prefix(64) // never fails for an IPv6 address
	return network.String()
}
