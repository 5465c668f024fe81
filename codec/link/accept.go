package link

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"
)

// Accept accepts connections from l and calls serve with each, in the order in which they
// come. After a temporary error, such as too many open files, it logs the error and waits
// before it continues. When Accept returns, l is closed. The result is nil if ctx has
// ended, and otherwise the error of the listener.
func Accept(ctx context.Context, l net.Listener, log *slog.Logger, serve func(conn net.Conn)) error {
	defer l.Close()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	backoff := time.Duration(0)
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err == nil:
			backoff = 0
			serve(conn)
			continue
		}
		backoff = min(max(2*backoff, 5*time.Millisecond), time.Second)
		log.Warn("accept", "err", err, "again in", backoff)
		select {
		case <-time.After(backoff):
		case <-ctx.Done():
		}
	}
}
