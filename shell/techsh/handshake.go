package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"

	"techsh/codec/trust"
	"techsh/shell/protocol/lint"
)

// handshake connects to target with a handshake that it has to refuse. Nothing
// secret is sent, so the server need not be authenticated.
func (w *way) handshake(ctx context.Context, target string, h lint.Handshake) (io.ReadWriteCloser, error) {
	addr, err := w.secureAddr(target)
	if err != nil {
		return nil, err
	}
	config, err := handshakeConfig(h)
	if err != nil {
		return nil, err
	}
	raw, err := dial(ctx, addr)
	if err != nil || h == lint.NoTLS {
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
	if ctx.Err() == nil { // otherwise the server did not answer
		err = &lint.RefusedError{Reason: err}
	}
	return nil, err
}

// secureAddr returns the address at which target speaks TLS.
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

// handshakeConfig returns the TLS configuration of a handshake.
func handshakeConfig(h lint.Handshake) (*tls.Config, error) {
	identity, err := trust.NewIdentity()
	if err != nil {
		return nil, err
	}
	config := identity.Client("")
	config.VerifyConnection = nil // the server has to refuse, not the client
	switch h {
	case lint.NoCertificate:
		config.Certificates = nil
	case lint.OtherALPN:
		config.NextProtos = []string{"http/1.1"}
	case lint.OlderTLS:
		config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	}
	return config, nil
}
