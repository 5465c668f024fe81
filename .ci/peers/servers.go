package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A server is a process that runs up to the end.
type server struct {
	cmd       *exec.Cmd
	addr      string // for clients
	log       string // the file with its output
	residents int    // its processes without a client
}

func (s *server) pid() int { return s.cmd.Process.Pid }

func (s *server) port() string {
	_, port, _ := net.SplitHostPort(s.addr)
	return port
}

const startTimeout = 10 * time.Second

// serve starts the servers, and the delay lines in front of them.
func (w *world) serve(ctx context.Context) error {
	startups := []func(context.Context) error{w.startTechshd, w.startSSH, w.startRsync}
	if w.delay == 0 {
		startups = append(startups, w.startPlain, w.startMaster, w.startFTP)
	}
	for _, start := range startups {
		if err := start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// start starts a server. If last is empty, start waits until addr accepts a
// connection, else for a line of the standard output that begins with last; it
// returns the lines up to that one.
func (w *world) start(ctx context.Context, addr, last string, argv ...string) (*server, []string, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(w.env(), "XDG_CONFIG_HOME="+w.path("helped"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	log, err := os.CreateTemp(w.dir, "log-")
	if err != nil {
		return nil, nil, err
	}
	defer log.Close()
	cmd.Stderr = log
	if last == "" {
		cmd.Stdout = log
		if err := cmd.Start(); err != nil {
			return nil, nil, err
		}
		w.started[cmd.Process.Pid] = true
		return &server{cmd: cmd, addr: addr, log: log.Name()}, nil, waitForListener(ctx, addr, log.Name())
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	w.started[cmd.Process.Pid] = true
	var lines []string
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		lines = append(lines, scanner.Text())
		if strings.HasPrefix(scanner.Text(), last) {
			return &server{cmd: cmd, log: log.Name()}, lines, nil
		}
	}
	return nil, nil, withLog(log.Name(), fmt.Errorf("%s: has not started", argv[0]))
}

// waitForListener waits until addr accepts a connection.
func waitForListener(ctx context.Context, addr, log string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return withLog(log, err)
		}
	}
}

// withLog adds the output of a server to an error.
func withLog(log string, err error) error {
	text, _ := os.ReadFile(log)
	return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(text)))
}

// freeAddr returns a loopback address with a free port.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// delayed returns the address of a delay line to addr, or addr if there is no delay.
func (w *world) delayed(addr string) (string, error) {
	if w.delay == 0 {
		return addr, nil
	}
	d, err := newDelayLine(addr, w.delay/2)
	if err != nil {
		return "", err
	}
	w.delays = append(w.delays, d)
	return d.addr(), nil
}

// field returns the value of a line that begins with name.
func field(lines []string, name string) string {
	for _, line := range lines {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// startTechshd starts techshd for the network and pairs techsh with it.
func (w *world) startTechshd(ctx context.Context) error {
	argv := []string{w.path("bin", "techshd"), "--listen", "127.0.0.1:0", "--sessions", "1000/1000"}
	s, lines, err := w.start(ctx, "", "line", argv...)
	if err != nil {
		return err
	}
	w.techshd = s
	addr := field(lines, "address")
	if s.addr, err = w.delayed(addr); err != nil {
		return err
	}
	if err := w.techsh(ctx, strings.Replace(field(lines, "line"), addr, s.addr, 1), "pair"); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, w.path("bin", "techsh"), "hosts")
	cmd.Env = w.env()
	hosts, err := cmd.Output()
	w.host, _, _ = strings.Cut(string(hosts), " ")
	return err
}

func (w *world) techsh(ctx context.Context, input string, words ...string) error {
	cmd := exec.CommandContext(ctx, w.path("bin", "techsh"), words...)
	cmd.Env = w.env()
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("techsh %s: %w: %s", words[0], err, out)
	}
	return nil
}

func (w *world) startPlain(ctx context.Context) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	s, lines, err := w.start(ctx, "", "auth", w.path("bin", "techshd"), "--plain", "--listen", addr)
	if err != nil {
		return err
	}
	s.addr, w.plain = addr, s
	return os.WriteFile(w.path("cookie"), []byte(field(lines, "auth")), 0o600)
}

func (w *world) startRsync(ctx context.Context) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	config := []string{
		"use chroot = no",
		"log file = " + w.path("log-rsyncd"),
		"pid file = " + w.path("rsyncd.pid"),
		"[all]",
		"path = " + w.dir,
		"read only = no",
		"munge symlinks = no",
	}
	if w.userAdded {
		config = append(config, "uid = "+w.user, "gid = nogroup")
	}
	if err := writeLines(w.path("rsyncd.conf"), config); err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(addr)
	w.rsyncd, _, err = w.start(ctx, addr, "", "rsync", "--daemon", "--no-detach",
		"--address=127.0.0.1", "--port="+port, "--config="+w.path("rsyncd.conf"))
	if err != nil {
		return err
	}
	w.rsyncd.addr, err = w.delayed(addr)
	return err
}

// startFTP starts vsftpd, which only root can.
func (w *world) startFTP(ctx context.Context) error {
	if !w.userAdded {
		return nil
	}
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(addr)
	config := []string{
		"listen=YES",
		"listen_address=127.0.0.1",
		"listen_port=" + port,
		"background=NO",
		"anonymous_enable=YES",
		"local_enable=NO",
		"no_anon_password=YES",
		"ftp_username=" + w.user,
		"anon_root=" + w.dir,
		"anon_world_readable_only=NO",
		"write_enable=YES",
		"anon_upload_enable=YES",
		"anon_mkdir_write_enable=YES",
		"anon_other_write_enable=YES",
		"anon_umask=022",
		"xferlog_enable=NO",
		"secure_chroot_dir=" + w.path("empty"),
	}
	if err := writeLines(w.path("vsftpd.conf"), config); err != nil {
		return err
	}
	w.vsftpd, _, err = w.start(ctx, addr, "", "/usr/sbin/vsftpd", w.path("vsftpd.conf"))
	return err
}

func writeLines(path string, lines []string) error {
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}
