package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"os/exec"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

const (
	idleRow   = "idle connection, memory of the server"
	idleLimit = 64 << 10
)

// idle measures what a server keeps for a connection that has answered once
// and does nothing: what its memory grows by, as the system sees it.
func (w *world) idle(ctx context.Context, t *table) error {
	const many, few = 400, 10
	us, err := w.idleTechsh(ctx, many)
	if err != nil {
		return err
	}
	ssh, err := w.idleSSH(ctx, few)
	if err != nil {
		return err
	}
	t.idle(us, ssh)
	return nil
}

// idleTechsh opens so many connections to techshd.
func (w *world) idleTechsh(ctx context.Context, many int) (int64, error) {
	folder, err := trust.Open(w.path("technician", "techsh"))
	if err != nil {
		return 0, err
	}
	host, err := folder.Host(w.host)
	if err != nil {
		return 0, err
	}
	self, err := folder.Identity()
	if err != nil {
		return 0, err
	}
	before := privateOf(w.techshd.pid())
	for range many {
		conn, err := tls.Dial("tcp", host.Addr, self.Client(host.ID))
		if err != nil {
			return 0, err
		}
		l, _, err := link.Open(ctx, conn, link.Opening{})
		if err != nil {
			return 0, err
		}
		defer l.Close()
		if _, err := l.Do(ctx, link.Request{Verb: codec.MakeVerb("PING")}); err != nil {
			return 0, err
		}
	}
	return (privateOf(w.techshd.pid()) - before) / int64(many), nil
}

// idleSSH opens so many connections to sshd.
func (w *world) idleSSH(ctx context.Context, many int) (int64, error) {
	before, alone := privateOf(w.sshd.pid()), len(descendants(w.sshd.pid()))
	for range many {
		// With -f it goes on in the background, where the end of all finds it.
		argv := w.client("ssh", w.sshd, "-f", "-N", "127.0.0.1")
		if err := exec.CommandContext(ctx, argv[0], argv[1:]...).Run(); err != nil {
			return 0, err
		}
	}
	if n := len(descendants(w.sshd.pid())) - alone; n < many {
		return 0, fmt.Errorf("sshd has %d processes for %d connections", n, many)
	}
	return (privateOf(w.sshd.pid()) - before) / int64(many), nil
}
