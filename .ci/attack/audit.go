package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// washAudit tries to displace the line of a change from the audit log, by calls that only
// read. Each makes two lines as long as they can be.
func washAudit(ctx context.Context, w *world) (string, error) {
	const calls = 20_000 // 60 MB of lines
	d, err := w.daemon()
	if err != nil {
		return "", err
	}
	host, err := w.pair(ctx, d)
	if err != nil {
		return "", err
	}
	if out, err := w.techsh(ctx, "", host, "mkdir", "evidence").CombinedOutput(); err != nil {
		return "", fmt.Errorf("techsh mkdir: %w: %s", err, out)
	}
	var script strings.Builder
	long := strings.Repeat(strings.Repeat("x", 200)+"/", 6)
	for n := range calls {
		fmt.Fprintf(&script, "stat %s%d\n", long, n)
	}
	began := time.Now()
	flood := w.techsh(ctx, script.String(), "-k", host)
	flood.Stderr = io.Discard
	if err := flood.Run(); err == nil {
		return "", errors.New("all calls have succeeded")
	}
	rate := float64(calls) / time.Since(began).Seconds()
	list := exec.CommandContext(ctx, filepath.Join(w.bin, "techshd"), "audit", "-n", "0")
	list.Env = env(w.helped)
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("techshd audit: %w", err)
	}
	if !strings.Contains(string(out), "  mkd evidence  ok") {
		return "", errors.New("the log has lost the line of the change")
	}
	sizes := map[bool]int64{}
	files, err := filepath.Glob(filepath.Join(w.helped, "config", "techsh", "audit*"))
	if err != nil {
		return "", err
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return "", err
		}
		sizes[strings.Contains(f, "-reads")] += info.Size()
	}
	return fmt.Sprintf("%d reading calls at %.0f/s: %d kB of reading, %d kB of changes, which are all there",
		calls, rate, sizes[true]>>10, sizes[false]>>10), nil
}
