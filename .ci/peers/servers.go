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

// A server is a process that stays.
type server struct {
	cmd       *exec.Cmd
	addr      string // where clients find it
	log       string // the file with what it has said
	residents int    // processes that it has also when no client is there
}

func (s *server) pid() int { return s.cmd.Process.Pid }

func (s *server) port() string {
	_, port, _ := net.SplitHostPort(s.addr)
	return port
}

const startTime = 10 * time.Second

// serve starts the servers, and the delay lines in front of them.
func (w *world) serve(ctx context.Context) error {
	starts := []func(context.Context) error{w.startTechshd, w.startSSH, w.startRsync}
	if w.delay == 0 {
		starts = append(starts, w.startPlain, w.startMaster, w.startFTP)
	}
	for _, start := range starts {
		if err := start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// start starts a server that listens at addr, or says where it does: the
// lines of its standard output, up to the one that begins with last.
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
		return &server{cmd: cmd, addr: addr, log: log.Name()}, nil, answers(ctx, addr, log.Name())
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
	return nil, nil, said(log.Name(), fmt.Errorf("%s: has not started", argv[0]))
}

// answers waits until somebody listens at addr.
func answers(ctx context.Context, addr, log string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return said(log, err)
		}
	}
}

// said adds what a server has said to an error.
func said(log string, err error) error {
	text, _ := os.ReadFile(log)
	return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(text)))
}

// freeAddr returns an address of this machine that nobody listens at.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// delayed puts a delay line in front of addr, if one is wanted.
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

func field(lines []string, name string) string {
	for _, line := range lines {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// startTechshd starts one for the network, and pairs techsh with it.
func (w *world) startTechshd(ctx context.Context) error {
	s, lines, err := w.start(ctx, "", "line", w.path("bin", "techshd"), "--listen", "127.0.0.1:0", "--sessions", "1000/1000")
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
	config := fmt.Sprintf("use chroot = no\nlog file = %s\npid file = %s\n[all]\npath = %s\nread only = no\nmunge symlinks = no\n",
		w.path("log-rsyncd"), w.path("rsyncd.pid"), w.dir)
	if w.made {
		config += "uid = " + w.user + "\ngid = nogroup\n"
	}
	if err := os.WriteFile(w.path("rsyncd.conf"), []byte(config), 0o644); err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(addr)
	w.rsyncd, _, err = w.start(ctx, addr, "", "rsync", "--daemon", "--no-detach", "--address=127.0.0.1", "--port="+port, "--config="+w.path("rsyncd.conf"))
	if err != nil {
		return err
	}
	w.rsyncd.addr, err = w.delayed(addr)
	return err
}

// startFTP starts vsftpd, which only root can.
func (w *world) startFTP(ctx context.Context) error {
	if !w.made {
		return nil
	}
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(addr)
	config := strings.Join([]string{
		"listen=YES", "listen_address=127.0.0.1", "listen_port=" + port, "background=NO", "anonymous_enable=YES", "local_enable=NO", "no_anon_password=YES",
		"ftp_username=" + w.user, "anon_root=" + w.dir, "anon_world_readable_only=NO", "write_enable=YES", "anon_upload_enable=YES",
		"anon_mkdir_write_enable=YES", "anon_other_write_enable=YES", "anon_umask=022", "xferlog_enable=NO", "secure_chroot_dir=" + w.path("empty"), "",
	}, "\n")
	if err := os.WriteFile(w.path("vsftpd.conf"), []byte(config), 0o644); err != nil {
		return err
	}
	w.vsftpd, _, err = w.start(ctx, addr, "", "/usr/sbin/vsftpd", w.path("vsftpd.conf"))
	return err
}
