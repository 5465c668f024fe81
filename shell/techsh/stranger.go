package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"

	"techsh/codec/trust"
	"techsh/shell"
)

// knock connects to target as somebody whom it has to turn away. Nothing
// secret is said, so that it does not matter who answers.
func (w *way) knock(ctx context.Context, target string, as shell.Stranger) (io.ReadWriteCloser, error) {
	addr, err := w.secureAddr(target)
	if err != nil {
		return nil, err
	}
	config, err := disguise(as)
	if err != nil {
		return nil, err
	}
	raw, err := dial(ctx, addr)
	if err != nil || as == shell.NoTLS {
		return raw, err
	}
	ctx, cancel := context.WithTimeout(ctx, tlsTime)
	defer cancel()
	conn := tls.Client(raw, config)
	err = conn.HandshakeContext(ctx)
	if err == nil {
		return conn, nil
	}
	raw.Close()
	if ctx.Err() == nil { // else it did not turn us away: it hangs
		err = &shell.TurnedAwayError{Reason: err}
	}
	return nil, err
}

// secureAddr is where target speaks TLS.
func (w *way) secureAddr(target string) (string, error) {
	switch {
	case w.plain || w.dialect != "" || target == "" && w.via != nil:
		return "", errors.ErrUnsupported
	case target != "":
		host, _, err := known(target)
		return host.Addr, err
	case w.embedded == nil:
		return "", errors.ErrUnsupported
	}
	return w.embedded.addr, nil
}

// disguise is how a stranger speaks TLS.
func disguise(as shell.Stranger) (*tls.Config, error) {
	nobody, err := trust.NewIdentity()
	if err != nil {
		return nil, err
	}
	config := nobody.Client("")
	config.VerifyConnection = nil // that is for the server to find fault with
	switch as {
	case shell.NoCertificate:
		config.Certificates = nil
	case shell.OtherALPN:
		config.NextProtos = []string{"http/1.1"}
	case shell.OlderTLS:
		config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	}
	return config, nil
}
