package machine

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/system"
	"techsh/remote/verb"
)

// NetworkRows returns the verbs about the network.
func NetworkRows() verb.Table {
	return verb.Table{
		{
			Verb:  "NET",
			Right: trust.Info,
			Line:  "lists the addresses of the remote, and where its programs listen",
			Run:   network,
		},
	}
}

func network(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(0, 0); err != nil {
		return nil, err
	}
	own, err := addresses()
	if err != nil {
		return nil, err
	}
	open, err := system.Listeners(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(open, byPort)
	open = slices.CompactFunc(open, func(a, b codec.Endpoint) bool { return a.String() == b.String() })
	l := verb.NewLines(ctx, r)
	for _, e := range append(own, open...) {
		err = errors.Join(err, l.Line(e.String()))
	}
	return nil, errors.Join(err, l.Flush())
}

// byPort sorts listeners by protocol, then port, then address.
func byPort(a, b codec.Endpoint) int {
	at, _ := netip.ParseAddrPort(a.Address)
	bt, _ := netip.ParseAddrPort(b.Address)
	return cmp.Or(
		cmp.Compare(a.On, b.On), cmp.Compare(at.Port(), bt.Port()), at.Compare(bt), cmp.Compare(a.String(), b.String()))
}

// addresses returns the addresses of this computer, grouped by interface.
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
			prefix, err := netip.ParsePrefix(a.String())
			if err != nil {
				continue
			}
			all = append(all, codec.Endpoint{Kind: codec.Address, On: i.Name, Address: prefix.String(), More: pairs})
		}
	}
	return all, nil
}
