package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/link"
	"techsh/shell/client"
)

// dialectWay is the way to a server that speaks one of the course's dialects.
func dialectWay(name string, args codec.Args, words []string) (*way, error) {
	for _, other := range []string{"plain", "via", "cookie-file", "full"} {
		if args.Has(other) {
			return nil, errors.New("--dialect and --" + other + " do not go together")
		}
	}
	if _, err := dialect.Named(name); err != nil && name != dialect.Auto {
		return nil, err
	}
	w := &way{dialect: name, target: net.JoinHostPort("127.0.0.1", defaultPort)}
	if len(words) > 0 {
		w.target = withPort(words[0])
	}
	return w, nil
}

// speak opens the way to addr.
func (w *way) speak(ctx context.Context, addr string) (net.Conn, link.Opening, error) {
	conn, err := dialect.Open(ctx, w.dialect, addr, func(ctx context.Context) (net.Conn, error) {
		conn, err := dial(ctx, addr)
		if err == nil {
			client.BeginStep(ctx, "dialect") // which ends when the shell has been told which one
		}
		return conn, err
	})
	if _, ok := errors.AsType[*codec.Error](err); ok { // from what answers there
		err = fmt.Errorf("%s: %w", addr, err)
	}
	return conn, link.Opening{}, err
}

// speaksDialect is the line about --dialect in the usage.
func speaksDialect() codec.Option {
	names := append(dialect.Names(), dialect.Auto)
	return codec.Option{Long: "dialect", Arg: "NAME", Line: "to a server of the course, of which help course is a tour: " + strings.Join(names, ", ")}
}
