package main

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
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
	var all []netip.Addr
	if found, err := net.InterfaceAddrs(); err == nil { // on error, only the addresses of routes are used
		for _, a := range found {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				all = append(all, p.Addr())
			}
		}
	}
	var list []string
	for _, ip := range order(all, routes()) {
		list = append(list, net.JoinHostPort(ip.String(), port))
	}
	return list
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

// order returns the addresses that other computers can use: first those of the routes,
// then the other global ones, IPv4 before IPv6, and loopback only if there are no others.
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
