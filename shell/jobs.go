package shell

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"techsh/codec"
	"techsh/shell/console"
)

// maxJobs is one less than the number of connections that a server accepts from a
// peer, because the prompt has a connection too.
const maxJobs = 7

// A jobs holds the jobs of a Shell, in the order of their numbers. The goroutine that
// removes a job from the list must report how the job has ended; no other goroutine
// reports it.
type jobs struct {
	mu       sync.Mutex
	list     []*job
	reported map[int]error // in a script: the errors of the reported jobs, by number
	failed   error         // in a script: the first job error that makes the script fail
}

// all returns the jobs in the list.
func (js *jobs) all() []*job {
	js.mu.Lock()
	defer js.mu.Unlock()
	return slices.Clone(js.list)
}

// next returns the number of the next job, and whether another job may run.
func (js *jobs) next() (number int, hasRoom bool) {
	running := 0
	for _, j := range js.all() {
		if !j.hasEnded() {
			running++
		}
	}
	return js.newest() + 1, running < maxJobs
}

// newest returns the number of the newest job. In a script it also counts the reported
// jobs, so that no number is reused, and so that the meaning of %1 does not depend on how
// long a job takes.
func (js *jobs) newest() (number int) {
	for _, j := range js.all() {
		number = j.number
	}
	for n := range js.reported {
		number = max(number, n)
	}
	return number
}

func (js *jobs) add(j *job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.list = append(js.list, j)
}

// remove removes a job from the list and reports whether the list contained it. js.mu
// must be held.
func (js *jobs) remove(j *job) bool {
	before := len(js.list)
	js.list = slices.DeleteFunc(js.list, func(other *job) bool { return other == j })
	return len(js.list) < before
}

// reportedError looks up an already reported job of a script. words identifies the job as
// in the method find. reportedError returns the error of the job, and whether there is
// such a job.
func (js *jobs) reportedError(words []codec.Word) (err error, found bool) {
	number := js.newest()
	if len(words) > 0 {
		number, _ = strconv.Atoi(strings.TrimPrefix(words[0].Text, "%")) // the method find reports invalid syntax
	}
	if err, found = js.reported[number]; err != nil {
		err = &console.ReportedError{Err: err}
	}
	return err, found
}

// find returns the job with the number that words contains, written as %N or N. If words
// is empty, it returns the newest job.
func (js *jobs) find(words []codec.Word) (*job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.lookUp(words)
}

// take is like find, but also removes the job from the list.
func (js *jobs) take(words []codec.Word) (*job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	j, err := js.lookUp(words)
	if err == nil {
		js.remove(j)
	}
	return j, err
}

// lookUp is like find. js.mu must be held.
func (js *jobs) lookUp(words []codec.Word) (*job, error) {
	if len(js.list) == 0 {
		return nil, errors.New("no job is running")
	}
	if len(words) == 0 {
		return js.list[len(js.list)-1], nil
	}
	text := words[0].Text
	number, err := strconv.Atoi(strings.TrimPrefix(text, "%"))
	at := slices.IndexFunc(js.list, func(j *job) bool { return j.number == number })
	if err != nil || at < 0 {
		return nil, console.WithHint(fmt.Errorf("%s: no job has that number", codec.Name(text)), "jobs lists them")
	}
	return js.list[at], nil
}

// names returns the names of the jobs, such as "%1".
func (js *jobs) names() (names []string) {
	for _, j := range js.all() {
		names = append(names, fmt.Sprintf("%%%d", j.number))
	}
	return names
}
