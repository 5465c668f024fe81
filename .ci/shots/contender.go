package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// figures are the costs of one screenshot.
type figures struct {
	wall, cpu time.Duration // cpu is of the program, without the X server
}

// A contender takes screenshots.
type contender struct {
	name      string
	path      string // of the screenshot
	run       func(ctx context.Context) (figures, error)
	runs      []figures
	daemonCPU time.Duration // of techshd in all rounds
	perRound  int           // screenshots
	peer      bool          // techsh is compared with it
}

const (
	oneShot = "techsh, a new process and TLS"
	session = "techsh, in an open session"
	shots   = 10 // screenshots in a session
)

// contenders returns the contenders, techsh first.
func (x *screen) contenders(ctx context.Context, dir string) ([]contender, error) {
	host, err := x.pair(ctx, dir)
	if err != nil {
		return nil, err
	}
	techsh := filepath.Join(dir, "bin", "techsh")
	path := filepath.Join(x.pictures, "session.png")
	all := []contender{
		x.program(oneShot, "techsh.png", techsh, host, "shot", "-o"),
		{
			name:     session,
			path:     path,
			perRound: shots + 2,
			run: func(ctx context.Context) (figures, error) {
				return x.session(ctx, techsh, host, path)
			},
		},
	}
	size := fmt.Sprintf("%dx%d", x.width, x.height)
	for _, argv := range [][]string{
		{"scrot", "-o"},
		{"maim", "-u"},
		{"import", "-silent", "-window", "root"},
		{
			"ffmpeg", "-loglevel", "error", "-f", "x11grab", "-draw_mouse", "0", "-video_size", size,
			"-i", x.display, "-frames:v", "1", "-update", "1", "-y",
		},
	} {
		c := x.program(argv[0], argv[0]+".png", argv...)
		c.peer = true
		all = append(all, c)
	}
	return all, nil
}

// program returns a contender that is started for each screenshot. The path of the
// file is the last argument.
func (x *screen) program(name, file string, argv ...string) contender {
	path := filepath.Join(x.pictures, file)
	argv = append(slices.Clone(argv), path)
	return contender{
		name:     name,
		path:     path,
		perRound: 1,
		run: func(ctx context.Context) (figures, error) {
			return x.measure(ctx, argv, path)
		},
	}
}

// measure removes files and runs a program that makes them.
func (x *screen) measure(ctx context.Context, argv []string, paths ...string) (f figures, err error) {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return f, err
		}
	}
	cmd := x.command(ctx, argv...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	err = cmd.Run()
	f.wall = time.Since(start)
	if err != nil {
		return f, fmt.Errorf("%w: %s", err, stderr.String())
	}
	f.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return f, nil
}

// session returns the mean costs of each further screenshot in a session.
func (x *screen) session(ctx context.Context, techsh, host, path string) (figures, error) {
	lines, paths := []string{}, []string{path}
	for i := range shots {
		paths = append(paths, fmt.Sprintf("%s.%d", path, i))
	}
	for _, p := range paths {
		lines = append(lines, "shot -o "+p)
	}
	many, err := x.measure(ctx, []string{techsh, "-c", strings.Join(lines, "; "), host}, paths...)
	if err != nil {
		return many, err
	}
	for _, p := range paths[1:] {
		if err := os.Remove(p); err != nil {
			return many, err
		}
	}
	one, err := x.measure(ctx, []string{techsh, "-c", lines[0], host}, path)
	return figures{(many.wall - one.wall) / shots, (many.cpu - one.cpu) / shots}, err
}

// pair starts techshd, pairs techsh with it and returns the name of the host.
func (x *screen) pair(ctx context.Context, dir string) (host string, err error) {
	daemon := x.command(ctx, filepath.Join(dir, "bin", "techshd"), "--listen", "127.0.0.1:0")
	daemon.Env = append(slices.Clone(x.env), "XDG_CONFIG_HOME="+filepath.Join(x.dir, "helped"))
	out, err := daemon.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := x.start(daemon); err != nil {
		return "", err
	}
	x.daemon = daemon.Process.Pid
	line, found := "", false
	for scanner := bufio.NewScanner(out); !found && scanner.Scan(); {
		line, found = strings.CutPrefix(scanner.Text(), "line ")
	}
	if !found {
		return "", errors.New("techshd prints no pairing line")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	pair := x.command(ctx, filepath.Join(dir, "bin", "techsh"), "pair")
	pair.Stdin = strings.NewReader(strings.TrimSpace(line) + "\n")
	if out, err := pair.CombinedOutput(); err != nil {
		return "", fmt.Errorf("techsh pair: %w: %s", err, out)
	}
	hosts, err := x.command(ctx, filepath.Join(dir, "bin", "techsh"), "hosts").Output()
	host, _, _ = strings.Cut(string(hosts), " ")
	return host, err
}

// compare returns how many pixels of the screenshots differ from those of the first.
func compare(all []contender) (differ int, err error) {
	first, err := pixels(all[0].path)
	if err != nil {
		return 0, err
	}
	for _, c := range all[1:] {
		other, err := pixels(c.path)
		if err != nil {
			return 0, err
		}
		if other.Rect != first.Rect {
			return 0, fmt.Errorf("%s: the screenshot is %v, not %v", c.name, other.Rect, first.Rect)
		}
		for i := 0; i < len(first.Pix); i += 4 {
			if string(first.Pix[i:i+4]) != string(other.Pix[i:i+4]) {
				differ++
			}
		}
	}
	return differ, nil
}

func pixels(path string) (*image.RGBA, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		return nil, err
	}
	rgba := image.NewRGBA(m.Bounds())
	draw.Draw(rgba, rgba.Rect, m, m.Bounds().Min, draw.Src)
	return rgba, nil
}

// cpuOf returns the CPU time of a process, in steps of 10 ms.
func cpuOf(pid int) time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0 // the process has ended
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
