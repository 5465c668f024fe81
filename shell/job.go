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

// A job is a command that runs in the background on a separate connection.
type job struct {
	number  int
	command command.Command
	conn    *client.Client
	began   time.Time
	output  console.JobOutput
	cancel  context.CancelCauseFunc
	ended   chan struct{} // closed when the command has ended
	err     error         // the error of the command; valid after the channel ended is closed
}

// startJob runs a command in the background. It dials in the foreground, so that the
// user can answer questions and read errors.
func (s *Shell) startJob(ctx context.Context, c command.Command) error {
	if !s.conn.Alive() {
		return client.NotConnected()
	}
	number, hasRoom := s.jobs.next()
	if !hasRoom {
		err := codec.Errorf(codec.Busy, "%d jobs are running, which is the limit", maxJobs)
		return console.WithHint(err, "fg waits for one, kill %N cancels one")
	}
	conn, tap, err := s.dial(ctx, s.conn.Target)
	if err != nil {
		return err
	}
	tap.Background()
	j := &job{number: number, command: c, conn: conn, began: time.Now(), ended: make(chan struct{})}
	env := s.newJobEnv(j)
	s.routines.Go(func() {
		prefix := fmt.Sprintf("[%d] ", number)
		_ = conn.Watch(func(text string) { s.announce(conn, prefix, text) }) // the command returns the same error
	})
	if err := conn.SetCwd(ctx, s.conn.Cwd); err != nil {
		conn.Close()
		return err
	}
	ctx, j.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	s.jobs.add(j)
	s.console.Tell("%s", j)
	s.routines.Go(func() {
		defer j.cancel(nil)
		j.err = flushed(c, env.Console, runIn(ctx, env, c))
		conn.Close()
		s.jobEnded(j)
	})
	return nil
}

// newJobEnv returns the Env of a job. The job starts in the local folder of the session,
// but does not change the folder of the session. The job can neither dial nor access
// other jobs.
func (s *Shell) newJobEnv(j *job) *command.Env {
	from := s.console
	if s.nested > 0 {
		from = from.WithoutQuestions()
	}
	c := j.command
	env := s.newEnv(from.ForJob(&j.output).WithLabel(c.Where + c.Name + ": "))
	env.Conn, env.Dial, env.Jobs = j.conn, nil, command.Jobs{}
	env.Local = &command.Local{Dir: s.local.Dir, Previous: s.local.Previous, Umask: s.local.Umask}
	return env
}

// jobEnded prints at the prompt how a job has ended, unless the command "fg" has taken
// the job over. In a script, reportJobs does this instead.
func (s *Shell) jobEnded(j *job) {
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	if s.editor != nil && s.jobs.remove(j) {
		text := j.output.Take()
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		s.console.Notify(text + s.outcome(j))
	}
	close(j.ended)
}

// String returns a text such as "[1] get big.iso".
func (j *job) String() string { return fmt.Sprintf("[%d] %s", j.number, codec.Show(j.command.JobLine)) }

// hasEnded reports whether the command has ended.
func (j *job) hasEnded() bool {
	select {
	case <-j.ended:
		return true
	default:
		return false
	}
}

// failed reports whether the command has failed. A cancelled command does not count
// as failed.
func (j *job) failed() bool { return j.err != nil && !errors.Is(j.err, console.ErrInterrupted) }

// kill cancels a job and waits until it has ended and closed its files.
func (j *job) kill(ctx context.Context) error {
	j.cancel(console.ErrInterrupted)
	select {
	case <-j.ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// outcome returns the line that reports how a job has ended. In a script it returns
// "" unless the job has failed.
func (s *Shell) outcome(j *job) string {
	if s.editor == nil {
		if j.failed() {
			return s.console.FormatError(&console.LocatedError{Where: j.command.Where, Err: j.err})
		}
		return ""
	}
	line := func(ended string) string {
		return fmt.Sprintf("[%d] %s: %s", j.number, ended, codec.Show(j.command.JobLine))
	}
	dim := s.console.ErrPaint.Dim
	switch {
	case j.err == nil && j.output.Told() != "":
		return dim(line("done")+"  ("+j.output.Told()+")") + "\n"
	case j.err == nil:
		return dim(line("done")) + "\n"
	case !j.failed():
		return dim(line("cancelled")) + "\n"
	}
	return s.console.FormatError(&jobError{line("failed"), j})
}

// A jobError is the error of a job together with its command.
type jobError struct {
	line string
	job  *job
}

// Error returns a text such as "[1] failed: get big.iso: no such file or folder". If the
// error of the command begins with the name or the last word of the command, Error leaves
// out this beginning, because the text already contains the command.
func (e *jobError) Error() string {
	c := e.job.command
	reason := strings.TrimPrefix(e.job.err.Error(), c.Name+": ")
	if object, rest, ok := strings.Cut(reason, ": "); ok && strings.HasSuffix(c.JobLine, " "+object) {
		reason = rest
	}
	return e.line + ": " + reason
}

// Unwrap returns the error of the job.
func (e *jobError) Unwrap() error { return e.job.err }
