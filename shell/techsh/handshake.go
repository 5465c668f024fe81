package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"

	"techsh/codec/trust"
	"techsh/shell/protocol/lint"
)

// handshake connects to target with an invalid handshake, which a server must refuse.
// It does not authenticate the server, because it sends no secrets.
func (d *dialer) handshake(ctx context.Context, target string, h lint.Handshake) (io.ReadWriteCloser, error) {
	addr, err := d.tlsAddr(target)
	if err != nil {
		return nil, err
	}
	config, err := handshakeConfig(h)
	if err != nil {
		return nil, err
	}
	raw, err := dialTCP(ctx, addr)
	if err != nil || h == lint.NoTLS {
		return raw, err
	}
	ctx, cancel := context.WithTimeout(ctx, tlsTimeout)
	defer cancel()
	conn := tls.Client(trust.StrictEOF(raw), config)
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

// tlsAddr returns the TLS address of target.
func (d *dialer) tlsAddr(target string) (string, error) {
	switch {
	case d.plain || d.dialect != "" || target == "" && d.via != nil:
		return "", errors.ErrUnsupported
	case target != "":
		host, _, err := d.findHost(target)
		return host.Addr, err
	case d.embedded == nil:
		return "", errors.ErrUnsupported
	}
	return d.embedded.addr, nil
}

// handshakeConfig returns the TLS configuration for an invalid handshake.
func handshakeConfig(h lint.Handshake) (*tls.Config, error) {
	identity, err := trust.NewIdentity()
	if err != nil {
		return nil, err
	}
	config := identity.Client("")
	config.VerifyConnection = nil // the server must refuse, not the client
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
