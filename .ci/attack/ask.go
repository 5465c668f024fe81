package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"

	"techsh/codec"
	"techsh/codec/link"
)

// A person sees a terminal and types at it.
type person struct {
	keys *os.File
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *person) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// sees waits until the terminal has shown what, n times.
func (p *person) sees(ctx context.Context, n int, what string) error {
	for ; ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		p.mu.Lock()
		text := p.text.String()
		p.mu.Unlock()
		if strings.Count(text, what) >= n {
			return nil
		}
	}
	return fmt.Errorf("%s was not asked: %s", what, p.text.String())
}

// abuseConsent lets a person agree to one program and one deletion, and exchanges what they
// were asked about before they answer. It also tries a change in another session.
func abuseConsent(ctx context.Context, w *world) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(w.bin, "techshd"), "--plain", "--ask", "--listen", "127.0.0.1:0")
	cmd.Env, cmd.Dir = env(w.helped), w.helped
	keys, err := pty.Start(cmd)
	if err != nil {
		return "", err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); keys.Close() }()
	p := &person{keys: keys}
	go func() { // ends with techshd
		buf := make([]byte, 4096)
		for n, err := keys.Read(buf); err == nil; n, err = keys.Read(buf) {
			_, _ = p.Write(buf[:n])
		}
	}()
	if err := p.sees(ctx, 1, "\nask      "); err != nil {
		return "", err
	}
	lines := strings.Fields(p.text.String())
	open := func() (*link.Link, error) {
		conn, err := net.Dial("tcp", lines[0])
		if err != nil {
			return nil, err
		}
		l, _, err := link.Open(ctx, conn, link.Opening{Cookie: lines[2]})
		return l, err
	}
	call := func(l *link.Link, line string) error {
		words, err := codec.Split(line)
		if err == nil {
			_, err = l.Do(ctx, link.Request{Verb: codec.MakeVerb(words[0].Text), Words: words[1:]})
		}
		return err
	}
	attacker, err := open()
	second, err2 := open()
	if err := errors.Join(err, err2); err != nil {
		return "", err
	}
	put := func(name, text string) error {
		path := filepath.Join(w.helped, name)
		return errors.Join(os.WriteFile(path+".new", []byte(text), 0o755), os.Rename(path+".new", path))
	}
	if err := errors.Join(put("tool", "#!/bin/sh\n"), put("a.log", ""), put("b.log", "")); err != nil {
		return "", err
	}
	declined, busy := &codec.Error{Code: codec.Declined}, &codec.Error{Code: codec.Busy}
	attempts := 0
	for _, a := range []struct{ line, asked, evil string }{
		{"EXEC ./tool", "helped/tool ", "tool"},
		{"DEL *.log", "helped/b.log", "c.log"},
		{"MOVE -f a.log b.log", "helped/b.log, which is replaced", "b.log"},
	} {
		answer := make(chan error, 1)
		go func() { answer <- call(attacker, a.line) }()
		if err := p.sees(ctx, 1, a.asked); err != nil {
			return "", err
		}
		if err := call(second, "MKD evil"); !errors.Is(err, busy) {
			return "", fmt.Errorf("another session could change something: %w", err)
		}
		if err := put(a.evil, "#!/bin/sh\ntouch evil\n"); err != nil {
			return "", err
		}
		time.Sleep(2 * time.Second) // sooner is not taken for an answer
		_, _ = keys.WriteString("y\n")
		select {
		case err := <-answer:
			return "", fmt.Errorf("%s was carried out on something else: %w", a.line, err)
		case err := <-p.again(ctx, a.asked):
			if err != nil {
				return "", err
			}
		}
		time.Sleep(2 * time.Second)
		_, _ = keys.WriteString("n\n")
		if err := <-answer; !errors.Is(err, declined) {
			return "", fmt.Errorf("%s was not declined: %w", a.line, err)
		}
		attempts++
	}
	for name, want := range map[string]bool{"evil": false, "a.log": true, "b.log": true, "c.log": true} {
		if _, err := os.Stat(filepath.Join(w.helped, name)); (err == nil) != want {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	return fmt.Sprintf("%d exchanges while the person read: asked again each time, nothing done", attempts), nil
}

// again returns a channel that receives nil when what is seen for the second time.
func (p *person) again(ctx context.Context, what string) <-chan error {
	seen := make(chan error, 1)
	go func() { seen <- p.sees(ctx, 2, what) }()
	return seen
}
