package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"techsh/codec/trust"
)

// reachable returns the addresses at which other computers can reach a listener at addr,
// the best one first.
func reachable(addr string) []string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return []string{addr}
	}
	if ip, err := netip.ParseAddr(host); host != "" && (err != nil || !ip.IsUnspecified()) {
		return []string{addr}
	}
	var list []string
	for _, ip := range order(connected(), routes()) {
		list = append(list, net.JoinHostPort(ip.String(), port))
	}
	return list
}

// connected returns the addresses of the network interfaces that are connected to
// something. Other interfaces answer on this computer only.
func connected() (list []netip.Addr) {
	interfaces, _ := net.Interfaces() // on error, only the addresses of routes are used
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0 {
			continue
		}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				list = append(list, p.Addr())
			}
		}
	}
	return list
}

// candidates returns the addresses at which a server could answer. The parameter recorded
// contains the addresses that the server has recorded. Since then the computer may have
// got other addresses.
func candidates(recorded []string) (list []string) {
	add := func(addrs ...string) {
		for _, a := range addrs {
			if !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	var loopback []string
	for _, a := range recorded {
		if _, port, err := net.SplitHostPort(a); err == nil {
			add(reachable(":" + port)...)
			loopback = append(loopback, net.JoinHostPort("127.0.0.1", port))
		}
	}
	add(recorded...)
	add(loopback...) // without a network, only these addresses remain
	return list
}

// answering returns the addresses in addrs at which the server with the identity self
// answers. It returns loopback addresses only if no other address answers.
func answering(ctx context.Context, addrs []string, self *trust.Identity) []string {
	found := make([]bool, len(addrs))
	var wg sync.WaitGroup
	slots := make(chan struct{}, probesAtOnce)
	for i, a := range addrs {
		slots <- struct{}{}
		wg.Go(func() {
			found[i] = answers(ctx, a, self)
			<-slots
		})
	}
	wg.Wait()
	var list, loopback []string
	for i, a := range addrs {
		host, _, _ := net.SplitHostPort(a)
		switch {
		case found[i] && isLoopback(host):
			loopback = append(loopback, a)
		case found[i]:
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return loopback
	}
	return list
}

const (
	probesAtOnce  = 8 // a server accepts no more connections from one source at once
	answerTimeout = time.Second
)

// answers reports whether the server with this identity answers at addr.
func answers(ctx context.Context, addr string, self *trust.Identity) bool {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	conn, err := (&tls.Dialer{Config: self.Probe(self.ID)}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_, _ = conn.Read(make([]byte, 1)) // until the server has got the handshake, which it would miss
	return true
}

// routes returns the addresses from which this computer would connect to the Internet. It
// sends nothing, since dialing UDP only chooses a route. The destinations are addresses
// for documentation (RFC 5737, RFC 3849).
func routes() []netip.Addr {
	var list []netip.Addr
	for _, world := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} {
		conn, err := net.Dial("udp", world)
		if err != nil {
			continue // there is no such route
		}
		if a, ok := conn.LocalAddr().(*net.UDPAddr); ok {
			list = append(list, a.AddrPort().Addr())
		}
		conn.Close()
	}
	return list
}

// order returns the addresses that other computers can use: first the addresses in
// routes, and then the other global addresses in all, with IPv4 before IPv6. It returns
// loopback addresses only if there are no other addresses.
func order(all, routes []netip.Addr) []netip.Addr {
	slices.SortStableFunc(all, func(a, b netip.Addr) int { return cmp.Compare(a.BitLen(), b.BitLen()) })
	var list []netip.Addr
	for _, ip := range slices.Concat(routes, all) {
		if ip = ip.Unmap(); ip.IsGlobalUnicast() && !slices.Contains(list, ip) {
			list = append(list, ip)
		}
	}
	if len(list) == 0 {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	return list
}

// isLoopback reports whether host is a loopback address, which only this computer can
// reach.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip.IsLoopback()
}
