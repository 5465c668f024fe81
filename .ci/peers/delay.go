package main

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// A delayLine passes connections on to a server. Each byte comes out later by
// delay, in either direction, at whatever rate. The windows and the slow start of
// TCP do not notice: each end talks with the line, which is near.
type delayLine struct {
	net.Listener
	server string
	delay  time.Duration
	wg     sync.WaitGroup
	mu     sync.Mutex
	closed bool
	conns  []net.Conn
}

func newDelayLine(server string, delay time.Duration) (*delayLine, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &delayLine{Listener: l, server: server, delay: delay}
	d.wg.Go(d.accept)
	return d, nil
}

func (d *delayLine) addr() string { return d.Addr().String() }

func (d *delayLine) close() {
	d.mu.Lock()
	d.closed = true
	d.Listener.Close()
	for _, c := range d.conns {
		c.Close()
	}
	d.mu.Unlock()
	d.wg.Wait()
}

// keep has close close c, or says that it is too late.
func (d *delayLine) keep(c net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conns = append(d.conns, c)
	return !d.closed
}

func (d *delayLine) accept() {
	for {
		client, err := d.Accept()
		if err != nil {
			return
		}
		arrived := time.Now()
		d.wg.Go(func() { d.connect(client, arrived) })
	}
}

// connect joins a client with the server. The client can write when the second
// of the three packets of TCP's greeting is back, the server when it has the
// third.
func (d *delayLine) connect(client net.Conn, arrived time.Time) {
	defer client.Close()
	if !d.keep(client) {
		return
	}
	until(arrived.Add(2 * d.delay))
	up := d.take(client)
	until(arrived.Add(3 * d.delay))
	server, err := net.Dial("tcp", d.server)
	if err != nil {
		client.Close()
		for range up {
		}
		return
	}
	defer server.Close()
	if !d.keep(server) {
		server.Close() // give still ends what take has begun
	}
	down := d.take(server)
	var both sync.WaitGroup
	both.Go(func() { up.give(server, client) })
	both.Go(func() { down.give(client, server) })
	both.Wait()
}

// A pipe is what is on its way, in order. The last piece is empty.
type pipe chan piece

type piece struct {
	due   time.Time
	bytes []byte
}

const (
	pieceSize = 64 << 10
	pieces    = 1 << 9 // at most on the way: 32 MiB, which takes 10 ms at 3 GB/s
)

// take reads what comes from src, until its end.
func (d *delayLine) take(src net.Conn) pipe {
	p := make(pipe, pieces)
	ring := make([][]byte, pieces+2) // one more is with the reader, one with the writer
	d.wg.Go(func() {
		defer close(p)
		for i := 0; ; i = (i + 1) % len(ring) {
			if ring[i] == nil {
				ring[i] = make([]byte, pieceSize)
			}
			n, err := src.Read(ring[i])
			due := time.Now().Add(d.delay)
			if n > 0 {
				p <- piece{due, ring[i][:n]}
			}
			if err != nil {
				p <- piece{due: due}
				return
			}
		}
	})
	return p
}

// give writes what has come from src to dst when it is due.
func (p pipe) give(dst, src net.Conn) {
	for piece := range p {
		until(piece.due)
		var err error
		if len(piece.bytes) == 0 {
			err = dst.(*net.TCPConn).CloseWrite()
		} else {
			_, err = dst.Write(piece.bytes)
		}
		if err != nil {
			src.Close() // nothing more comes
		}
	}
}

// until waits in the kernel: the timers of Go may be a millisecond late.
func until(t time.Time) {
	if d := time.Until(t); d > 0 {
		pause := syscall.NsecToTimespec(d.Nanoseconds())
		_ = syscall.Nanosleep(&pause, nil) // a signal only makes it short
	}
}
