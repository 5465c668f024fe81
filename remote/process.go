package remote

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"techsh/codec"
)

// A process is a running program with its pipes, or its terminal. Its output
// is read as fast as the client takes it, and never collected.
type process struct {
	cmd      *exec.Cmd
	group    *group
	terminal *terminal // nil: it has pipes
	in       *inlet    // nil: standard input is empty
	outputs  []output

	wg    sync.WaitGroup // pumps and feed
	gone  chan struct{}  // the program itself has ended
	ended atomic.Bool    // likewise
	held  atomic.Bool    // its pipes were held by others for too long
}

const firstFrame = 8 << 10 // most programs say little

// An output is what a program writes to, and what its bytes are to the client.
type output struct {
	from *os.File
	as   codec.Verb
	size int // of a frame, at most
}

// start starts cmd with pipes, in a process group of its own.
func start(cmd *exec.Cmd, input bool) (*process, error) {
	p := &process{cmd: cmd, group: newGroup(cmd), gone: make(chan struct{})}
	var ours, theirs [3]*os.File
	defer func() {
		for _, f := range theirs {
			f.Close() // nil is fine
		}
	}()
	err := pipes(&ours, &theirs, input)
	if err == nil {
		if input {
			cmd.Stdin = theirs[0]
		}
		cmd.Stdout, cmd.Stderr = theirs[1], theirs[2]
		err = cmd.Start()
	}
	if err != nil {
		for _, f := range ours {
			f.Close()
		}
		p.group.close()
		return nil, err
	}
	p.group.started(cmd)
	if input {
		p.in = newInlet(ours[0], nil)
	}
	p.outputs = []output{{ours[1], codec.DATA, 256 << 10}, {ours[2], codec.NOTE, 32 << 10}}
	return p, nil
}

// pipes makes both ends of standard input, if it is wanted, output and error.
func pipes(ours, theirs *[3]*os.File, input bool) (err error) {
	if input {
		if theirs[0], ours[0], err = os.Pipe(); err != nil {
			return err
		}
	}
	for i := 1; i < 3; i++ {
		if ours[i], theirs[i], err = os.Pipe(); err != nil {
			return err
		}
		enlarge(ours[i])
	}
	return nil
}

// Strays are what a program has started and what has left its process group,
// as with setsid(1).
type strays []*os.Process

func (s strays) terminate() {
	for _, p := range s {
		_ = p.Signal(syscall.SIGTERM)
	}
}

// kill also lets go of them.
func (s strays) kill() {
	for _, p := range s {
		_ = p.Kill()
		_ = p.Release()
	}
}

// wait waits for the program and everything that answers for it. When ctx
// ends it asks the group and its strays to end, and then makes them. held says
// that others kept the pipes open, which are read no longer.
func (p *process) wait(ctx context.Context) (state *os.ProcessState, held bool) {
	defer p.group.close()
	exited := make(chan struct{})
	go func() {
		state, _ = p.cmd.Process.Wait() // that of cmd knows no terminals on Windows, and has nothing else to wait for
		close(exited)
	}()
	select {
	case <-exited:
	case <-ctx.Done():
		strays := straysOf(p.cmd.Process.Pid) // while they have their parents
		p.group.terminate()
		strays.terminate()
		timer := time.NewTimer(graceOf(ctx))
		defer timer.Stop()
		select {
		case <-exited:
		case <-timer.C:
		}
		p.group.kill()
		strays.kill()
		<-exited
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
	if held || ctx.Err() != nil {
		p.group.kill()
	}
	return state, held && p.terminal == nil // who is still in a terminal is hung up on, as ever
}

// finish waits for the last of the output of a program that has ended.
func (p *process) finish(ctx context.Context) {
	late := p.patience()
	if ctx.Err() != nil {
		late = 0
	}
	if !p.readUntil(time.Now().Add(late)) { // Windows: pipes have no deadlines, but they end with their holders
		timer := time.AfterFunc(late, func() {
			p.held.Store(true)
			p.group.kill()
		})
		defer timer.Stop()
	}
	defer context.AfterFunc(ctx, func() { // cancelled while others hold the pipes
		p.group.kill()
		p.readUntil(time.Now())
	})()
	p.wg.Wait()
}

// patience is how long others may hold the output of a program that has ended.
func (p *process) patience() time.Duration {
	if p.terminal != nil {
		return hangUpTime
	}
	return pipeTime
}

// readUntil gives all reads of the output a deadline, if they can have one.
func (p *process) readUntil(deadline time.Time) (ok bool) {
	ok = true
	for _, o := range p.outputs {
		ok = o.from.SetReadDeadline(deadline) == nil && ok
	}
	return ok
}

// pump answers what comes out until its end. Once the program has ended, ctx
// ends it too: who still holds the pipe then is none of ours.
func (p *process) pump(ctx context.Context, to *codec.Conn, o output) {
	defer o.from.Close()
	frame := make([]byte, firstFrame)
	for {
		n, err := o.from.Read(frame[codec.HeaderSize:])
		if n > 0 && to.WriteReserved(o.as, frame[:codec.HeaderSize+n]) != nil {
			return // closing the pipe tells the program
		}
		if codec.HeaderSize+n == len(frame) && len(frame) < o.size { // there is more of it
			frame = make([]byte, codec.HeaderSize+o.size)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.held.Store(true)
		}
		if err != nil {
			return
		}
		if p.ended.Load() { // only waiting for the program counts, not for the client
			_ = o.from.SetReadDeadline(time.Now().Add(p.patience()))
			if ctx.Err() != nil {
				return
			}
		}
	}
}
