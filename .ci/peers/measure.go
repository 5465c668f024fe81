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

// figures are the costs of one run of a contender.
type figures struct {
	wall           time.Duration
	client, server side
	single         []time.Duration // of each repeat
}

type side struct {
	cpu    time.Duration
	memory int64 // the peak; 0 if the run is too short to be seen
}

// A contender performs the task of a row.
type contender struct {
	name       string
	goal       float64  // the most that techsh may take, as a multiple; 0 is no goal
	once       bool     // slow: a single run counts
	argv       []string // nil if the contender cannot run
	stdout     string   // a file; "" discards
	server     *server
	helper     *server // a process of the client that runs all the time
	repeats    int     // the runs of which a round is the mean; 0 is one
	operations int     // the operations in each run, which share its time; 0 is one

	// If one of these is set, the time is its result: parse reads the standard
	// output, converse speaks with the program.
	parse    func(stdout []byte) (time.Duration, error)
	converse func(in io.Writer, out io.Reader) (time.Duration, error)
}

// errMissing reports that techsh does not know the command.
var errMissing = errors.New("not in this techsh")

const (
	runTimeout    = 10 * time.Minute
	firstSample   = 5 * time.Millisecond
	sampleDelay   = 20 * time.Millisecond
	settleTimeout = time.Second
)

// measure makes the runs of a round and returns their mean.
func (w *world) measure(ctx context.Context, c contender) (figures, error) {
	var sum figures
	for range max(c.repeats, 1) {
		f, err := w.run(ctx, c)
		if err != nil {
			return sum, err
		}
		sum.wall += f.wall
		sum.single = append(sum.single, f.wall)
		for _, s := range [][2]*side{{&sum.client, &f.client}, {&sum.server, &f.server}} {
			s[0].cpu += s[1].cpu
			s[0].memory = max(s[0].memory, s[1].memory)
		}
	}
	n := time.Duration(max(c.repeats, 1))
	sum.wall /= n
	n *= time.Duration(max(c.operations, 1))
	sum.client.cpu /= n
	sum.server.cpu /= n
	return sum, nil
}

// run runs c once.
func (w *world) run(ctx context.Context, c contender) (f figures, err error) {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	cmd.Env = w.env()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.WaitDelay = settleTimeout
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	converse, err := c.connect(cmd)
	if err != nil {
		return f, err
	}
	if out, ok := cmd.Stdout.(*os.File); ok {
		defer out.Close()
	}
	serverBefore, helperBefore := c.server.reset(), c.helper.reset()
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return f, err
	}
	stop := c.watchMemory(cmd.Process.Pid, &f)
	var answerTime time.Duration
	if converse != nil {
		answerTime, err = converse()
	}
	err = errors.Join(cmd.Wait(), err)
	f.wall = time.Since(start) / time.Duration(max(c.operations, 1))
	stop()
	if err != nil {
		return f, c.failure(cmd, stderr.String(), err)
	}
	f.client.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	f.client.cpu += c.helper.spent(helperBefore)
	if c.server != nil {
		f.server.cpu = w.settle(c.server) + c.server.spent(serverBefore)
	}
	if c.parse != nil {
		text, rerr := os.ReadFile(c.stdout)
		if rerr != nil {
			return f, rerr
		}
		f.wall, err = c.parse(text)
	} else if converse != nil {
		f.wall = answerTime
	}
	return f, err
}

// connect connects the standard streams of cmd. The function it returns converses
// with the program; it is nil if c does not.
func (c contender) connect(cmd *exec.Cmd) (func() (time.Duration, error), error) {
	if c.converse == nil {
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
		return c.converse(in, out)
	}, err
}

// watchMemory samples the memory of both sides until it is stopped.
func (c contender) watchMemory(pid int, f *figures) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	client, server := peaks{}, peaks{}
	sample := func() {
		client.sample(pid)
		if c.helper != nil {
			client.sample(c.helper.pid())
		}
		if c.server != nil {
			server.sample(c.server.pid())
		}
	}
	go func() {
		defer close(done)
		for next := firstSample; ; next = sampleDelay {
			select {
			case <-time.After(next):
				sample()
			case <-ended:
				return
			}
		}
	}()
	return func() {
		close(ended)
		<-done
		if c.server != nil {
			server.sample(c.server.pid())
		}
		f.client.memory, f.server.memory = client.sum(), server.sum()
	}
}

// failure returns the reason why a run failed.
func (c contender) failure(cmd *exec.Cmd, stderr string, err error) error {
	const usage = 2
	if c.name == ours && cmd.ProcessState.ExitCode() == usage {
		return errMissing
	}
	first, _, _ := strings.Cut(strings.TrimSpace(stderr), "\n")
	return fmt.Errorf("%w: %s", err, first)
}

// reset resets the peak memory of a server and returns its CPU time so far.
func (s *server) reset() time.Duration {
	if s == nil {
		return 0
	}
	resetPeak(s.pid())
	s.residents = len(descendants(s.pid()))
	return cpuOf(s.pid())
}

// spent returns the CPU time since before.
func (s *server) spent(before time.Duration) time.Duration {
	if s == nil {
		return 0
	}
	return cpuOf(s.pid()) - before
}

// settle waits until s has ended its processes for a client. sshd leaves some
// orphans behind, whose CPU time settle returns.
func (w *world) settle(s *server) (spent time.Duration) {
	for end := time.Now().Add(settleTimeout); time.Now().Before(end); time.Sleep(time.Millisecond) {
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
