package shell

import (
	"context"
	"fmt"
	"time"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

func (s *Shell) jobRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"jobs"},
			Line:     "lists the background jobs, which lines that end in & start, and their progress",
			Run:      s.listJobs,
			Examples: []string{"jobs"},
		},
		{
			Names:    []string{"fg"},
			Synopsis: "[%N]",
			Line:     "waits for a job, by default the newest one, and shows its output; Ctrl-C cancels it",
			MaxWords: 1,
			Run:      s.foreground,
			Examples: []string{"fg", "fg %1"},
		},
	}
}

func (s *Shell) listJobs(_ context.Context, env *command.Env, _ command.Invocation) error {
	list := s.jobs.all()
	if len(list) == 0 {
		env.Console.Tell("no job is running")
	}
	for _, j := range list {
		line := fmt.Sprintf("[%d] running  %s  %s",
			j.number, console.FormatClock(time.Since(j.began)), env.Console.Printable(j.command.JobLine))
		if progress := j.output.Progress(); progress != "" {
			line += "  " + env.Console.Paint.Dim(progress)
		}
		fmt.Fprintln(env.Console, line)
	}
	return nil
}

func (s *Shell) foreground(ctx context.Context, _ *command.Env, in command.Invocation) error {
	if err, found := s.jobs.reportedError(in.Words); found {
		return err
	}
	j, err := s.jobs.take(in.Words)
	if err != nil {
		return err
	}
	s.console.Tell("%s", j)
	s.inUse.Store(j.conn)
	defer context.AfterFunc(ctx, func() { j.cancel(context.Cause(ctx)) })()
	err = j.output.ShowOn(s.console)
	if err != nil {
		j.cancel(err)
	}
	<-j.ended
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil && j.err != nil && console.IsReported(j.err):
		return j.err
	case ctx.Err() != nil && j.err != nil:
		return context.Cause(ctx)
	}
	s.console.PrintLines(s.outcome(j))
	if j.err != nil {
		return &console.ReportedError{Err: j.err}
	}
	return nil
}

// findKill returns a function that cancels the job called name.
func (js *jobs) findKill(name codec.Word) (kill func(context.Context) error, err error) {
	j, err := js.find([]codec.Word{name})
	if err != nil {
		return nil, err
	}
	return j.kill, nil
}

// cancelJobs cancels all jobs without waiting for them.
func (s *Shell) cancelJobs() {
	for _, j := range s.jobs.all() {
		j.cancel(console.ErrInterrupted)
	}
}

// mayLeaveJobs reports whether the session may end: either no job is running, or the
// user at the prompt agrees to cancel the jobs.
func (s *Shell) mayLeaveJobs() bool {
	n := len(s.jobs.all())
	if n == 0 || s.editor == nil {
		return true
	}
	question := console.Count(int64(n), "job") + " are running: leave and cancel them?"
	if n == 1 {
		question = "a job is running: leave and cancel it?"
	}
	yes, err := s.console.AskYes(question)
	return yes || err != nil || s.editor.Ended()
}

// reportJobs prints the output and the errors of the ended jobs of a script.
func (s *Shell) reportJobs() {
	for _, j := range s.jobs.all() {
		if !j.hasEnded() {
			continue
		}
		s.jobs.mu.Lock()
		s.jobs.remove(j)
		s.jobs.mu.Unlock()
		if err := j.output.PassTo(s.console.Out, s.console.Err); j.err == nil {
			j.err = err
		}
		s.console.PrintLines(s.outcome(j))
		if s.jobs.reported == nil {
			s.jobs.reported = map[int]error{}
		}
		s.jobs.reported[j.number] = j.err
		if j.failed() && !j.command.MayFail && s.jobs.failed == nil {
			located := &console.LocatedError{Where: j.command.Where, Err: j.err}
			s.jobs.failed = &console.ReportedError{Err: located}
		}
	}
}

// awaitJobs waits for the jobs of a script and returns the first failure. It cancels the
// jobs when ctx is done.
func (s *Shell) awaitJobs(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.cancelJobs)()
	for list := s.jobs.all(); len(list) > 0; list = s.jobs.all() {
		<-list[0].ended
		s.reportJobs()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.jobs.failed
}
