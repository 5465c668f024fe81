package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A screen is an X server with its clients, and a techshd for it.
type screen struct {
	row
	dir, pictures string
	display       string
	running       []*exec.Cmd
	daemon        int // the process ID of techshd
	env           []string
}

const (
	settleTimeout = 30 * time.Second
	settleDelay   = 500 * time.Millisecond
)

// openScreen returns a screen, which must be closed even on an error.
func openScreen(ctx context.Context, r row, dir string) (*screen, error) {
	x := &screen{row: r, dir: dir, pictures: filepath.Join(dir, "pictures")}
	x.env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+filepath.Join(dir, "technician"), "LC_ALL=C.UTF-8")
	if err := os.Mkdir(x.pictures, 0o700); err != nil {
		return x, err
	}
	number, numberWriter, err := os.Pipe()
	if err != nil {
		return x, err
	}
	defer number.Close()
	server := x.command(ctx, "Xvfb", "-noreset", "-nolisten", "tcp", "-displayfd", "3",
		"-screen", "0", fmt.Sprintf("%dx%dx24", r.width, r.height))
	server.ExtraFiles = []*os.File{numberWriter}
	err = x.start(server)
	numberWriter.Close()
	if err != nil {
		return x, err
	}
	line, err := bufio.NewReader(number).ReadString('\n')
	if err != nil {
		return x, err
	}
	x.display = ":" + strings.TrimSpace(line)
	x.env = append(x.env, "DISPLAY="+x.display)
	paint := x.desktop
	if r.photo {
		paint = x.photo
	}
	if err := paint(ctx); err != nil {
		return x, err
	}
	return x, x.settle(ctx)
}

func (x *screen) command(ctx context.Context, argv ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = x.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// start starts a process that runs until x is closed.
func (x *screen) start(cmd *exec.Cmd) error {
	err := cmd.Start()
	if err == nil {
		x.running = append(x.running, cmd)
	}
	return err
}

// do runs a command to its end.
func (x *screen) do(ctx context.Context, argv ...string) error {
	if out, err := x.command(ctx, argv...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", argv[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}

// close ends the processes, the X server last.
func (x *screen) close() error {
	for i := len(x.running) - 1; i >= 0; i-- {
		cmd := x.running[i]
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}
	return os.RemoveAll(x.dir)
}

// desktop fills the screen as at work: dark and light windows with text, a photo, a
// clock, a wallpaper.
func (x *screen) desktop(ctx context.Context) error {
	size := fmt.Sprintf("%dx%d", x.width, x.height)
	if err := x.wallpaper(ctx, "-size", size, "gradient:#1e3c5a-#6f9fbf"); err != nil {
		return err
	}
	text, err := filepath.Abs("codec/doc.go")
	if err != nil {
		return err
	}
	for i := range 4 {
		colours := []string{"-bg", "black", "-fg", "gray"}
		if i%2 == 1 {
			colours = []string{"-bg", "white", "-fg", "black"}
		}
		geometry := fmt.Sprintf("%dx%d+%d+%d",
			x.width/18-12, x.height/36-8, 40+i%2*x.width/2, 40+i/2*x.height/2)
		script := fmt.Sprintf("tail -n +%d '%s' | head -n %d; exec sleep infinity", 1+100*i, text, x.height/36-10)
		argv := []string{"xterm", "-fa", "DejaVu Sans Mono", "-fs", "11", "-geometry", geometry}
		argv = append(argv, colours...)
		if err := x.start(x.command(ctx, append(argv, "-e", "sh", "-c", script)...)); err != nil {
			return err
		}
	}
	clock := fmt.Sprintf("160x160+%d+%d", x.width/2-80, x.height/2-80)
	if err := x.start(x.command(ctx, "xclock", "-update", "86400", "-geometry", clock)); err != nil {
		return err
	}
	picture := filepath.Join(x.dir, "window.png")
	if err := x.do(ctx, photo(480, 320, picture)...); err != nil {
		return err
	}
	corner := fmt.Sprintf("480x320+%d+%d", x.width-540, x.height-380)
	return x.start(x.command(ctx, "feh", "--geometry", corner, picture))
}

func (x *screen) photo(ctx context.Context) error {
	picture := filepath.Join(x.dir, "photo.png")
	if err := x.do(ctx, photo(x.width, x.height, picture)...); err != nil {
		return err
	}
	return x.wallpaper(ctx, picture)
}

// photo returns the command that makes a picture that compresses as a photo does:
// smooth, with the noise of a sensor.
func photo(width, height int, path string) []string {
	return []string{
		"convert", "-seed", "7", "-size", fmt.Sprintf("%dx%d", width/4, height/4), "plasma:fractal",
		"-resize", fmt.Sprintf("%dx%d!", width, height), "-attenuate", "0.08", "+noise", "gaussian",
		"-depth", "8", path,
	}
}

func (x *screen) wallpaper(ctx context.Context, picture ...string) error {
	path := filepath.Join(x.dir, "wallpaper.png")
	if err := x.do(ctx, append(append([]string{"convert"}, picture...), "-depth", "8", path)...); err != nil {
		return err
	}
	return x.do(ctx, "feh", "--no-fehbg", "--bg-fill", path)
}

// settle waits until four screenshots in a row are equal.
func (x *screen) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, settleTimeout, errors.New("the screen keeps changing"))
	defer cancel()
	path, last, same := filepath.Join(x.dir, "settle.png"), "", 0
	for same < 3 {
		if err := x.do(ctx, "maim", "-u", path); err != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if same++; string(b) != last {
			same, last = 0, string(b)
		}
		select {
		case <-time.After(settleDelay):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
