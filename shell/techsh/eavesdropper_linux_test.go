package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An eavesdropper is a proxy in front of a server, which records the bytes in both
// directions.
type eavesdropper struct {
	net.Listener
	to    string        // address of the server
	done  chan struct{} // closed when no more connections are accepted
	conns sync.WaitGroup

	mu       sync.Mutex
	recorded []chunk
}

// A chunk is bytes sent in one direction, C>S or S>C; EOF marks the end.
type chunk struct{ direction, text string }

func eavesdrop(t *testing.T, to string) *eavesdropper {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	e := &eavesdropper{Listener: l, to: to, done: make(chan struct{})}
	go func() {
		defer close(e.done)
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			e.conns.Go(func() { e.pass(client) })
		}
	}()
	return e
}

func (e *eavesdropper) close() {
	e.Close()
	<-e.done
	e.conns.Wait()
}

// pass copies and records the bytes of one connection.
func (e *eavesdropper) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", e.to)
	if err != nil {
		return
	}
	defer server.Close()
	end := time.Now().Add(testTimeout)
	_ = errors.Join(client.SetDeadline(end), server.SetDeadline(end))
	var both sync.WaitGroup
	both.Go(func() { e.copy("C>S", server, client) })
	both.Go(func() {
		e.copy("S>C", client, server)
		e.record("S>C", "EOF")
	})
	both.Wait()
}

// copy records each chunk before passing it on, so that requests are recorded before
// their answers.
func (e *eavesdropper) copy(direction string, to, from net.Conn) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if err != nil {
			_ = to.(*net.TCPConn).CloseWrite()
			return
		}
		e.record(direction, string(b[:n]))
		_, _ = to.Write(b[:n]) // the receiver may have closed the connection
	}
}

func (e *eavesdropper) record(direction, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.recorded); n > 0 && e.recorded[n-1].direction == direction && text != "EOF" {
		e.recorded[n-1].text += text
		return
	}
	e.recorded = append(e.recorded, chunk{direction, text})
}

// rows returns the bytes recorded since the last call, in rows of 16.
func (e *eavesdropper) rows() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var rows strings.Builder
	for _, one := range e.recorded {
		if one.text == "EOF" {
			rows.WriteString(one.direction + " EOF\n")
			continue
		}
		for row := range slices.Chunk([]byte(maskCourseClock(one.text)), 16) {
			text := bytes.Map(func(c rune) rune {
				if c < ' ' || c > '~' {
					return '.'
				}
				return c
			}, row)
			fmt.Fprintf(&rows, "%s % -47x  |%s|\n", one.direction, row, text)
		}
	}
	e.recorded = nil
	return rows.String()
}
