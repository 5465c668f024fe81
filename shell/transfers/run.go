package transfers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
)

// An transferRun is a get, a put or a sync under way: what it has done so far, and
// what of it has failed.
type transferRun struct {
	env *command.Env
	transferOptions
	p       *console.Progress
	started time.Time
	alone   bool   // one file is wanted: its failure is the command's
	asks    bool   // somebody can be asked before something is replaced
	quiet   bool   // nothing needs to be said when all is well
	passes  bool   // nothing of it stays that could be gone on with
	onward  string // how to go on with a tree, where the same command would not
	deeper  string // what to do when the remote says that something is a folder

	files, links int64
	bytes        int64
	equal        int64 // left out for that
	kept         int64 // as they are, since somebody said so
	deleted      int64

	mu     sync.Mutex
	failed int64
	partly bool   // the remote could not do all of something
	why    error  // the first failure, when it is alone
	hinted string // what to do about the last failure that had that
	noted  *compare.NameSet
	again  int64 // notes of the running call that were known already
}

func newTransferRun(env *command.Env, w transferOptions) *transferRun {
	return &transferRun{env: env, transferOptions: w, p: env.Console.NewProgress(), started: time.Now(), asks: env.Console.CanAsk(), noted: compare.NewNameSet()}
}

// fail notes that one thing has failed and the rest goes on.
func (e *transferRun) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failed++
	if e.alone {
		if e.why == nil {
			e.why = err
		}
		return
	}
	e.mention(err)
}

// mention says an error, and only once what can be done about such.
func (e *transferRun) mention(err error) {
	err = e.hint(err)
	if hint := console.HintOf(err); hint != "" && hint == e.hinted {
		err = console.WithHint(err, "")
	} else if hint != "" {
		e.hinted = hint
	}
	e.env.Console.PrintError(&console.LocatedError{Where: e.env.Console.Label, Err: err})
}

// hint tells what to do about a failure.
func (e *transferRun) hint(err error) error {
	x, ok := errors.AsType[*codec.Error](err)
	switch {
	case !ok || x.Code != codec.IsDirectory:
		return console.ForceHint(err)
	case e.deeper == "":
		return &codec.Error{Code: codec.NotRegular, Name: x.Name, Text: "the remote one is a folder, it is not replaced"}
	case !e.trees:
		return console.WithHint(err, e.deeper)
	}
	return err
}

// note shows a NOTE, once: comparing and fetching may meet the same trouble.
// Whether it counts as a failure is in the final answer.
func (e *transferRun) note(f codec.Frame) error {
	x, err := f.Note()
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	key := string(x.Code) + " " + x.Name
	if e.noted.Has(key) {
		e.again++
		return nil
	}
	if e.noted.Len() < mostNoted {
		e.noted.Add(key)
	}
	e.mention(x)
	return nil
}

// say tells what nobody has asked for but should know, also in a script.
func (e *transferRun) say(name, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !e.alone {
		text = codec.Name(name) + ": " + text
	}
	e.env.Console.TellAlways(text)
}

// grown says that a file went on growing while it was sent.
func (e *transferRun) grown(name string, n int64) {
	e.say(name, "it has grown by %s meanwhile", console.FormatSize(n))
}

// answered takes the answer to one call: that some things have failed, which
// has been said, does not end the errand.
func (e *transferRun) answered(err error) error {
	x, ok := errors.AsType[*codec.Error](err)
	if !ok || x.Code != codec.Partial || errors.Is(err, link.ErrLost) {
		return err
	}
	n, _ := x.More.Int("failed")
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failed += max(n, 1) - e.again
	e.again = 0
	e.partly = true
	return nil
}

// end says what has become of it, and where.
func (e *transferRun) end(ctx context.Context, err error, where string) error {
	e.p.End()
	switch {
	case err != nil:
		return e.hint(e.interrupted(ctx, err))
	case e.alone && e.why != nil:
		return e.hint(e.why)
	case e.failed > 0:
		return codec.Errorf(codec.Partial, "%s", e.summary())
	}
	if e.files+e.links == 0 {
		where = ""
	}
	if !e.quiet {
		e.env.Console.Tell("%s%s", e.summary(), where)
	}
	return nil
}

// summary is "1204 files, 3.2 GiB in 2.1 s (1.5 GiB/s), 2 failed".
func (e *transferRun) summary() string {
	took := max(time.Since(e.started), time.Millisecond)
	how := console.FormatSize(e.bytes) + " in " + console.FormatElapsed(took)
	if e.bytes >= 1<<20 {
		how += fmt.Sprintf(" (%s/s)", console.FormatSize(int64(float64(e.bytes)/took.Seconds())))
	}
	parts := []string{console.Count(e.files, "file"), how}
	if e.links > 0 {
		parts = []string{console.Count(e.files, "file"), console.Count(e.links, "link"), how}
	}
	if e.files+e.links == 0 && e.deleted+e.equal+e.kept+e.failed > 0 {
		parts = nil
	}
	for _, one := range []struct {
		n    int64
		what string
	}{{e.deleted, "deleted"}, {e.equal, "equal"}, {e.kept, "kept"}, {e.failed, "failed"}} {
		if one.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", one.n, one.what))
		}
	}
	return strings.Join(parts, ", ")
}

// interrupted adds to the error that has ended a transfer what is left of the
// file that was under way.
func (e *transferRun) interrupted(ctx context.Context, err error) error {
	name, here, total := e.p.Current()
	cancelled := errors.Is(err, console.ErrInterrupted)
	switch {
	case ctx.Err() == nil && !errors.Is(err, link.ErrLost) && !console.IsCode(err, codec.Timeout) || name == "" || e.passes:
		return err
	case e.trees:
		onward := e.onward
		if onward == "" && e.update {
			onward = "; the same command goes on from there"
		}
		return e.goesOn(err, cancelled, "stopped after %s, %s%s", console.Count(e.files, "file"), console.FormatSize(e.bytes), onward)
	case total < resumeFrom || here == 0:
		return err
	}
	return e.goesOn(err, cancelled, "stopped at %s; the same command goes on from there", console.FormatPart(here, total))
}

// Ways to go on with a tree that has come in part: a command that found nothing
// of the name that it gave would put the tree into that now.
const withUpdate = "; with -u the same command goes on from there"

func onwardBy(from, to string) string {
	return "; to go on: sync " + codec.Quote(codec.Lit(from)) + " " + codec.Quote(codec.Lit(to))
}

// goesOn adds what can be done to an error, or says it instead of a Ctrl-C.
func (e *transferRun) goesOn(err error, cancelled bool, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if !cancelled {
		return console.WithHint(err, text)
	}
	e.env.Console.TellOverInterrupt(text)
	return &console.ReportedError{Err: err}
}

// mostNoted is how many notes are known again: comparing and fetching may meet
// the same trouble, and who has more of it is told twice.
const mostNoted = 100_000

// resumeFrom is the size from which on a file that is sent is looked for
// there: for a smaller one the question costs as much as the file.
const resumeFrom = 1 << 20
