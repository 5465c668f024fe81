package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/link"
	"techsh/shell/client"
)

// newDialectDialer returns a dialer for servers with a dialect.
func newDialectDialer(name string, args codec.Args, words []string) (*dialer, error) {
	for _, other := range []string{"plain", "via", "cookie-file", "full"} {
		if args.Has(other) {
			return nil, errors.New("--dialect and --" + other + " do not go together")
		}
	}
	if _, err := dialect.Named(name); err != nil && name != dialect.Auto {
		return nil, err
	}
	return &dialer{dialect: name, target: addrOf(words)}, nil
}

// dialDialect opens a connection to addr that speaks the dialect.
func (d *dialer) dialDialect(ctx context.Context, addr string) (net.Conn, link.Opening, error) {
	conn, err := dialect.Open(ctx, d.dialect, addr, func(ctx context.Context) (net.Conn, error) {
		conn, err := dialTCP(ctx, addr)
		if err == nil {
			client.BeginStep(ctx, "dialect") // this step ends when the client has recognised the dialect
		}
		return conn, err
	})
	if _, ok := errors.AsType[*codec.Error](err); ok { // the server has answered with an error
		err = fmt.Errorf("%s: %w", addr, err)
	}
	return conn, link.Opening{}, err
}
