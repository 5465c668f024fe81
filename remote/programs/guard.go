package programs

import (
	"context"
	"encoding/binary"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

const (
	guardianDelay = time.Second // shortest time from the start of a guardian to the start of the next one

	tableSize   = 16 << 10 // enough for many more programs than can run
	recordSize  = 8        // a uint64: the pid of a program, which leads a process group, or
	startingBit = 1 << 63  // this and the ID of the pipe that a program will write to, which has no pid yet
)

// A guard keeps a table of the programs that run. It shares the table with a guardian,
// which is another process. The guardian is started with the first program. If this
// process is killed, the guardian ends the programs in the table.
type guard struct {
	command func(context.Context) *exec.Cmd // returns the command of a guardian; nil if there is no guardian
	log     *slog.Logger

	mu       sync.Mutex
	table    *table // nil if there is none yet
	used     []bool // for each record, whether it belongs to a program
	guardian *guardian
}

// A table is a file in the memory of both processes.
type table struct {
	file   *os.File
	memory []byte
}

// A guardian is the process that Guard runs in.
type guardian struct {
	cmd   *exec.Cmd
	pipe  *os.File // the guardian sees the end of the pipe when this process ends
	stop  context.CancelFunc
	ended chan struct{} // closed when the goroutine that waits for the process has ended
}

// start calls the function start, which starts cmd, and returns the record of the
// program. output is the standard output of cmd if that is a pipe. If this process is
// killed before the pid is in the table, the guardian finds the program by this pipe.
func (g *guard) start(cmd *exec.Cmd, output *os.File, start func() error) (record int, err error) {
	if g.command == nil {
		return 0, start()
	}
	record = g.enter(pipeID(output))
	if err := start(); err != nil {
		g.leave(record)
		return 0, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.write(record, uint64(cmd.Process.Pid))
	return record, nil
}

func (g *guard) enter(output uint64) (record int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.guardian == nil {
		g.launch()
	}
	if record = slices.Index(g.used, false); record < 0 {
		record = len(g.used)
		g.used = append(g.used, false)
	}
	g.used[record] = true
	g.write(record, startingBit|output)
	return record
}

// leave makes the guardian forget a program. It must be called before the program is
// reaped, because after that its pid may belong to another process.
func (g *guard) leave(record int) {
	if g.command == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.write(record, 0)
	g.used[record] = false
}

// write writes a record. The caller holds the lock.
func (g *guard) write(record int, value uint64) {
	if at := record * recordSize; g.table != nil && at < len(g.table.memory) {
		binary.NativeEndian.PutUint64(g.table.memory[at:], value)
	}
}

// close ends the guardian, unless programs run.
func (g *guard) close() {
	g.mu.Lock()
	if slices.Contains(g.used, true) {
		g.mu.Unlock()
		return
	}
	h := g.guardian
	if g.table != nil {
		g.table.close()
	}
	g.guardian, g.table = nil, nil
	g.mu.Unlock()
	if h != nil {
		h.stop() // kills the guardian, which has no programs to end
		<-h.ended
	}
}

// launch starts a guardian. The caller holds the lock.
func (g *guard) launch() {
	ctx, stop := context.WithCancel(context.Background()) // until close
	h := &guardian{stop: stop, ended: make(chan struct{})}
	var err error
	if g.table == nil {
		g.table, err = newTable()
	}
	if err == nil {
		err = h.start(g.command(ctx), g.table.file)
	}
	if err != nil {
		stop()
		g.log.Warn("nothing ends the programs if this process is killed", "err", err)
		return
	}
	g.guardian = h
	go g.watch(ctx, h)
}

func (h *guardian) start(cmd *exec.Cmd, table *os.File) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd.Stdin, cmd.ExtraFiles = r, []*os.File{table}
	if err := cmd.Start(); err != nil {
		w.Close()
		return err
	}
	h.cmd, h.pipe = cmd, w
	return nil
}

// watch waits until a guardian ends. If programs run, it starts another one.
func (g *guard) watch(ctx context.Context, h *guardian) {
	defer close(h.ended)
	defer h.pipe.Close()
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
	if slices.Contains(g.used, true) {
		g.launch()
	}
}
