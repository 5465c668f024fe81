package main

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
)

func TestAddressesThatOthersReachComeInTheirOrder(t *testing.T) {
	for _, c := range []struct {
		name        string
		all, routes []string
		want        []string
	}{
		{
			"the route first",
			[]string{"127.0.0.1", "172.17.0.1", "192.0.2.7"},
			[]string{"192.0.2.7"},
			[]string{"192.0.2.7", "172.17.0.1"},
		},
		{
			"both routes, then IPv4 before IPv6",
			[]string{"2001:db8::7", "::1", "2001:db8::8", "fe80::1", "10.0.0.1", "192.0.2.7"},
			[]string{"192.0.2.7", "2001:db8::8"},
			[]string{"192.0.2.7", "2001:db8::8", "10.0.0.1", "2001:db8::7"},
		},
		{"without a route", []string{"127.0.0.1", "169.254.1.1", "10.0.0.2"}, nil, []string{"10.0.0.2"}},
		{
			"each once",
			[]string{"10.0.0.1", "10.0.0.2", "10.0.0.1"},
			[]string{"::ffff:10.0.0.2"},
			[]string{"10.0.0.2", "10.0.0.1"},
		},
		{"nothing else", []string{"127.0.0.1", "::1", "fe80::1"}, nil, []string{"127.0.0.1"}},
		{"nothing", nil, nil, []string{"127.0.0.1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			parse := func(texts []string) (list []netip.Addr) {
				for _, s := range texts {
					list = append(list, netip.MustParseAddr(s))
				}
				return list
			}
			require.Equal(t, parse(c.want), order(parse(c.all), parse(c.routes)))
		})
	}
}

func TestOnlyAddressesWhereTheServerAnswersAreOffered(t *testing.T) {
	serve := func(self *trust.Identity) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		server := &remote.Server{
			Gate: &access.Paired{Identity: self, Peers: trust.SinglePeer{}}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- server.Serve(ctx, l) }()
		t.Cleanup(func() {
			cancel()
			require.NoError(t, <-done)
		})
		return l.Addr().String()
	}
	self, err := trust.NewIdentity()
	require.NoError(t, err)
	other, err := trust.NewIdentity()
	require.NoError(t, err)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	mine, also := serve(self), serve(self)
	require.Equal(t, []string{mine, also}, answering(
		t.Context(), []string{"127.0.0.1:1", mine, serve(other), silent.Addr().String(), also, "nova.invalid:1"}, self,
	))
	require.Empty(t, answering(t.Context(), []string{"127.0.0.1:1"}, self))
}

func TestAnAddressThatWasAskedForIsTheOnlyOne(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:1", "[::1]:1", "192.0.2.7:8820", "office-pc:8820"} {
		require.Equal(t, []string{addr}, reachable(addr))
	}
	for _, addr := range []string{":8820", "0.0.0.0:8820", "[::]:8820"} {
		for _, a := range reachable(addr) {
			got, err := netip.ParseAddrPort(a)
			require.NoError(t, err)
			require.False(t, got.Addr().IsUnspecified())
			require.EqualValues(t, 8820, got.Port())
		}
	}
}
