package remote

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// A process is a running program with its pipes. Its output is read as fast
// as the client takes it, and never collected.
type process struct {
	cmd   *exec.Cmd
	group *group
	in    *inlet // nil: standard input is empty
	out   *os.File
	err   *os.File

	wg    sync.WaitGroup // pumps and feed
	gone  chan struct{}  // the program itself has ended
	ended atomic.Bool    // likewise
	held  atomic.Bool    // its pipes were held by others for too long
}

// start starts cmd in a process group of its own.
func start(cmd *exec.Cmd, input bool) (*process, error) {
	p := &process{cmd: cmd, group: newGroup(cmd), gone: make(chan struct{})}
	var theirs []*os.File
	pipe := func(ours **os.File, input bool) *os.File {
		r, w, err := os.Pipe()
		if err != nil {
			return nil
		}
		if input {
			*ours, r, w = w, w, r
		} else {
			*ours = r
			enlarge(r)
		}
		theirs = append(theirs, w)
		return w
	}
	var in *os.File
	stdout, stderr := pipe(&p.out, false), pipe(&p.err, false)
	ok := stdout != nil && stderr != nil
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if input {
		stdin := pipe(&in, true)
		ok = ok && stdin != nil
		cmd.Stdin = stdin
	}
	err := errors.New("no pipes left")
	if ok {
		err = cmd.Start()
	}
	for _, f := range theirs {
		f.Close()
	}
	if err != nil {
		for _, f := range []*os.File{p.out, p.err, in} {
			f.Close() // nil is fine
		}
		p.group.close()
		return nil, err
	}
	p.group.started(cmd)
	if input {
		p.in = &inlet{to: in, more: make(chan struct{}, 1)}
	}
	return p, nil
}

// wait waits for the program and everything that answers for it. When ctx
// ends it asks the group to end, and then makes it. held says that others
// kept the pipes open and were ended for it.
func (p *process) wait(ctx context.Context) (state *os.ProcessState, held bool) {
	defer p.group.close()
	exited := make(chan struct{})
	go func() {
		_ = p.cmd.Wait() // its state says it all: no goroutine of exec copies anything
		close(exited)
	}()
	select {
	case <-exited:
	case <-ctx.Done():
		p.group.terminate()
		timer := time.NewTimer(graceOf(ctx))
		defer timer.Stop()
		select {
		case <-exited:
		case <-timer.C:
		}
		p.group.kill()
		<-exited
	}
	p.ended.Store(true)
	close(p.gone)
	if p.in != nil {
		p.in.close()
	}
	late := pipeTime
	if ctx.Err() != nil {
		late = 0
	}
	deadline := time.Now().Add(late)
	_ = p.out.SetReadDeadline(deadline)
	if p.err.SetReadDeadline(deadline) != nil { // Windows: pipes have no deadlines, but they end with their holders
		timer := time.AfterFunc(late, func() {
			p.held.Store(true)
			p.group.kill()
		})
		defer timer.Stop()
	}
	stop := context.AfterFunc(ctx, func() { // cancelled while others hold the pipes
		p.group.kill()
		_ = p.out.SetReadDeadline(time.Now())
		_ = p.err.SetReadDeadline(time.Now())
	})
	p.wg.Wait()
	stop()
	held = p.held.Load()
	if held || ctx.Err() != nil {
		p.group.kill()
	}
	return p.cmd.ProcessState, held
}

// pump answers what comes out of a pipe until its end. Once the program has
// ended, ctx ends it too: who still holds the pipe then is none of ours.
func (p *process) pump(ctx context.Context, to *codec.Conn, v codec.Verb, from *os.File, size int) {
	defer from.Close()
	frame := make([]byte, codec.HeaderSize+size)
	for {
		n, err := from.Read(frame[codec.HeaderSize:])
		if n > 0 && to.WriteReserved(v, frame[:codec.HeaderSize+n]) != nil {
			return // closing the pipe tells the program
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.held.Store(true)
		}
		if err != nil {
			return
		}
		if p.ended.Load() { // only waiting for the program counts, not for the client
			_ = from.SetReadDeadline(time.Now().Add(pipeTime))
			if ctx.Err() != nil {
				return
			}
		}
	}
}

// An inlet is the standard input of a program: what has come and is not
// written yet, at most what was asked for.
type inlet struct {
	to   *os.File
	more chan struct{} // has room for one: something has changed

	mu     sync.Mutex
	queued []byte
	spare  []byte
	ended  bool // no more will come
	closed bool // the program is gone
}

// take takes a frame of the client's stream. It never waits.
func (i *inlet) take(f codec.Frame) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch f.Verb {
	case codec.DATA:
		if len(i.queued)+len(f.Body) > link.FirstCredit {
			return codec.Errorf(codec.BadRequest, "%d bytes of input, only %d were asked for", len(i.queued)+len(f.Body), link.FirstCredit)
		}
		i.queued = append(i.queued, f.Body...)
	case codec.END:
		i.ended = true
	}
	i.wake()
	return nil
}

func (i *inlet) wake() {
	select {
	case i.more <- struct{}{}:
	default:
	}
}

func (i *inlet) close() {
	i.mu.Lock()
	i.closed = true
	i.mu.Unlock()
	_ = i.to.SetWriteDeadline(time.Now())
	i.wake()
}

// feed writes what comes to the program and asks for as much again. What a
// program that has closed its input does not read is dropped.
func (i *inlet) feed(conn *codec.Conn) {
	defer i.to.Close()
	broken := false
	for {
		i.mu.Lock()
		b := i.queued
		i.queued, i.spare = i.spare[:0], b
		ended, closed := i.ended, i.closed
		i.mu.Unlock()
		switch {
		case closed, ended && len(b) == 0:
			return
		case len(b) == 0:
			<-i.more
			continue
		}
		if !broken {
			_, err := i.to.Write(b)
			broken = err != nil
		}
		_ = conn.WriteWords(codec.MORE, codec.Bare(codec.PairOf("", len(b)).Value))
		_ = conn.Flush()
	}
}
