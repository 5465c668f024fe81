package shell

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

func (s *Shell) jobRows() []command.Row {
	return []command.Row{
		{Names: []string{"jobs"}, Line: "lists what runs beside the prompt since its line ended in &, and how far it is", Run: s.listJobs, Examples: []string{"jobs"}},
		{
			Names: []string{"fg"}, Synopsis: "[%N]", Line: "waits for a job, the newest one, and shows what it does; Ctrl-C cancels it", MaxWords: 1, Run: s.foreground,
			Examples: []string{"fg", "fg %1"},
		},
	}
}

// maxJobs is one less than the connections that a server takes of one peer:
// the prompt has one too.
const maxJobs = 7

// jobs are those of a shell, by number. Who takes one from the list reports
// how it has ended.
type jobs struct {
	mu       sync.Mutex
	list     []*job
	reported map[int]error // in a script: how those ended that have left the list by themselves
	failed   error         // the first failure among those
}

// reap reports on the jobs of a script that have ended.
func (s *Shell) reap() {
	for _, j := range s.jobs.all() {
		if !j.isOver() {
			continue
		}
		s.jobs.mu.Lock()
		s.jobs.take(j)
		s.jobs.mu.Unlock()
		if err := j.printed.PassTo(s.console.Out, s.console.Err); j.err == nil {
			j.err = err
		}
		s.console.FreshLine()
		fmt.Fprint(s.console.Err, s.verdict(j))
		if s.jobs.reported == nil {
			s.jobs.reported = map[int]error{}
		}
		s.jobs.reported[j.number] = j.err
		if j.failed() && !j.command.MayFail && s.jobs.failed == nil {
			s.jobs.failed = &console.ReportedError{Err: &console.LocatedError{Where: j.command.Where, Err: j.err}}
		}
	}
}

// settle waits for the jobs of a script, cancels them when ctx ends, and
// returns the first failure.
func (s *Shell) settle(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.cancelJobs)()
	for list := s.jobs.all(); len(list) > 0; list = s.jobs.all() {
		<-list[0].ended
		s.reap()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.jobs.failed
}

// cancelJobs cancels all jobs, and does not wait.
func (s *Shell) cancelJobs() {
	for _, j := range s.jobs.all() {
		j.cancel(console.ErrInterrupted)
	}
}

// abandon asks whether the jobs that run may be cancelled, if there are any
// and somebody can be asked.
func (s *Shell) abandon() bool {
	n := len(s.jobs.all())
	if n == 0 || s.editor == nil {
		return true
	}
	what := console.Count(int64(n), "job") + " are running: leave and cancel them?"
	if n == 1 {
		what = "a job is running: leave and cancel it?"
	}
	yes, err := s.console.AskYes(what)
	return yes || err != nil || s.editor.Ended()
}

func (s *Shell) listJobs(_ context.Context, env *command.Env, _ command.Invocation) error {
	list := s.jobs.all()
	if len(list) == 0 {
		env.Console.Tell("no job is running")
	}
	for _, j := range list {
		line := fmt.Sprintf("[%d] running  %s  %s", j.number, console.FormatClock(time.Since(j.began)), env.Console.Printable(j.command.JobLine))
		if how := j.printed.Progress(); how != "" {
			line += "  " + env.Console.Paint.Dim(how)
		}
		fmt.Fprintln(env.Console, line)
	}
	return nil
}

func (s *Shell) foreground(ctx context.Context, _ *command.Env, in command.Invocation) error {
	if over, err := s.jobs.outcome(in.Words); over {
		return err
	}
	j, err := s.jobs.find(in.Words, true)
	if err != nil {
		return err
	}
	s.console.Tell("%s", j)
	s.using.Store(j.conn)
	defer context.AfterFunc(ctx, func() { j.cancel(context.Cause(ctx)) })()
	err = j.printed.ShowOn(s.console)
	if err != nil {
		j.cancel(err)
	}
	<-j.ended
	if err != nil {
		return err
	}
	if ctx.Err() != nil && j.err != nil {
		if console.IsReported(j.err) {
			return j.err
		}
		return context.Cause(ctx)
	}
	s.console.FreshLine()
	fmt.Fprint(s.console.Err, s.verdict(j))
	if j.err != nil {
		return &console.ReportedError{Err: j.err}
	}
	return nil
}

// kill cancels a job and waits until it has ended, so that what it had open
// is free.
func (j *job) kill(ctx context.Context) error {
	j.cancel(console.ErrInterrupted)
	select {
	case <-j.ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// all returns the jobs there are.
func (j *jobs) all() []*job {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.list)
}

// next is the number of the next job, and whether there is room for it.
func (j *jobs) next() (number int, room bool) {
	running := 0
	for _, one := range j.all() {
		if !one.isOver() {
			running++
		}
	}
	return j.newest() + 1, running < maxJobs
}

// newest is the number of the newest job. A script gives none twice: what %1 is
// must not depend on how long it takes.
func (j *jobs) newest() (number int) {
	for _, one := range j.all() {
		number = one.number
	}
	for n := range j.reported {
		number = max(number, n)
	}
	return number
}

// outcome is how the job that words name, or the newest one, has ended, when
// that has been reported.
func (j *jobs) outcome(words []codec.Word) (over bool, err error) {
	n := j.newest()
	if len(words) > 0 {
		n, _ = strconv.Atoi(strings.TrimPrefix(words[0].Text, "%")) // which find says
	}
	if err, over = j.reported[n]; err != nil {
		err = &console.ReportedError{Err: err}
	}
	return over, err
}

func (j *jobs) add(one *job) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, one)
}

// take takes one from the list, if it is there. The lock is held.
func (j *jobs) take(one *job) bool {
	before := len(j.list)
	j.list = slices.DeleteFunc(j.list, func(o *job) bool { return o == one })
	return len(j.list) < before
}

// find returns the job that words name, %N or N, or the newest one, and takes
// it from the list if that is wanted.
func (j *jobs) find(words []codec.Word, take bool) (*job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found *job
	switch {
	case len(j.list) == 0:
		return nil, errors.New("no job is running")
	case len(words) == 0:
		found = j.list[len(j.list)-1]
	default:
		text := words[0].Text
		n, err := strconv.Atoi(strings.TrimPrefix(text, "%"))
		at := slices.IndexFunc(j.list, func(o *job) bool { return o.number == n })
		if err != nil || at < 0 {
			return nil, console.WithHint(fmt.Errorf("%s: no job has that number", codec.Name(text)), "jobs lists them")
		}
		found = j.list[at]
	}
	if take {
		j.take(found)
	}
	return found, nil
}

// names returns "%1" and so on.
func (j *jobs) names() (names []string) {
	for _, one := range j.all() {
		names = append(names, fmt.Sprintf("%%%d", one.number))
	}
	return names
}

// canceller returns what cancels the job that a word names.
func (j *jobs) canceller(name codec.Word) (cancel func(context.Context) error, err error) {
	found, err := j.find([]codec.Word{name}, false)
	if err != nil {
		return nil, err
	}
	return found.kill, nil
}
