package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// A job is a command that runs in the background, on a connection of its own.
type job struct {
	number  int
	command command.Command
	conn    *client.Client
	began   time.Time
	printed console.JobOutput
	cancel  context.CancelCauseFunc
	ended   chan struct{}
	err     error // once it has ended
}

// startJob runs a command in the background. Its connection is made here, where
// somebody can be asked and told.
func (s *Shell) startJob(ctx context.Context, c command.Command) error {
	if !s.conn.Alive() {
		return client.NotConnected()
	}
	number, room := s.jobs.next()
	if !room {
		return console.WithHint(codec.Errorf(codec.Busy, "%d jobs are running, which is the most", maxJobs), "fg waits for one, kill %N cancels one")
	}
	conn, tap, err := s.meet(ctx, s.conn.Target)
	if err != nil {
		return err
	}
	tap.Background()
	j := &job{number: number, command: c, conn: conn, began: time.Now(), ended: make(chan struct{})}
	from := s.console
	if s.nested > 0 {
		from = from.WithoutQuestions()
	}
	env := s.env(from.ForJob(&j.printed).WithLabel(c.Where + c.Name + ": "))
	env.Conn, env.Dial, env.Jobs = conn, nil, command.Jobs{}
	env.Local = &command.Local{Dir: s.local.Dir, Previous: s.local.Previous}
	s.wg.Go(func() {
		_ = conn.Watch(func(text string) { s.announce(conn, fmt.Sprintf("[%d] ", number), text) }) // the job has the error
	})
	if err := conn.SetCwd(ctx, s.conn.Cwd); err != nil {
		conn.Close()
		return err
	}
	ctx, j.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	s.jobs.add(j)
	s.console.Tell("%s", j)
	s.wg.Go(func() {
		defer j.cancel(nil)
		j.err = endOf(c, env.Console, runIn(ctx, env, c))
		conn.Close()
		s.jobEnded(j)
	})
	return nil
}

// String gives "[1] get big.iso".
func (j *job) String() string {
	return fmt.Sprintf("[%d] %s", j.number, codec.Show(j.command.JobLine))
}

// jobEnded is for a job that has ended: at the prompt, the person reads it,
// unless it was taken to the foreground; a script looks for itself.
func (s *Shell) jobEnded(j *job) {
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	if s.editor != nil && s.jobs.take(j) {
		text := j.printed.String()
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		s.console.Notify(text + s.verdict(j))
	}
	close(j.ended)
}

// isOver reports whether a job has ended.
func (j *job) isOver() bool {
	select {
	case <-j.ended:
		return true
	default:
		return false
	}
}

// verdict is how a job has ended, for people: in a script only failures are
// said.
func (s *Shell) verdict(j *job) string {
	what := func(ended string) string {
		return fmt.Sprintf("[%d] %s: %s", j.number, ended, codec.Show(j.command.JobLine))
	}
	dim := s.console.ErrPaint.Dim
	switch {
	case s.editor == nil && j.failed():
		return s.console.FormatError(&console.LocatedError{Where: j.command.Where, Err: j.err})
	case s.editor == nil:
		return ""
	case j.err == nil && j.printed.Told() != "":
		return dim(what("done")+"  ("+j.printed.Told()+")") + "\n"
	case j.err == nil:
		return dim(what("done")) + "\n"
	case !j.failed():
		return dim(what("cancelled")) + "\n"
	}
	return s.console.FormatError(&failedJob{what("failed"), j})
}

// failed reports whether a job has ended as nobody wanted.
func (j *job) failed() bool { return j.err != nil && !errors.Is(j.err, console.ErrInterrupted) }

// A failedJob is the error of a job behind its command.
type failedJob struct {
	what string
	job  *job
}

// Error says everything once: "[1] failed: get big.iso: no such file or folder".
func (f *failedJob) Error() string {
	command := f.job.command
	reason := strings.TrimPrefix(f.job.err.Error(), command.Name+": ")
	if object, rest, ok := strings.Cut(reason, ": "); ok && strings.HasSuffix(command.JobLine, " "+object) {
		reason = rest
	}
	return f.what + ": " + reason
}

func (f *failedJob) Unwrap() error { return f.job.err }
