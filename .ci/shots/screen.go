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

// A screen is an X server with something on it, and techshd beside it.
type screen struct {
	row
	dir, pictures string
	display       string
	running       []*exec.Cmd
	daemon        int // the process that is techshd
	env           []string
}

const (
	startTime = 30 * time.Second
	lookEvery = 500 * time.Millisecond
)

// openScreen returns one that is to be closed even on an error.
func openScreen(ctx context.Context, r row, dir string) (*screen, error) {
	x := &screen{row: r, dir: dir, pictures: filepath.Join(dir, "pictures")}
	x.env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+filepath.Join(dir, "technician"), "LC_ALL=C.UTF-8")
	if err := os.Mkdir(x.pictures, 0o700); err != nil {
		return x, err
	}
	number, theirs, err := os.Pipe()
	if err != nil {
		return x, err
	}
	defer number.Close()
	server := x.command(ctx, "Xvfb", "-noreset", "-nolisten", "tcp", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", r.width, r.height))
	server.ExtraFiles = []*os.File{theirs}
	err = x.start(server)
	theirs.Close()
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

// start starts what stays.
func (x *screen) start(cmd *exec.Cmd) error {
	err := cmd.Start()
	if err == nil {
		x.running = append(x.running, cmd)
	}
	return err
}

// do runs what ends.
func (x *screen) do(ctx context.Context, argv ...string) error {
	if out, err := x.command(ctx, argv...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", argv[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}

// close ends what runs, the X server last.
func (x *screen) close() error {
	for i := len(x.running) - 1; i >= 0; i-- {
		cmd := x.running[i]
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}
	return os.RemoveAll(x.dir)
}

// desktop is what somebody has who works: text in windows, dark and light,
// part of a photo, a clock, a wallpaper.
func (x *screen) desktop(ctx context.Context) error {
	if err := x.wallpaper(ctx, "-size", fmt.Sprintf("%dx%d", x.width, x.height), "gradient:#1e3c5a-#6f9fbf"); err != nil {
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
		place := fmt.Sprintf("%dx%d+%d+%d", x.width/18-12, x.height/36-8, 40+i%2*x.width/2, 40+i/2*x.height/2)
		show := fmt.Sprintf("tail -n +%d '%s' | head -n %d; exec sleep infinity", 1+100*i, text, x.height/36-10)
		argv := append([]string{"xterm", "-fa", "DejaVu Sans Mono", "-fs", "11", "-geometry", place}, colours...)
		if err := x.start(x.command(ctx, append(argv, "-e", "sh", "-c", show)...)); err != nil {
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
	return x.start(x.command(ctx, "feh", "--geometry", fmt.Sprintf("480x320+%d+%d", x.width-540, x.height-380), picture))
}

func (x *screen) photo(ctx context.Context) error {
	picture := filepath.Join(x.dir, "photo.png")
	if err := x.do(ctx, photo(x.width, x.height, picture)...); err != nil {
		return err
	}
	return x.wallpaper(ctx, picture)
}

// photo makes what compresses as a photo does: smooth, with the noise of a
// sensor.
func photo(width, height int, path string) []string {
	return []string{
		"convert", "-seed", "7", "-size", fmt.Sprintf("%dx%d", width/4, height/4), "plasma:fractal",
		"-resize", fmt.Sprintf("%dx%d!", width, height), "-attenuate", "0.08", "+noise", "gaussian", "-depth", "8", path,
	}
}

func (x *screen) wallpaper(ctx context.Context, picture ...string) error {
	path := filepath.Join(x.dir, "wallpaper.png")
	if err := x.do(ctx, append(append([]string{"convert"}, picture...), "-depth", "8", path)...); err != nil {
		return err
	}
	return x.do(ctx, "feh", "--no-fehbg", "--bg-fill", path)
}

// settle waits until nothing moves any more.
func (x *screen) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTime, errors.New("the screen does not come to rest"))
	defer cancel()
	path, last, same := filepath.Join(x.dir, "look.png"), "", 0
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
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
