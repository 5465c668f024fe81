package main

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// A delayLine passes connections on to a server and delays each byte in both
// directions, at any rate. TCP's windows and slow start are not affected: each end
// has a connection to the line, without a delay.
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

// register makes close close c. It returns false if the line is closed already.
func (d *delayLine) register(c net.Conn) bool {
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

// connect joins a client with the server. The client can write once the second of
// the three packets of TCP's handshake has returned, the server once the third has
// arrived.
func (d *delayLine) connect(client net.Conn, arrived time.Time) {
	defer client.Close()
	if !d.register(client) {
		return
	}
	sleepUntil(arrived.Add(2 * d.delay))
	up := d.receive(client)
	sleepUntil(arrived.Add(3 * d.delay))
	server, err := net.Dial("tcp", d.server)
	if err != nil {
		client.Close()
		for range up {
		}
		return
	}
	defer server.Close()
	if !d.register(server) {
		server.Close() // forward still ends what receive has begun
	}
	down := d.receive(server)
	var both sync.WaitGroup
	both.Go(func() { up.forward(server, client) })
	both.Go(func() { down.forward(client, server) })
	both.Wait()
}

// A pipe holds the pieces on their way, in order. The last piece is empty.
type pipe chan piece

type piece struct {
	due   time.Time
	bytes []byte
}

const (
	pieceSize = 64 << 10
	maxPieces = 1 << 9 // on their way: 32 MiB, which takes 10 ms at 3 GB/s
)

// receive reads src up to its end.
func (d *delayLine) receive(src net.Conn) pipe {
	p := make(pipe, maxPieces)
	ring := make([][]byte, maxPieces+2) // the reader has one more, and the writer another
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

// forward writes each piece from src to dst when it is due.
func (p pipe) forward(dst, src net.Conn) {
	for piece := range p {
		sleepUntil(piece.due)
		var err error
		if len(piece.bytes) == 0 {
			err = dst.(*net.TCPConn).CloseWrite()
		} else {
			_, err = dst.Write(piece.bytes)
		}
		if err != nil {
			src.Close() // ends receive
		}
	}
}

// sleepUntil sleeps in the kernel: the timers of Go may be a millisecond late.
func sleepUntil(t time.Time) {
	if d := time.Until(t); d > 0 {
		pause := syscall.NsecToTimespec(d.Nanoseconds())
		_ = syscall.Nanosleep(&pause, nil) // a signal only shortens the sleep
	}
}
