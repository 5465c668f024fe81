//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheCourseIsTrue types each line of help course, with techshd at a port of
// its own and somebody in between who notes what crosses, and compares what is
// printed and what has crossed. With UPDATE=1 it writes those anew.
func TestTheCourseIsTrue(t *testing.T) {
	for _, program := range []string{"sh", "printf", "nc", "tail"} {
		if _, err := exec.LookPath(program); err != nil && os.Getenv("CI") == "true" {
			t.Fatal(err)
		} else if err != nil {
			t.Skip(err)
		}
	}
	const path = "../../codec/manual/course.txt"
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	s := &student{T: t, dir: t.TempDir()}
	require.NoError(t, os.CopyFS(filepath.Join(s.dir, "testdata", "tree"), os.DirFS("../../testdata/tree")))
	t.Cleanup(s.ends)
	var got strings.Builder
	var line string
	for rest := string(want); rest != ""; {
		line, rest, _ = strings.Cut(rest, "\n")
		got.WriteString(line + "\n")
		words, typed := strings.CutPrefix(line, typedBehind)
		if !typed {
			continue
		}
		before := ""
		for strings.HasPrefix(rest, "    ") && !strings.HasPrefix(rest, typedBehind) {
			line, rest, _ = strings.Cut(rest, "\n")
			before += line + "\n"
		}
		if strings.HasPrefix(words, "techshd ") {
			s.begins(words)
			continue
		}
		for printed := range strings.Lines(s.types(words)) {
			got.WriteString("    " + strings.TrimRight(printed, "\n") + "\n")
		}
		if crossed := s.crossed(); strings.Contains(before, "    C>S") {
			got.WriteString(crossed)
		}
	}
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got.String()), 0o644))
	}
	require.Equal(t, string(want), got.String())
}

const typedBehind = "    $ "

// A student does what the course says.
type student struct {
	*testing.T
	dir    string
	server *exec.Cmd
	cookie string
	wire   *eavesdropper
}

// begins starts techshd, instead of the one that there was.
func (s *student) begins(line string) {
	s.ends()
	words := strings.Fields(line)
	for i, w := range words {
		switch {
		case w == "--plain":
			words = append(words, "--listen", "127.0.0.1:0")
		case i > 0 && words[i-1] == "--dialect":
			words[i] += "=:0"
		}
	}
	s.server = s.command(words[0], words[1:]...)
	out, err := s.server.StdoutPipe()
	require.NoError(s, err)
	require.NoError(s, s.server.Start())
	printed := bufio.NewReader(out)
	first, err := printed.ReadString('\n')
	require.NoError(s, err)
	if strings.Contains(line, "--plain") {
		second, err := printed.ReadString('\n')
		require.NoError(s, err)
		s.cookie = strings.TrimSpace(strings.TrimPrefix(second, "auth "))
	}
	fields := strings.Fields(first)
	s.wire = eavesdrop(s.T, fields[len(fields)-1])
}

func (s *student) ends() {
	if s.server != nil {
		s.wire.close()
		_ = s.server.Process.Signal(os.Interrupt)
		require.NoError(s, s.server.Wait())
	}
	s.server = nil
}

func (s *student) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "XDG_CONFIG_HOME="+s.dir)
	return cmd
}

// types returns what a line prints.
func (s *student) types(line string) string {
	if s.wire != nil {
		line = strings.ReplaceAll(line, "8820", s.wire.port())
	}
	cmd := s.command("sh", "-c", strings.ReplaceAll(line, "COOKIE", s.cookie))
	out, err := cmd.CombinedOutput()
	require.NoError(s, err, "%s: %s", line, out)
	return theirClock(string(out))
}

// crossed are the bytes of the connections that the last line has made.
func (s *student) crossed() string {
	if s.wire == nil {
		return ""
	}
	s.wire.conns.Wait()
	return s.wire.rows()
}

// theirClock puts the course's time in the place of any other.
func theirClock(text string) string {
	text = regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{6}`).ReplaceAllString(text, "12:58:16.397874")
	return regexp.MustCompile(`[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}`).ReplaceAllString(text, "Sun Nov 22 12:58:17 2026")
}

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

func (e *eavesdropper) port() string {
	_, port, _ := net.SplitHostPort(e.Addr().String())
	return port
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
			rows.WriteString("    " + one.who + " EOF\n")
			continue
		}
		for row := range slices.Chunk([]byte(theirClock(one.text)), 16) {
			text := bytes.Map(func(c rune) rune {
				if c < ' ' || c > '~' {
					return '.'
				}
				return c
			}, row)
			fmt.Fprintf(&rows, "    %s % -47x  |%s|\n", one.who, row, text)
		}
	}
	e.said = nil
	return rows.String()
}
