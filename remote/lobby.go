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

const rarelyEvery = time.Second

// A lobby holds the connections whose peers are not let in yet. At a limit the
// oldest of its address, or of the address with most of them, is closed for the
// newcomer: who has an identity needs a millisecond, who has none cannot keep
// others out.
type lobby struct {
	mu      sync.Mutex
	waiting []*visitor // the oldest first
	rarely             // told that one was refused
}

// rarely keeps what may happen often from burying other things in a log.
type rarely struct {
	mu     sync.Mutex
	last   time.Time // when it was told
	untold int       // times since then
}

// tells says whether this time is worth a line, and how many were not since
// the last.
func (r *rarely) tells() (more int, tells bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.last.IsZero() && time.Since(r.last) < rarelyEvery {
		r.untold++
		return 0, false
	}
	more = r.untold
	r.last, r.untold = time.Now(), 0
	return more, true
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
	from := map[string]int{}
	most := ""
	for _, o := range l.waiting { // of the sources with most, that of the oldest
		if from[o.source]++; from[o.source] > from[most] {
			most = o.source
		}
	}
	if from[v.source] >= lobbySource {
		l.drop(v.source)
	} else if len(l.waiting) >= lobbyAll {
		l.drop(most)
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

// drop closes the oldest from a source, whose gate then fails.
func (l *lobby) drop(source string) {
	i := slices.IndexFunc(l.waiting, func(o *visitor) bool { return o.source == source })
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
