package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Figures are what one run of a contender took.
type figures struct {
	wall           time.Duration
	client, server side
	each           []time.Duration // of the runs that make one
}

type side struct {
	cpu    time.Duration
	memory int64 // the peak; 0 where the run is too short to look
}

// A contender does what a row is about.
type contender struct {
	name   string
	goal   float64 // techsh may take that many times as long; 0 is no goal
	once   bool    // it is slow: one run has to do
	argv   []string
	stdout string // a file; "" is nowhere
	server *server
	helper *server // it runs on the client's side all the time
	times  int     // so many runs make one, if not 0
	shares int     // so many things are done in each, if not 0

	// If one of these is set, the time is the one it returns: read looks at
	// the standard output, talk speaks with the program.
	read func(stdout []byte) (time.Duration, error)
	talk func(in io.Writer, out io.Reader) (time.Duration, error)
}

// errMissing says that techsh does not know the command.
var errMissing = errors.New("not there yet")

const (
	runTime    = 10 * time.Minute
	firstLook  = 5 * time.Millisecond
	lookEvery  = 20 * time.Millisecond
	settleTime = time.Second
)

// measure runs c as often as makes one run of it.
func (w *world) measure(ctx context.Context, c contender) (figures, error) {
	var sum figures
	for range max(c.times, 1) {
		f, err := w.once(ctx, c)
		if err != nil {
			return sum, err
		}
		sum.wall += f.wall
		sum.each = append(sum.each, f.wall)
		for _, s := range [][2]*side{{&sum.client, &f.client}, {&sum.server, &f.server}} {
			s[0].cpu += s[1].cpu
			s[0].memory = max(s[0].memory, s[1].memory)
		}
	}
	n := time.Duration(max(c.times, 1))
	sum.wall /= n
	n *= time.Duration(max(c.shares, 1))
	sum.client.cpu /= n
	sum.server.cpu /= n
	return sum, nil
}

// once runs c once.
func (w *world) once(ctx context.Context, c contender) (f figures, err error) {
	ctx, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	cmd.Env = w.env()
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	cmd.WaitDelay = settleTime
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	talked, err := c.streams(cmd)
	if err != nil {
		return f, err
	}
	if out, ok := cmd.Stdout.(*os.File); ok {
		defer out.Close()
	}
	before := c.server.begin()
	helperBefore := c.helper.begin()
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return f, err
	}
	stop := c.watch(cmd.Process.Pid, &f)
	var said time.Duration
	if talked != nil {
		said, err = talked()
	}
	err = errors.Join(cmd.Wait(), err)
	f.wall = time.Since(start) / time.Duration(max(c.shares, 1))
	stop()
	if err != nil {
		return f, c.failed(cmd, complaints.String(), err)
	}
	f.client.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() + c.helper.spent(helperBefore)
	if c.server != nil {
		f.server.cpu = w.settle(c.server) + c.server.spent(before)
	}
	if c.read != nil {
		text, rerr := os.ReadFile(c.stdout)
		if rerr != nil {
			return f, rerr
		}
		f.wall, err = c.read(text)
	} else if talked != nil {
		f.wall = said
	}
	return f, err
}

// streams connects the standard streams of cmd, and returns how to talk with
// it, if that is wanted.
func (c contender) streams(cmd *exec.Cmd) (func() (time.Duration, error), error) {
	if c.talk == nil {
		if c.stdout == "" {
			return nil, nil
		}
		f, err := os.Create(c.stdout)
		cmd.Stdout = f
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	return func() (time.Duration, error) {
		defer in.Close()
		return c.talk(in, out)
	}, err
}

// watch looks at the memory of both sides now and then, until it is stopped.
func (c contender) watch(pid int, f *figures) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	client, server := peaks{}, peaks{}
	look := func() {
		client.look(pid)
		if c.helper != nil {
			client.look(c.helper.pid())
		}
		if c.server != nil {
			server.look(c.server.pid())
		}
	}
	go func() {
		defer close(done)
		for next := firstLook; ; next = lookEvery {
			select {
			case <-time.After(next):
				look()
			case <-ended:
				return
			}
		}
	}()
	return func() {
		close(ended)
		<-done
		if c.server != nil {
			server.look(c.server.pid())
		}
		f.client.memory, f.server.memory = client.sum(), server.sum()
	}
}

// failed says why a run failed.
func (c contender) failed(cmd *exec.Cmd, complaints string, err error) error {
	const usage = 2
	if c.name == ours && cmd.ProcessState.ExitCode() == usage {
		return errMissing
	}
	first, _, _ := strings.Cut(strings.TrimSpace(complaints), "\n")
	return fmt.Errorf("%w: %s", err, first)
}

// begin returns what a server has spent so far, and has its peak memory begin
// anew.
func (s *server) begin() time.Duration {
	if s == nil {
		return 0
	}
	forgetPeak(s.pid())
	s.residents = len(descendants(s.pid()))
	return cpuOf(s.pid())
}

// spent returns what it has spent since.
func (s *server) spent(before time.Duration) time.Duration {
	if s == nil {
		return 0
	}
	return cpuOf(s.pid()) - before
}

// settle waits until s has ended the processes that it had for a client, and
// returns what those have spent that nobody else has waited for. sshd leaves
// some behind.
func (w *world) settle(s *server) (spent time.Duration) {
	for end := time.Now().Add(settleTime); time.Now().Before(end); time.Sleep(time.Millisecond) {
		left := 0
		for _, pid := range children(os.Getpid()) {
			if w.started[pid] {
				continue
			}
			var usage syscall.Rusage
			ended, _ := syscall.Wait4(pid, nil, syscall.WNOHANG, &usage)
			if ended == pid {
				spent += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
			} else {
				left++
			}
		}
		if left == 0 && len(descendants(s.pid())) <= s.residents {
			break
		}
	}
	return spent
}
