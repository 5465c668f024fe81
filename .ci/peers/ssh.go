package main

import (
	"context"
	"net"
	"os"
	"time"
)

const (
	privilegeDir = "/run/sshd" // sshd does not start without it
	cipher       = "aes128-gcm@openssh.com"
)

// startSSH starts an sshd with its own keys.
func (w *world) startSSH(ctx context.Context) (err error) {
	if _, serr := os.Stat(privilegeDir); serr != nil && os.Getuid() == 0 {
		if err := os.Mkdir(privilegeDir, 0o755); err != nil {
			return err
		}
		w.privilegeDirMade = true
	}
	for _, key := range []string{"hostkey", "key"} {
		if err := command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", w.path(key)); err != nil {
			return err
		}
	}
	w.sshd, err = w.newSSH(ctx)
	if err != nil {
		return err
	}
	w.sshd.addr, err = w.delayed(w.sshd.addr)
	return err
}

func (w *world) newSSH(ctx context.Context) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(addr)
	argv := []string{"/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null"}
	for _, option := range []string{
		"ListenAddress=127.0.0.1",
		"Port=" + port,
		"HostKey=" + w.path("hostkey"),
		"AuthorizedKeysFile=" + w.path("key.pub"),
		"AllowUsers=" + w.user,
		"StrictModes=no",
		"UsePAM=no",
		"PasswordAuthentication=no",
		"PidFile=none",
		"LogLevel=ERROR",
		"MaxStartups=1000",
		"Subsystem=sftp /usr/lib/openssh/sftp-server",
	} {
		argv = append(argv, "-o", option)
	}
	s, _, err := w.start(ctx, addr, "", argv...)
	return s, err
}

// client returns the command line of ssh or sftp; args has the address and what
// follows it.
func (w *world) client(program string, s *server, args ...string) []string {
	control := "none"
	if s == w.master {
		control = w.path("control")
	}
	argv := []string{program, "-F", "none", "-q", "-c", cipher}
	for _, option := range []string{
		"Port=" + s.port(),
		"User=" + w.user,
		"IdentityFile=" + w.path("key"),
		"IdentitiesOnly=yes",
		"IdentityAgent=none",
		"BatchMode=yes",
		"StrictHostKeyChecking=no",
		"UserKnownHostsFile=/dev/null",
		"ControlPath=" + control,
	} {
		argv = append(argv, "-o", option)
	}
	return append(argv, args...)
}

// startMaster starts an sshd and a connection to it for ssh processes to share.
func (w *world) startMaster(ctx context.Context) (err error) {
	if w.master, err = w.newSSH(ctx); err != nil {
		return err
	}
	w.control, _, err = w.start(ctx, w.master.addr, "", w.client("ssh", w.master, "-N", "-M", "127.0.0.1")...)
	if err != nil {
		return err
	}
	for end := time.Now().Add(startTimeout); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err = os.Stat(w.path("control")); err == nil {
			return nil
		}
	}
	return withLog(w.control.log, err)
}
