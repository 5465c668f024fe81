package programs

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

// A process is a running program with its pipes or its terminal. Its output is read only
// as fast as the client reads it, and is never collected in memory.
type process struct {
	cmd      *exec.Cmd
	guard    *guard
	record   int // the record of the program in the table of the guard
	group    *group
	terminal *terminal   // nil if it has pipes
	in       *stdinQueue // nil if standard input is empty
	outputs  []output

	wg    sync.WaitGroup // the goroutines that run pump and feed
	gone  chan struct{}  // closed when the program itself has ended
	ended atomic.Bool    // the program itself has ended
	held  atomic.Bool    // other programs have kept its pipes open for too long
}

const firstFrame = 8 << 10 // initial size of a frame in bytes, enough for most programs

// An output is a pipe that a program writes to, and the verb of its frames.
type output struct {
	from *os.File
	as   codec.Verb
	size int // largest size of a frame
}

// startPiped starts cmd with pipes, in a process group of its own.
func startPiped(cmd *exec.Cmd, guard *guard, input bool) (*process, error) {
	p := &process{cmd: cmd, guard: guard, group: newGroup(cmd), gone: make(chan struct{})}
	var ours, theirs [3]*os.File
	defer func() {
		for _, f := range theirs {
			f.Close() // Close accepts nil
		}
	}()
	err := pipes(&ours, &theirs, input)
	if err == nil {
		if input {
			cmd.Stdin = theirs[0]
		}
		cmd.Stdout, cmd.Stderr = theirs[1], theirs[2]
		p.record, err = guard.start(cmd, theirs[1], cmd.Start)
	}
	if err == nil {
		err = p.group.started(cmd)
	}
	if err != nil {
		for _, f := range ours {
			f.Close()
		}
		p.group.close()
		return nil, err
	}
	if input {
		p.in = newStdinQueue(ours[0], nil)
	}
	p.outputs = []output{{ours[1], codec.DATA, 256 << 10}, {ours[2], codec.NOTE, 32 << 10}}
	return p, nil
}

// pipes makes both ends of standard output, standard error and, if input is true,
// standard input.
func pipes(ours, theirs *[3]*os.File, input bool) (err error) {
	for i := range ours {
		isInput := i == 0
		if isInput && !input {
			continue
		}
		if ours[i], theirs[i], err = newPipe(isInput); err != nil {
			return err
		}
	}
	return nil
}

// wait waits for the program and the goroutines of its pipes. When ctx ends, it first
// asks the group and the escaped children to end, and then kills them. held reports
// whether wait has stopped reading the pipes because other programs kept them open.
func (p *process) wait(ctx context.Context) (state *os.ProcessState, held bool) {
	defer p.group.close()
	var stateOf func() *os.ProcessState
	exited := make(chan struct{})
	go func() {
		stateOf = waitExit(p.cmd.Process) // cmd.Wait does not support terminals on Windows
		close(exited)
	}()
	reap := sync.OnceFunc(func() { // from then on the pid may be that of another process
		p.guard.leave(p.record)
		state = stateOf()
	})
	select {
	case <-exited:
	case <-ctx.Done():
		escaped := findEscaped(p.cmd.Process.Pid) // found while their parents still exist
		delay := endDelay(ctx)
		if !p.group.terminate() {
			delay = 0
		}
		escaped.terminate()
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-exited:
		case <-timer.C:
		}
		p.group.kill()
		escaped.kill()
		<-exited
		reap() // its group is killed, so that its pid is not needed any more
	}
	p.ended.Store(true)
	close(p.gone)
	if p.in != nil {
		p.in.close()
	}
	if p.terminal != nil {
		p.wg.Go(p.terminal.close)
	}
	p.finish(ctx)
	held = p.held.Load()
	if ctx.Err() != nil {
		p.group.kill()
	} else if held {
		p.group.leave()
	}
	reap()
	return state, held && p.terminal == nil // a terminal is always closed at the end, whatever still runs in it
}

// finish waits for the rest of the output of a program that has ended.
func (p *process) finish(ctx context.Context) {
	late := p.outputTimeout()
	if ctx.Err() != nil {
		late = 0
	}
	// Some terminals do not support deadlines. Killing the group ends the reads.
	if !p.readUntil(time.Now().Add(late)) {
		timer := time.AfterFunc(late, func() {
			p.held.Store(true)
			p.group.kill()
		})
		defer timer.Stop()
	}
	defer context.AfterFunc(ctx, func() { // runs if the call is cancelled while other programs hold the pipes
		p.group.kill()
		p.readUntil(time.Now())
	})()
	p.wg.Wait()
}

// outputTimeout returns the time for which other programs may hold the output of a
// program that has ended.
func (p *process) outputTimeout() time.Duration {
	if p.terminal != nil {
		return hangUpTimeout
	}
	return pipeTimeout
}

// readUntil sets a deadline for all reads of the output. ok reports whether all of them
// support deadlines.
func (p *process) readUntil(deadline time.Time) (ok bool) {
	ok = true
	for _, o := range p.outputs {
		ok = o.from.SetReadDeadline(deadline) == nil && ok
	}
	return ok
}

// pump sends the output to the client until the output ends. After the program has ended,
// pump also returns when ctx ends, because other programs may then hold the pipe.
func (p *process) pump(ctx context.Context, to *codec.Conn, o output) {
	defer o.from.Close()
	frame := make([]byte, firstFrame)
	for {
		n, err := o.from.Read(frame[codec.HeaderSize:])
		if n > 0 && to.WriteReserved(o.as, frame[:codec.HeaderSize+n]) != nil {
			return // the program gets an error once the pipe is closed
		}
		if codec.HeaderSize+n == len(frame) && len(frame) < o.size { // the frame is full, so there may be much to read
			frame = make([]byte, codec.HeaderSize+o.size)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.held.Store(true)
		}
		if err != nil {
			return
		}
		if p.ended.Load() { // time spent waiting for the client does not count
			_ = o.from.SetReadDeadline(time.Now().Add(p.outputTimeout()))
			if ctx.Err() != nil {
				return
			}
		}
	}
}

// stream passes the stream of the client to the program. A malformed stream cancels the
// call.
func (p *process) stream(c *link.Call, cancel context.CancelCauseFunc) {
	ended := c.Stream(p.in.take)
	p.wg.Go(func() {
		select {
		case err := <-ended:
			if err != nil {
				cancel(err)
			}
		case <-p.gone:
		}
	})
	p.wg.Go(func() { p.in.feed(c.Conn) })
}
