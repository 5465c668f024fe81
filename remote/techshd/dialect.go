package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/trust"
	"techsh/remote/access"
)

// The limits on clients at each endpoint of --dialect: in all, and from one client
// address. They are high, because a whole class may connect at the same time, through one
// router.
const (
	dialectSessions       = 256
	dialectSessionsSource = 64
)

// An endpoint is an address at which techshd serves clients of a dialect.
type endpoint struct {
	dialect.Dialect
	addr string
}

// parseEndpoints parses the value NAME[=ADDR:PORT],… of --dialect. A dialect does not
// identify its clients, so its address must be loopback, unless strangers is true
// (--allow-strangers).
func parseEndpoints(list string, strangers bool) ([]endpoint, error) {
	var endpoints []endpoint
	for item := range strings.SplitSeq(list, ",") {
		name, addr, _ := strings.Cut(item, "=")
		d, err := dialect.Named(name)
		if err != nil {
			return nil, fmt.Errorf("--dialect: %w", err)
		}
		if addr == "" {
			addr = ":" + defaultPort
		}
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, fmt.Errorf("--dialect: %w", err)
		}
		if host == "" && !strangers {
			host = "127.0.0.1"
		}
		if !strangers && !isLoopback(host) {
			return nil, fmt.Errorf("--dialect: %s: not a loopback address, "+
				"and a dialect does not identify its clients; --allow-strangers listens on it anyway", codec.Name(addr))
		}
		e := endpoint{d, net.JoinHostPort(host, port)}
		if slices.ContainsFunc(endpoints, func(o endpoint) bool { return o.addr == e.addr && port != "0" }) {
			return nil, fmt.Errorf("--dialect: two dialects at %s", e.addr)
		}
		endpoints = append(endpoints, e)
	}
	return endpoints, nil
}

// serveDialects serves clients that speak the dialects.
func (d *daemon) serveDialects(ctx context.Context, args codec.Args) error {
	list, _ := args.Value("dialect")
	endpoints, err := parseEndpoints(list, args.Has("allow-strangers"))
	if err != nil {
		return usageError{err}
	}
	folder, err := trust.OpenOwn()
	if err != nil {
		return err
	}
	return d.audited(folder, func(notice string) error {
		return d.listenToDialects(ctx, args, endpoints, notice)
	})
}

func (d *daemon) listenToDialects(ctx context.Context, args codec.Args, endpoints []endpoint, audit string) error {
	listeners, err := listenAll(endpoints)
	if err != nil {
		return err
	}
	var addrs []string
	for i, e := range endpoints {
		addrs = append(addrs, listeners[i].Addr().String())
		if _, err := fmt.Printf("%-11s%s\n", e.Dialect, listeners[i].Addr()); err != nil {
			return errors.Join(err, closeAll(listeners))
		}
	}
	fmt.Fprintln(d.console.w, strings.Join(append(d.dialectNotices(), audit), "\n"))
	if args.Has("allow-strangers") {
		fmt.Fprintln(d.console.w, d.console.paint(red, d.warning(addrs)))
	}
	return d.speak(ctx, endpoints, listeners)
}

// speak serves at each endpoint until ctx ends or one of them fails.
func (d *daemon) speak(ctx context.Context, endpoints []endpoint, listeners []net.Listener) error {
	defer d.announce(ctx)()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(endpoints))
	limits := access.Limits{
		All: cmp.Or(d.Sessions, dialectSessions), Each: cmp.Or(d.SessionsEach, dialectSessionsSource),
	}
	d.Sessions = limits.All * len(endpoints) // each endpoint has its own limits
	for i, e := range endpoints {
		pending, refusals := &access.Pending{Speaking: limits}, new(access.LogLimit)
		listener := pending.Listen(ctx, listeners[i], func(from string, why error) {
			if untold, ok := refusals.Allow(); ok {
				d.Log.Warn("refused", "from", from, "peer", e.String(), "err", why, "untold", untold)
			}
		})
		s := &dialect.Server{
			Dialect: e.Dialect, Log: d.console.log(),
			Session: func(ctx context.Context, conn net.Conn) error {
				return d.ServeConn(ctx, conn, e.String()+" "+conn.RemoteAddr().String())
			},
		}
		wg.Go(func() {
			errs[i] = s.Serve(ctx, listener)
			cancel()
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func listenAll(endpoints []endpoint) (listeners []net.Listener, err error) {
	for _, e := range endpoints {
		l, err := listen(e.addr)
		if err != nil {
			return nil, errors.Join(err, closeAll(listeners))
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) (err error) {
	for _, l := range listeners {
		err = errors.Join(err, l.Close())
	}
	return err
}

// dialectNotices returns the notices about dialects, with the rights that every client
// has.
func (d *daemon) dialectNotices() []string {
	notices := slices.DeleteFunc(slices.Clone(d.notices), func(n string) bool {
		return strings.HasPrefix(n, "rights   ")
	})
	return append(notices, "rights   "+d.rights()+", for every client: a dialect does not identify its clients")
}

func (d *daemon) rights() string { return rightsText(trust.AllRights &^ d.Deny) }

// warning returns the notice about the risk of --allow-strangers.
func (d *daemon) warning(addrs []string) string {
	return "STRANGERS ARE ALLOWED. Everybody who reaches " + strings.Join(addrs, " or ") +
		" may do this to this computer, and is asked\n" +
		"for no password: " + d.rights() + ". The connections are not encrypted. Ctrl-C ends it."
}
