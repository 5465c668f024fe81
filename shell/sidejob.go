package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"techsh/codec"
)

// A sideJob is a command that runs beside the prompt: in a shell of its own, on a
// connection of its own.
type sideJob struct {
	number  int
	command command
	of      *Shell // which started it
	asks    bool   // somebody at its prompt would be asked
	conn    *connection
	began   time.Time
	printed collected
	cancel  context.CancelCauseFunc
	ended   chan struct{}
	err     error // once it has ended
}

// ampersand cuts off the "&" that words end in.
func ampersand(words []codec.Word) (rest []codec.Word, ok bool) {
	n := len(words)
	if n == 0 || words[n-1].Text != "&" || words[n-1].Quoted {
		return words, false
	}
	return words[:n-1], true
}

// beside makes a command that was typed as text, with its "&", one that runs
// beside the prompt, if it can.
func (c *command) beside(text string) error {
	c.typed = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "&"))
	switch {
	case c.row.verb == "":
		return fmt.Errorf("%s: &: only what asks the remote can run beside the prompt", c.name)
	case c.row.moves:
		return fmt.Errorf("%s: &: beside the prompt it would move nothing but itself", c.name)
	}
	return nil
}

// start runs a command beside the prompt. Its connection is made here, where
// somebody can be asked and told.
func (s *Shell) start(ctx context.Context, c command) error {
	from := s.alive()
	if from == nil {
		return notConnected()
	}
	number, room := s.jobs.next()
	if !room {
		return withHint(codec.Errorf(codec.Busy, "%d jobs are running, which is the most", maxJobs), "fg waits for one, kill %N cancels one")
	}
	conn, err := s.meet(ctx, from.target)
	if err != nil {
		return err
	}
	j := &sideJob{number: number, command: c, of: s, asks: s.asks(), conn: conn, began: time.Now(), ended: make(chan struct{})}
	j.printed.warn = s.warn
	own := s.apart(j)
	own.adopt(conn)
	if err := conn.enter(ctx, from.cwd); err != nil {
		own.end()
		return err
	}
	ctx, j.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	s.jobs.add(j)
	s.tell("%s", j)
	c.typed = ""
	s.wg.Go(func() {
		defer j.cancel(nil)
		j.err = own.run(ctx, c)
		own.end()
		s.over(j)
	})
	return nil
}

// apart is a shell like s for a job: nobody sits at it, and what it prints is
// collected as it would have been printed.
func (s *Shell) apart(j *sideJob) *Shell {
	own := &Shell{Out: s.Out, Err: s.Err, Dir: s.Dir, Dialect: s.Dialect, job: j}
	own.Out.instead, own.Err.instead = collecting{&j.printed, false}, collecting{&j.printed, true}
	own.begin()
	own.input = newFeed(noInput{})
	return own
}

// noInput is the standard input of a job.
type noInput struct{}

func (noInput) Read([]byte) (int, error) { return 0, errors.New("a job has none") }

// String gives "[1] get big.iso".
func (j *sideJob) String() string {
	return fmt.Sprintf("[%d] %s", j.number, codec.Show(j.command.typed))
}

// over is for a job that has ended: at the prompt, the person reads it, unless
// it was taken to the foreground; a script looks for itself.
func (s *Shell) over(j *sideJob) {
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	if s.editor != nil && s.jobs.take(j) {
		var text strings.Builder
		_ = j.printed.pass(&text, &text) // which cannot fail
		if text.Len() > 0 && !strings.HasSuffix(text.String(), "\n") {
			text.WriteByte('\n')
		}
		s.editor.Notify(text.String() + s.verdict(j))
	}
	close(j.ended)
}

// isOver says whether a job has ended.
func (j *sideJob) isOver() bool {
	select {
	case <-j.ended:
		return true
	default:
		return false
	}
}

// verdict is how a job has ended, for people: in a script only failures are
// said.
func (s *Shell) verdict(j *sideJob) string {
	what := func(ended string) string {
		return fmt.Sprintf("[%d] %s: %s", j.number, ended, codec.Show(j.command.typed))
	}
	switch {
	case s.editor == nil && j.failed():
		return s.complaint(&located{j.command.where, j.err})
	case s.editor == nil:
		return ""
	case j.err == nil && j.printed.told != "":
		return s.warn.dim(what("done")+"  ("+j.printed.told+")") + "\n"
	case j.err == nil:
		return s.warn.dim(what("done")) + "\n"
	case !j.failed():
		return s.warn.dim(what("cancelled")) + "\n"
	}
	return s.complaint(&failedJob{what("failed"), j})
}

// failed says whether a job has ended as nobody wanted.
func (j *sideJob) failed() bool { return j.err != nil && !errors.Is(j.err, errInterrupted) }

// A failedJob is the error of a job behind its command.
type failedJob struct {
	what string
	*sideJob
}

// Error says everything once: "[1] failed: get big.iso: no such file or folder".
func (f *failedJob) Error() string {
	reason := strings.TrimPrefix(f.err.Error(), f.command.name+": ")
	if object, rest, ok := strings.Cut(reason, ": "); ok && strings.HasSuffix(f.command.typed, " "+object) {
		reason = rest
	}
	return f.what + ": " + reason
}

func (f *failedJob) Unwrap() error { return f.err }
