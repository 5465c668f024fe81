package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"techsh/codec"
)

const mostGrowth = 32 << 20 // bytes that one request may take on either side

// memory lets techshd find many names below a long path, and techsh read the endless
// listing of a hostile server, and measures by how much they grow.
func memory(ctx context.Context, w *world) (string, error) {
	helped, err := memoryOfPatterns(ctx, w)
	if err != nil {
		return "", err
	}
	technician, err := memoryOfListing(ctx, w)
	figures := fmt.Sprintf("99,000 matches: techshd grows by %d MiB; 256 MiB of entries: techsh has at most %d MiB",
		helped>>20, technician>>20)
	switch {
	case err != nil:
		return figures, err
	case helped > mostGrowth:
		return figures, fmt.Errorf("techshd: %s", figures)
	case technician > 2*mostGrowth: // with the program itself
		return figures, fmt.Errorf("techsh: %s", figures)
	}
	return figures, nil
}

// memoryOfPatterns returns the bytes by which techshd grows when STAT has a pattern for
// 99,000 names under a path of 3,775 bytes.
func memoryOfPatterns(ctx context.Context, w *world) (int64, error) {
	deep := strings.TrimSuffix(strings.Repeat(strings.Repeat("d", 250)+"/", 15), "/")
	deep += strings.Repeat("d", max(0, 3775-len(w.helped)-1-len(deep))%200)
	dir, err := makeDeep(w.helped, deep)
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	for i := range 99_000 {
		f, err := dir.Create(fmt.Sprintf("f%05d", i))
		if err != nil {
			return 0, err
		}
		f.Close()
	}
	d, err := w.daemon()
	if err != nil {
		return 0, err
	}
	name, err := w.pair(ctx, d)
	if err != nil {
		return 0, err
	}
	pid := d.cmd.Process.Pid
	before, err := peak(pid)
	if err != nil {
		return 0, err
	}
	cmd := w.techsh(ctx, fmt.Sprintf("stat %s/f*\n", deep), name)
	cmd.Stdout = io.Discard
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("techsh stat: %w", err)
	}
	after, err := peak(pid)
	return after - before, err
}

func makeDeep(top, path string) (*os.Root, error) {
	dir, err := os.OpenRoot(top)
	for _, name := range strings.Split(path, "/") {
		if err == nil {
			err = dir.Mkdir(name, 0o700)
		}
		if err != nil {
			return nil, err
		}
		var next *os.Root
		next, err = dir.OpenRoot(name)
		dir.Close()
		dir = next
	}
	return dir, err
}

// memoryOfListing returns the most memory that techsh has while a server answers DIR with
// 256 MiB of entries.
func memoryOfListing(ctx context.Context, w *world) (int64, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	cmd := exec.CommandContext(ctx, filepath.Join(w.bin, "techsh"), "--plain", listener.Addr().String(), "dir")
	cmd.Env, cmd.Dir = append(env(w.technician), "TECHSH_COOKIE=x"), w.technician
	cmd.Stdout = io.Discard
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	var most int64
	err = serveListing(listener, func() error {
		var err error
		most, err = peak(cmd.Process.Pid)
		return err
	})
	if err != nil {
		_ = cmd.Process.Kill()
	}
	return most, errors.Join(err, cmd.Wait())
}

// serveListing serves one client, and calls listed before the end of the listing.
func serveListing(listener net.Listener, listed func() error) error {
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	c := codec.NewConn(conn)
	defer c.Close()
	for n := 0; ; {
		f, err := c.ReadFrame()
		if err != nil {
			return err
		}
		switch f.Verb {
		case codec.MakeVerb("AUTH"):
			hello := codec.Hello{Versions: []string{codec.Version}, System: "linux", Host: "x", Verbs: []string{"DIR"}}
			err = c.WriteWords(codec.HELO, hello.Words()...)
		case codec.MakeVerb("DIR"):
			for sent := 0; sent < 256<<20 && err == nil; {
				var lines []byte
				for ; len(lines) < 60<<10; n++ {
					e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Name: "name" + strconv.Itoa(n)}
					lines = append(e.Append(lines), '\n')
				}
				sent += len(lines)
				err = c.Write(codec.DATA, lines)
			}
			if err = errors.Join(err, c.Flush()); err == nil {
				err = listed()
			}
			return errors.Join(err, c.WriteWords(codec.OK), c.Flush())
		}
		if err = errors.Join(err, c.Flush()); err != nil {
			return err
		}
	}
}

// peak returns the most memory that a process has had.
func peak(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib int64
	_, err = fmt.Sscan(rest, &kib)
	return kib << 10, err
}
