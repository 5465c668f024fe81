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

// idle measures the memory of a server for a connection that has answered once and
// is idle: by how much the memory of its processes grows.
func (w *world) idle(ctx context.Context, t *table) error {
	const techshConns, sshConns = 400, 10
	techsh, err := w.idleTechsh(ctx, techshConns)
	if err != nil {
		return err
	}
	ssh, err := w.idleSSH(ctx, sshConns)
	if err != nil {
		return err
	}
	t.idle(techsh, ssh)
	return nil
}

// idleTechsh opens n connections to techshd and returns its memory for each.
func (w *world) idleTechsh(ctx context.Context, n int) (int64, error) {
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
	before := memoryOf(w.techshd.pid())
	for range n {
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
	return (memoryOf(w.techshd.pid()) - before) / int64(n), nil
}

// idleSSH opens n connections to sshd and returns its memory for each.
func (w *world) idleSSH(ctx context.Context, n int) (int64, error) {
	memory, processes := memoryOf(w.sshd.pid()), len(descendants(w.sshd.pid()))
	for range n {
		// With -f ssh continues in the background, where endAll finds it.
		argv := w.client("ssh", w.sshd, "-f", "-N", "127.0.0.1")
		if err := exec.CommandContext(ctx, argv[0], argv[1:]...).Run(); err != nil {
			return 0, err
		}
	}
	if more := len(descendants(w.sshd.pid())) - processes; more < n {
		return 0, fmt.Errorf("sshd has %d processes for %d connections", more, n)
	}
	return (memoryOf(w.sshd.pid()) - memory) / int64(n), nil
}
