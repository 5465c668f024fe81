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

// An eavesdropper stands in front of a server, and notes who says what.
type eavesdropper struct {
	net.Listener
	to    string
	done  chan struct{} // no more are accepted
	conns sync.WaitGroup

	mu   sync.Mutex
	said []saying
}

type saying struct{ who, text string }

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

// pass passes on what a client and the server say.
func (e *eavesdropper) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", e.to)
	if err != nil {
		return
	}
	defer server.Close()
	end := time.Now().Add(time.Minute)
	_ = errors.Join(client.SetDeadline(end), server.SetDeadline(end))
	var both sync.WaitGroup
	both.Go(func() { e.copy("C>S", server, client) })
	both.Go(func() {
		e.copy("S>C", client, server)
		e.note("S>C", "EOF")
	})
	both.Wait()
}

// copy notes what is said before it can be answered.
func (e *eavesdropper) copy(who string, to, from net.Conn) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if err != nil {
			_ = to.(*net.TCPConn).CloseWrite()
			return
		}
		e.note(who, string(b[:n]))
		_, _ = to.Write(b[:n]) // who has left does not hear it
	}
}

func (e *eavesdropper) note(who, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.said); n > 0 && e.said[n-1].who == who && text != "EOF" {
		e.said[n-1].text += text
		return
	}
	e.said = append(e.said, saying{who, text})
}

// rows are what was said since they were last asked for, in rows of 16 bytes.
func (e *eavesdropper) rows() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var rows strings.Builder
	for _, one := range e.said {
		if one.text == "EOF" {
			rows.WriteString(one.who + " EOF\n")
			continue
		}
		for row := range slices.Chunk([]byte(maskCourseClock(one.text)), 16) {
			text := bytes.Map(func(c rune) rune {
				if c < ' ' || c > '~' {
					return '.'
				}
				return c
			}, row)
			fmt.Fprintf(&rows, "%s % -47x  |%s|\n", one.who, row, text)
		}
	}
	e.said = nil
	return rows.String()
}
