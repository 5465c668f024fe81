package access

import (
	"net"
	"net/netip"
	"slices"
	"sync"
)

const (
	maxPending       = 32
	maxPendingSource = 4 // from one address
)

// Pending holds the connections whose peers are not let in yet. At a limit the
// oldest one of the address, or of the address with most, is closed in favour of
// the new one: a peer with an identity needs a millisecond, and one without
// cannot keep others out. The zero value is ready for use.
type Pending struct {
	mu    sync.Mutex
	conns []*pendingConn // the oldest first
}

type pendingConn struct {
	conn   net.Conn
	source string
}

// Enter adds conn, until leave is called.
func (p *Pending) Enter(conn net.Conn) (leave func()) {
	entered := &pendingConn{conn, sourceOf(conn.RemoteAddr())}
	p.mu.Lock()
	defer p.mu.Unlock()
	from := map[string]int{}
	most := ""
	for _, o := range p.conns { // of the sources with most, that of the oldest connection
		if from[o.source]++; from[o.source] > from[most] {
			most = o.source
		}
	}
	if from[entered.source] >= maxPendingSource {
		p.drop(entered.source)
	} else if len(p.conns) >= maxPending {
		p.drop(most)
	}
	p.conns = append(p.conns, entered)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if i := slices.Index(p.conns, entered); i >= 0 {
			p.conns = slices.Delete(p.conns, i, i+1)
		}
	}
}

// Len returns how many connections there are.
func (p *Pending) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// drop closes the oldest connection from a source, so that its gate fails.
func (p *Pending) drop(source string) {
	i := slices.IndexFunc(p.conns, func(o *pendingConn) bool { return o.source == source })
	p.conns[i].conn.Close()
	p.conns = slices.Delete(p.conns, i, i+1)
}

// sourceOf returns the address without the port, and for IPv6 its network, all of
// whose addresses one person has (RFC 4291, section 2.5.4).
func sourceOf(addr net.Addr) string {
	a, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return addr.String()
	}
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return ip.String()
	}
	network, _ := ip.WithZone("").Prefix(64) // an IPv6 address always has one
	return network.String()
}
