package remote

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"techsh/codec"
	"techsh/codec/trust"
)

func networkRows() []row {
	return []row{{verb: "NET", right: trust.Info, synopsis: "", line: "its addresses, and where programs listen", run: network}}
}

func network(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	own, err := addresses()
	if err != nil {
		return nil, err
	}
	open, err := listeners(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(open, byPort)
	open = slices.CompactFunc(open, func(a, b codec.Endpoint) bool { return a.String() == b.String() })
	l := r.listing(ctx)
	for _, e := range append(own, open...) {
		err = errors.Join(err, l.line(e.String()))
	}
	return nil, errors.Join(err, l.flush())
}

// byPort sorts listeners by protocol, then port, then address.
func byPort(a, b codec.Endpoint) int {
	at, _ := netip.ParseAddrPort(a.Address)
	bt, _ := netip.ParseAddrPort(b.Address)
	return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(at.Port(), bt.Port()), at.Compare(bt), cmp.Compare(a.String(), b.String()))
}

// addresses returns those of this computer, interface by interface.
func addresses() ([]codec.Endpoint, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var all []codec.Endpoint
	for _, i := range list {
		var pairs codec.Pairs
		if mac := i.HardwareAddr.String(); mac != "" {
			pairs = append(pairs, codec.PairOf("mac", mac))
		}
		if i.Flags&net.FlagUp == 0 {
			pairs = append(pairs, codec.PairOf("up", "no"))
		}
		own, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range own {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				all = append(all, codec.Endpoint{Kind: codec.Address, On: i.Name, Address: prefix.String(), More: pairs})
			}
		}
	}
	return all, nil
}
