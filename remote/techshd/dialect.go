package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/trust"
)

// dialectSessions is how many clients there may be at a time: who speaks a
// dialect cannot be told from others, and a class may connect at once.
const dialectSessions = 256

// A post is a place where a dialect is spoken.
type post struct {
	dialect.Dialect
	addr string
}

// postsOf reads NAME[=ADDR:PORT],… of --dialect. Nobody is asked who he is
// there: it is loopback, unless strangers are allowed by name.
func postsOf(list string, strangers bool) ([]post, error) {
	var posts []post
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
			return nil, fmt.Errorf("--dialect: %s: not a loopback address, and a dialect asks nobody who he is; --allow-strangers listens there all the same", codec.Name(addr))
		}
		p := post{d, net.JoinHostPort(host, port)}
		if slices.ContainsFunc(posts, func(o post) bool { return o.addr == p.addr && port != "0" }) {
			return nil, fmt.Errorf("--dialect: two dialects at %s", p.addr)
		}
		posts = append(posts, p)
	}
	return posts, nil
}

// serveDialects serves clients that speak the dialects.
func (d *daemon) serveDialects(ctx context.Context, args codec.Args) error {
	list, _ := args.Value("dialect")
	posts, err := postsOf(list, args.Has("allow-strangers"))
	if err != nil {
		return usageError{err}
	}
	folder, err := trust.OpenOwn()
	if err != nil {
		return err
	}
	return d.audited(folder, func(notice string) error {
		return d.listenToDialects(ctx, args, posts, notice)
	})
}

func (d *daemon) listenToDialects(ctx context.Context, args codec.Args, posts []post, audit string) error {
	listeners, err := listenAll(posts)
	if err != nil {
		return err
	}
	var addrs []string
	for i, p := range posts {
		addrs = append(addrs, listeners[i].Addr().String())
		if _, err := fmt.Printf("%-11s%s\n", p.Dialect, listeners[i].Addr()); err != nil {
			return errors.Join(err, closeAll(listeners))
		}
	}
	fmt.Fprintln(os.Stderr, strings.Join(append(d.forAnybody(), audit), "\n"))
	if args.Has("allow-strangers") {
		fmt.Fprintln(os.Stderr, d.console.paint(red, d.warning(addrs)))
	}
	if !args.Has("sessions") {
		d.Sessions = dialectSessions
	}
	return d.speak(ctx, posts, listeners)
}

// speak serves at each post until ctx ends, or one of them fails.
func (d *daemon) speak(ctx context.Context, posts []post, listeners []net.Listener) error {
	defer d.announce(ctx)()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(posts))
	for i, p := range posts {
		s := &dialect.Server{
			Dialect: p.Dialect, Log: d.console.log(),
			Session: func(ctx context.Context, conn net.Conn) error {
				return d.ServeConn(ctx, conn, p.String()+" "+conn.RemoteAddr().String())
			},
		}
		wg.Go(func() {
			errs[i] = s.Serve(ctx, listeners[i])
			cancel()
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func listenAll(posts []post) (listeners []net.Listener, err error) {
	for _, p := range posts {
		l, err := listen(p.addr)
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

// forAnybody is what the person here should know, where rights are nobody's in
// particular.
func (d *daemon) forAnybody() []string {
	notices := slices.DeleteFunc(slices.Clone(d.notices), func(n string) bool { return strings.HasPrefix(n, "rights   ") })
	return append(notices, "rights   "+d.rights()+", for anybody who connects: nobody is asked who he is")
}

func (d *daemon) rights() string { return spell(trust.AllRights &^ d.Deny) }

// warning says what it means that strangers are allowed.
func (d *daemon) warning(addrs []string) string {
	return "STRANGERS ARE ALLOWED. Everybody who reaches " + strings.Join(addrs, " or ") + " may do this to this computer, and is asked\n" +
		"for no password: " + d.rights() + ". What crosses is not encrypted. Ctrl-C ends it."
}
