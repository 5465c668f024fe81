package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// A world has the folders of one attack: helped and technician are the homes of
// techshd and techsh.
type world struct {
	bin, dir, helped, technician string
	daemons                      []*daemon
}

// build builds both programs into a new folder.
func build(ctx context.Context) (string, error) {
	bin, err := os.MkdirTemp("", "techsh-attack-bin-")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", bin+"/", "./shell/techsh", "./remote/techshd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return bin, nil
}

func newWorld(bin string) (*world, error) {
	dir, err := os.MkdirTemp("", "techsh-attack-")
	if err != nil {
		return nil, err
	}
	w := &world{bin: bin, dir: dir, helped: filepath.Join(dir, "helped"), technician: filepath.Join(dir, "technician")}
	for _, home := range []string{w.helped, w.technician} {
		if err := os.Mkdir(home, 0o700); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// close ends the daemons and removes the folders.
func (w *world) close() {
	for _, d := range w.daemons {
		d.kill()
	}
	os.RemoveAll(w.dir)
}

func env(home string) []string {
	own := []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, "config"), "XDG_STATE_HOME=", "TERM=dumb",
	}
	return append(os.Environ(), own...)
}

// A daemon is a running techshd.
type daemon struct {
	cmd  *exec.Cmd
	line string // the pairing line, or the line with the cookie of --plain
	addr string
	log  string // the file with its console log
	read chan struct{}
}

// daemon starts techshd on a free loopback port.
func (w *world) daemon(args ...string) (*daemon, error) {
	log, err := os.CreateTemp(w.dir, "log-")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	d := &daemon{log: log.Name(), read: make(chan struct{})}
	d.cmd = exec.Command(filepath.Join(w.bin, "techshd"), append([]string{"--listen", "127.0.0.1:0"}, args...)...)
	d.cmd.Env, d.cmd.Dir, d.cmd.Stderr = env(w.helped), w.helped, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	w.daemons = append(w.daemons, d)
	lines := bufio.NewScanner(out)
	for d.line == "" && lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		switch value = strings.TrimSpace(value); name {
		case "address":
			d.addr = value
		case "line", "auth":
			d.line = value
		}
	}
	go func() {
		defer close(d.read)
		_, _ = io.Copy(io.Discard, out) // ends with techshd
	}()
	if d.line == "" {
		return nil, fmt.Errorf("techshd has not started: %s", d.console())
	}
	return d, nil
}

// console returns what techshd has logged.
func (d *daemon) console() string {
	text, _ := os.ReadFile(d.log) // an attack reads it again
	return string(text)
}

func (d *daemon) kill() {
	_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
	<-d.read
	_ = d.cmd.Wait()
}

// techsh returns a run of techsh with words; input is its standard input.
func (w *world) techsh(ctx context.Context, input string, words ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(w.bin, "techsh"), words...)
	cmd.Env, cmd.Dir = env(w.technician), w.technician
	cmd.Stdin = strings.NewReader(input)
	return cmd
}

// pair makes a techshd known to techsh and returns its name.
func (w *world) pair(ctx context.Context, d *daemon) (string, error) {
	if out, err := w.techsh(ctx, d.line, "pair").CombinedOutput(); err != nil {
		return "", fmt.Errorf("techsh pair: %w: %s", err, out)
	}
	hosts, err := w.techsh(ctx, "", "hosts").Output()
	name, _, _ := strings.Cut(string(hosts), " ")
	return name, err
}
