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

// Pending holds the connections whose peers are not admitted yet. If a new one exceeds
// the limit of its address, the oldest of this address is closed; if it exceeds the
// limit of all addresses together, the oldest connection of the address that has the
// most. A paired peer needs only a millisecond, and unpaired ones cannot keep it out.
// The zero value is ready for use.
type Pending struct {
	mu    sync.Mutex
	conns []*pendingConn // the oldest first
}

type pendingConn struct {
	conn   net.Conn
	source string
}

// Enter adds conn. The caller must call leave to remove it.
func (p *Pending) Enter(conn net.Conn) (leave func()) {
	entered := &pendingConn{conn, sourceOf(conn.RemoteAddr())}
	p.mu.Lock()
	defer p.mu.Unlock()
	from := map[string]int{}
	most := ""
	for _, o := range p.conns { // if several sources have the most, the one with the oldest connection
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

// Len returns the number of connections.
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

// sourceOf returns the address without its port, or for IPv6 its network of 64 bits, all
// addresses of which can belong to one person (RFC 4291, section 2.5.4).
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
