package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const hungWithin = 30 * time.Second // much longer than each step may take, on a busy machine

// hung makes a peer's calls hang in a file system that answers nobody: in all of its
// sessions, whose clients are then killed, and until no more calls may hang. Then it ends
// techshd.
func hung(ctx context.Context, w *world) (string, error) {
	dead := filepath.Join(w.helped, "dead")
	wake, err := mountDead(dead)
	if err != nil {
		return "", fmt.Errorf("%w: no FUSE here: %w", errSkip, err)
	}
	defer wake()
	d, err := w.daemon()
	if err != nil {
		return "", err
	}
	host, err := w.pair(ctx, d)
	if err != nil {
		return "", err
	}
	free, err := hangAndKill(ctx, w, d, host, 8, dead)
	if err != nil {
		return "", err
	}
	for hanging := 8; hanging < 64; hanging += 8 {
		if _, err := hangAndKill(ctx, w, d, host, 8, w.helped); err != nil {
			return "", err
		}
	}
	out, err := w.techsh(ctx, "", host, "dir", "/").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "64 calls hang") {
		return "", fmt.Errorf("the 65th call: %s", out)
	}
	if out, err := w.techsh(ctx, "", host, "ping").CombinedOutput(); err != nil {
		return "", fmt.Errorf("ping: %s", out)
	}
	began := time.Now()
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.read:
	case <-time.After(hungWithin):
		return "", fmt.Errorf("techshd has not ended %v after SIGTERM:\n%s", hungWithin, d.console())
	}
	drained := time.Since(began)
	if drained > 10*time.Second {
		return "", fmt.Errorf("techshd has ended %v after SIGTERM", drained)
	}
	return fmt.Sprintf("8 sessions free %v after their clients; busy at 64 calls; ended %v after SIGTERM",
		free.Round(10*time.Millisecond), drained.Round(10*time.Millisecond)), nil
}

// hangAndKill lists a folder in n sessions, kills their clients when the calls hang, and
// returns how long the sessions took to be free.
func hangAndKill(ctx context.Context, w *world, d *daemon, host string, n int, dir string) (time.Duration, error) {
	ctx, kill := context.WithCancel(ctx)
	defer kill()
	console := d.console()
	begun, gone := strings.Count(console, "  dir "), strings.Count(console, "  disconnected")
	left := strings.Count(console, "hangs and was left alone")
	for range n {
		cmd := w.techsh(ctx, "", host, "dir", "-R", dir)
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		go func() { _ = cmd.Wait() }() // killed
	}
	shows := func(text string, n int) error {
		for end := time.Now().Add(hungWithin); strings.Count(d.console(), text) < n; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				return fmt.Errorf("the console does not show %d times %q:\n%s", n, text, d.console())
			}
		}
		return nil
	}
	if err := shows("  dir ", begun+n); err != nil {
		return 0, err
	}
	time.Sleep(100 * time.Millisecond) // until they hang, which nothing announces
	began := time.Now()
	kill()
	if err := shows("  disconnected", gone+n); err != nil {
		return 0, err
	}
	free := time.Since(began)
	if out, err := w.techsh(context.WithoutCancel(ctx), "", host, "ping").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%d clients were killed, and then: %s", n, out)
	}
	return free, shows("hangs and was left alone", left+n)
}

// mountDead mounts a file system that answers nobody.
func mountDead(path string) (wake func(), err error) {
	dev, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		return nil, err
	}
	// with this subtype a listing of all disks leaves it out
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,subtype=portal", dev.Fd())
	if err := syscall.Mount("techsh-attack", path, "fuse", syscall.MS_NOSUID|syscall.MS_NODEV, options); err != nil {
		dev.Close()
		return nil, err
	}
	return func() {
		dev.Close() // ends all requests
		_ = syscall.Unmount(path, syscall.MNT_DETACH)
	}, nil
}
