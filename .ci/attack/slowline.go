package main

import (
	"net"
	"time"
)

// A slowLine passes connections on to a server, and each byte later by a delay.
type slowLine struct {
	net.Listener
	server string
	delay  time.Duration
}

// newSlowLine starts a line that ends when it is closed and its connections have ended.
func newSlowLine(server string, delay time.Duration) (*slowLine, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &slowLine{l, server, delay}
	go s.accept()
	return s, nil
}

func (s *slowLine) accept() {
	for {
		client, err := s.Accept()
		if err != nil {
			return
		}
		go func() {
			time.Sleep(3 * s.delay) // the three packets of TCP's handshake
			server, err := net.Dial("tcp", s.server)
			if err != nil {
				client.Close()
				return
			}
			go s.pass(client, server)
			s.pass(server, client)
		}()
	}
}

type piece struct {
	due   time.Time
	bytes []byte
}

// pass passes everything from one end to the other, and then closes both.
func (s *slowLine) pass(from, to net.Conn) {
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			b := make([]byte, 16<<10)
			n, err := from.Read(b)
			pieces <- piece{time.Now().Add(s.delay), b[:n]}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		_, _ = to.Write(p.bytes) // the reader notices the end
	}
	to.Close()
	from.Close()
}
