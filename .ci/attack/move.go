package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// attackMove renames other files over the sources of MOVE while they are moved, within a
// file system and to another one. Whatever was the last to be renamed to a source must
// exist afterwards, under the old name or the new one.
func attackMove(ctx context.Context, w *world) (string, error) {
	const rounds, size = 300, 4 << 20
	shm, err := os.MkdirTemp("/dev/shm", "techsh-attack-")
	if err != nil {
		return "", fmt.Errorf("%w: there is no second file system: %w", errSkip, err)
	}
	defer os.RemoveAll(shm)
	d, err := w.daemon()
	if err != nil {
		return "", err
	}
	host, err := w.pair(ctx, d)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(w.dir, "moved")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", err
	}
	var script strings.Builder
	var sources, targets []string
	for i := range rounds {
		source, target := filepath.Join(w.dir, fmt.Sprint("source", i)), filepath.Join(folder, fmt.Sprint(i))
		if i%2 == 1 {
			target = filepath.Join(shm, fmt.Sprint(i))
		}
		if err := os.WriteFile(source, make([]byte, size), 0o600); err != nil {
			return "", err
		}
		sources, targets = append(sources, source), append(targets, target)
		fmt.Fprintf(&script, "move %s %s\n", source, target)
	}
	cmd := w.techsh(ctx, script.String(), "-k", host)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	swaps := 0
	lasts := make([]string, rounds)
	for i := range rounds {
		n := 0
		if lasts[i], n, err = swapUntilMoved(ctx, sources[i], targets[i], i%2 == 1); err != nil {
			return "", err
		}
		swaps += n
	}
	_ = cmd.Wait() // fails if a move has answered changed
	lost := 0
	for i, last := range lasts {
		if last != "" && !holds(sources[i], last) && !holds(targets[i], last) {
			lost++
		}
	}
	if lost > 0 {
		return "", fmt.Errorf("of %d moves, %d have lost what was renamed to the source", rounds, lost)
	}
	return fmt.Sprintf("%d moves, %d files renamed over the sources, %d answers changed: nothing lost",
		rounds, swaps, strings.Count(out.String(), "has changed")), nil
}

// swapUntilMoved renames files to source until the move to target has begun and ended. It
// returns the contents of the last one. To another file system, it waits until the copy
// has begun, and then renames one file after a random time.
func swapUntilMoved(ctx context.Context, source, target string, across bool) (last string, n int, err error) {
	gone := func(path string) bool {
		_, err := os.Lstat(path)
		return errors.Is(err, fs.ErrNotExist)
	}
	for ctx.Err() == nil {
		begun := !gone(target)
		if across && !begun {
			parts, err := filepath.Glob(filepath.Join(filepath.Dir(target), ".techsh-part-*"))
			if err != nil {
				return "", 0, err
			}
			if begun = len(parts) > 0; !begun {
				continue
			}
			time.Sleep(rand.N(4 * time.Millisecond))
		}
		text := fmt.Sprint(source, " ", n)
		if err := os.WriteFile(source+".new", []byte(text), 0o600); err != nil {
			return "", 0, err
		}
		if err := os.Rename(source+".new", source); err != nil {
			return "", 0, err
		}
		last = text
		n++
		if begun {
			for across && gone(target) && ctx.Err() == nil { // until the copy has its name
				time.Sleep(time.Millisecond)
			}
			return last, n, ctx.Err()
		}
	}
	return last, n, ctx.Err()
}

func holds(path, text string) bool {
	b, _ := os.ReadFile(path) // a missing file does not hold it
	return string(b) == text
}
