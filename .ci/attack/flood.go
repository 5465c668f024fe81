package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// floodConsole tries to hide an action from the console by 100,000 calls behind it, while
// the person at the console has paused it. Another session must go on.
func floodConsole(ctx context.Context, w *world) (string, error) {
	const pings, echoes = 100_000, 20_000
	cmd := exec.CommandContext(ctx, filepath.Join(w.bin, "techshd"), "--plain", "--listen", "127.0.0.1:0")
	cmd.Env, cmd.Dir = env(w.helped), w.helped
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	console, err := cmd.StderrPipe() // nobody reads it for the time being
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	printed := bufio.NewReader(out)
	addr, _ := printed.ReadString('\n')
	auth, err := printed.ReadString('\n')
	if err != nil {
		return "", err
	}
	open := func() (*link.Link, error) {
		conn, err := net.Dial("tcp", strings.TrimSpace(addr))
		if err != nil {
			return nil, err
		}
		l, _, err := link.Open(ctx, conn, link.Opening{Cookie: strings.TrimSpace(strings.TrimPrefix(auth, "auth "))})
		return l, err
	}
	attacker, err := open()
	if err != nil {
		return "", err
	}
	call := func(l *link.Link, verb string, words ...string) error {
		_, err := l.Do(ctx, link.Request{Verb: codec.MakeVerb(verb), Words: codec.Lits(words...)})
		return err
	}
	flooded := make(chan error, 1)
	go func() {
		err := call(attacker, "EXEC", "true", "evil")
		for n := 0; n < pings && err == nil; n++ {
			err = call(attacker, "PING")
		}
		for n := 0; n < echoes && err == nil; n++ {
			err = call(attacker, "ECHO", fmt.Sprint(n), strings.Repeat("x", 100))
		}
		flooded <- err
	}()
	other, err := open()
	if err != nil {
		return "", fmt.Errorf("another session: %w", err)
	}
	slowest, calls := time.Duration(0), 0
	for began := time.Now(); time.Since(began) < 5*time.Second; calls++ {
		at := time.Now()
		if err := call(other, "STAT", "."); err != nil {
			return "", fmt.Errorf("another session: %w", err)
		}
		slowest = max(slowest, time.Since(at))
	}
	var text bytes.Buffer
	read := make(chan error, 1)
	go func() { _, err := io.Copy(&text, console); read <- err }()
	err = errors.Join(<-flooded, attacker.Close(), other.Close(), cmd.Process.Signal(os.Interrupt), <-read)
	if err != nil {
		return "", err
	}
	counted := 0
	for _, m := range regexp.MustCompile(`(?m) ping(?: x (\d+))?$`).FindAllStringSubmatch(text.String(), -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			n = 1
		}
		counted += n
	}
	shown := strings.Count(text.String(), " echo ")
	switch {
	case !strings.Contains(text.String(), " exec true evil\n"):
		return "", errors.New("the console has not shown the program")
	case shown != echoes || counted != pings:
		return "", fmt.Errorf("the console has shown %d of %d pings and %d of %d echoes", counted, pings, shown, echoes)
	}
	lines := strings.Count(text.String(), "\n")
	return fmt.Sprintf("%d calls in %d lines, none lost; paused, %d calls of another session took at most %v",
		pings+echoes, lines, calls, slowest.Round(time.Millisecond)), nil
}
