package programs

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"time"
)

const (
	guardianDelay   = time.Second // at least, from the start of a guardian to the start of the next one
	guardianTimeout = time.Second // for a guardian to read a line
)

// A guard tells a guardian, which is another process, what programs run. If this process
// is killed, the guardian ends them. The first program starts the guardian.
type guard struct {
	command func(context.Context) *exec.Cmd // of a guardian; nil if there is none
	log     *slog.Logger

	starting sync.Mutex // held while a program is being started, so that one is at a time

	mu       sync.Mutex
	running  map[int]struct{} // the pids of the programs, each of which leads a process group
	guardian *guardian        // nil if there is none
}

// A guardian is the process that Guard runs in.
type guardian struct {
	cmd   *exec.Cmd
	in    *os.File // its standard input
	stop  context.CancelFunc
	ended chan struct{} // closed when the goroutine that waits for the process has ended
}

// start calls the function start, which starts cmd. output is the standard output of cmd
// if that is a pipe: by it the guardian finds a program if this process is killed before
// it has told the pid.
func (g *guard) start(cmd *exec.Cmd, output *os.File, start func() error) error {
	if g.command == nil {
		return start()
	}
	g.starting.Lock()
	defer g.starting.Unlock()
	g.announce(pipeID(output))
	if err := start(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running[cmd.Process.Pid] = struct{}{}
	g.tell("started", cmd.Process.Pid)
	return nil
}

func (g *guard) announce(output string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.guardian == nil {
		g.launch()
	}
	g.tell("starting", output)
}

// remove makes the guardian forget a program. The program must not have been reaped yet:
// its pid must not belong to another one.
func (g *guard) remove(pid int) {
	if g.command == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.running, pid)
	g.tell("ended", pid)
}

// close ends the guardian, unless programs run.
func (g *guard) close() {
	g.mu.Lock()
	h := g.guardian
	if h == nil || len(g.running) > 0 {
		g.mu.Unlock()
		return
	}
	g.guardian = nil
	g.mu.Unlock()
	h.stop() // kills it: it has nothing to end
	<-h.ended
}

// tell sends a line to the guardian. If the guardian does not read it, tell kills the
// guardian. The caller holds the lock.
func (g *guard) tell(what string, about any) {
	if g.guardian == nil {
		return
	}
	_ = g.guardian.in.SetWriteDeadline(time.Now().Add(guardianTimeout))
	if _, err := fmt.Fprintf(g.guardian.in, "%s %v\n", what, about); err != nil {
		// At the end of its input it would end the programs, even if it was stopped until then.
		_ = g.guardian.cmd.Process.Kill()
	}
}

// launch starts a guardian. The caller holds the lock.
func (g *guard) launch() {
	ctx, stop := context.WithCancel(context.Background()) // until close
	h := &guardian{stop: stop, ended: make(chan struct{})}
	if err := h.start(g.command(ctx)); err != nil {
		stop()
		g.log.Warn("nothing ends the programs if this process is killed", "err", err)
		return
	}
	g.guardian = h
	for pid := range g.running {
		g.tell("started", pid)
	}
	go g.watch(ctx, h)
}

func (h *guardian) start(cmd *exec.Cmd) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd.Stdin = r
	if err := cmd.Start(); err != nil {
		w.Close()
		return err
	}
	h.cmd, h.in = cmd, w
	return nil
}

// watch waits until a guardian ends. If programs run, it starts another one.
func (g *guard) watch(ctx context.Context, h *guardian) {
	defer close(h.ended)
	defer h.in.Close()
	timer := time.NewTimer(guardianDelay)
	defer timer.Stop()
	_ = h.cmd.Wait()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.guardian != h {
		return
	}
	g.guardian = nil
	h.stop()
	if len(g.running) > 0 {
		g.launch()
	}
}
