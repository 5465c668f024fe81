package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	newcomersTries  = 30
	newcomersDelay  = 40 * time.Millisecond // in each direction
	newcomersWithin = 5 * time.Second
	newcomersMemory = 64 << 10 // KiB
)

// newcomers opens connections that never complete a ClientHello, and meanwhile connects
// as a paired technician behind a slow line.
func newcomers(ctx context.Context, w *world) (string, error) {
	d, err := w.daemon()
	if err != nil {
		return "", err
	}
	line, err := newSlowLine(d.addr, newcomersDelay)
	if err != nil {
		return "", err
	}
	defer line.Close()
	d.line = strings.Replace(d.line, d.addr, line.Addr().String(), 1)
	host, err := w.pair(ctx, d)
	if err != nil {
		return "", err
	}
	var figures []string
	for _, f := range []flood{
		{"50 a second from its own address", 50, 1, 127<<24 | 1},
		{"300 a second from 50 addresses", 300, 50, 127<<24 | 1<<8},
	} {
		stop := f.start(ctx, d.addr)
		in, slowest, last := 0, time.Duration(0), ""
		for range newcomersTries {
			began := time.Now()
			said, err := w.techsh(ctx, "", host, "ping").CombinedOutput()
			if took := time.Since(began); err == nil && took < newcomersWithin {
				in, slowest = in+1, max(slowest, took)
			} else {
				last = fmt.Sprintf(": after %v: %s", took, said)
			}
		}
		refused := stop()
		figures = append(figures, fmt.Sprintf("%s: in %d of %d, slowest %v (%d newcomers gone)",
			f.name, in, newcomersTries, slowest.Round(10*time.Millisecond), refused))
		if in < newcomersTries {
			return "", fmt.Errorf("%s%s", strings.Join(figures, "; "), last)
		}
	}
	most, err := peakMemory(d)
	if err == nil && most >= newcomersMemory {
		err = fmt.Errorf("techshd took %d MiB", most>>10)
	}
	return strings.Join(figures, "; ") + fmt.Sprintf("; memory %d MiB", most>>10), err
}

// A flood opens connections from several addresses, the first of which is first.
type flood struct {
	name      string
	perSecond int
	addresses int
	first     uint32
}

// start begins the flood. stop ends it, and returns how many connections were closed by
// the other side.
func (f flood) start(ctx context.Context, addr string) (stop func() int64) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var gone atomic.Int64
	begun := append([]byte{22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0}, make([]byte, 4<<10)...)
	wg.Go(func() {
		ticker := time.NewTicker(time.Second / time.Duration(f.perSecond))
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
			ip := f.first + uint32(i%f.addresses)
			from := net.IPv4(byte(ip>>24), byte(ip>>16), byte(ip>>8), byte(ip))
			wg.Go(func() {
				conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext(ctx, "tcp", addr)
				if err != nil {
					return
				}
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				defer conn.Close()
				if i%3 == 0 {
					_, _ = conn.Write(begun)
				}
				if _, _ = conn.Read(make([]byte, 1)); ctx.Err() == nil {
					gone.Add(1)
				}
			})
		}
	})
	return func() int64 {
		cancel()
		wg.Wait()
		return gone.Load()
	}
}

// peakMemory returns the most memory that a daemon has had, in KiB.
func peakMemory(d *daemon) (kib int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	_, err = fmt.Sscan(string(rest), &kib)
	return kib, err
}
