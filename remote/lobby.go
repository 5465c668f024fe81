package remote

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// How many connections may wait to be let in.
const (
	lobbyAll    = 32
	lobbySource = 4 // from one address
)

const refusalEvery = time.Second

// A lobby holds the connections whose peers are not let in yet. At a limit the
// oldest is closed for the newcomer: who has an identity needs a millisecond,
// who has none cannot keep others out.
type lobby struct {
	mu      sync.Mutex
	waiting []*visitor // the oldest first

	refused time.Time // when one was last told of
	untold  int       // since then
}

type visitor struct {
	conn   net.Conn
	source string
}

// enter lets conn wait, until leave.
func (l *lobby) enter(conn net.Conn) (leave func()) {
	v := &visitor{conn, sourceOf(conn.RemoteAddr())}
	l.mu.Lock()
	defer l.mu.Unlock()
	same := func(o *visitor) bool { return o.source == v.source }
	n := 0
	for _, o := range l.waiting {
		if same(o) {
			n++
		}
	}
	if n >= lobbySource {
		l.drop(slices.IndexFunc(l.waiting, same))
	} else if len(l.waiting) >= lobbyAll {
		l.drop(0)
	}
	l.waiting = append(l.waiting, v)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if i := slices.Index(l.waiting, v); i >= 0 {
			l.waiting = slices.Delete(l.waiting, i, i+1)
		}
	}
}

// tells says whether a refusal is worth a line in the logs, and how many were
// not since the last: strangers shall not bury what matters.
func (l *lobby) tells() (more int, tells bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.refused.IsZero() && time.Since(l.refused) < refusalEvery {
		l.untold++
		return 0, false
	}
	more = l.untold
	l.refused, l.untold = time.Now(), 0
	return more, true
}

// drop closes the i-th, whose gate then fails.
func (l *lobby) drop(i int) {
	l.waiting[i].conn.Close()
	l.waiting = slices.Delete(l.waiting, i, i+1)
}

// sourceOf returns the address without the port; of IPv6 the network, whose
// addresses are all one person's (RFC 4291, section 2.5.4).
func sourceOf(addr net.Addr) string {
	a, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return addr.String()
	}
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return ip.String()
	}
	network, _ := ip.WithZone("").Prefix(64) // of an IPv6 address there is one
	return network.String()
}
