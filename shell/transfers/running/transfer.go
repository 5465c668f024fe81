package running

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/command"
	"techsh/shell/console"
)

// MinResumeSize is the smallest size of a file that is resumed. For smaller files,
// asking the remote costs as much as the transfer.
const MinResumeSize = 1 << 20

// A Transfer is a get, put or sync in progress.
type Transfer struct {
	Env      *command.Env
	Options  Options
	Progress *console.Progress
	Budget   codec.Budget // for everything that the command collects
	started  time.Time

	SingleFile bool   // only one file is transferred, so its failure is the error of the command
	CanAsk     bool   // the user can be asked before a file is replaced
	NoSummary  bool   // print no summary of a success
	NoResume   bool   // an interrupted transfer cannot be resumed
	ResumeHint string // how to resume a tree, if repeating the command is not enough
	FolderHint string // hint if a source is a folder; "" if sources may be folders
	TooBigHint string // hint if Budget is exceeded

	Files, Links int64
	Bytes        int64
	Equal        int64 // files skipped because they are equal
	Kept         int64 // files not replaced because the user declined
	Deleted      int64

	mu        sync.Mutex // guards the fields below, which are used by both sending and receiving
	failed    int64
	partial   bool   // a call has partly failed
	firstErr  error  // the failure of the only file
	lastHint  string // the last printed hint
	notes     *transfer.NameSet
	noteTwice int64 // notes of the current call that were printed before
}

// New returns a Transfer that begins now.
func New(env *command.Env, opts Options) *Transfer {
	return &Transfer{
		Env:        env,
		Options:    opts,
		Progress:   env.Console.NewProgress(),
		started:    time.Now(),
		CanAsk:     env.Console.CanAsk(),
		TooBigHint: "name fewer files, or the folder that they are in",
		notes:      transfer.NewNameSet(),
	}
}

// Restart sets the start time for the summary to the current time.
func (r *Transfer) Restart() { r.started = time.Now() }

// Failed returns the number of files that have failed.
func (r *Transfer) Failed() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// Partial reports whether a call has partly failed.
func (r *Transfer) Partial() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.partial
}

// FirstErr returns the error of the only file, or nil.
func (r *Transfer) FirstErr() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.firstErr
}

// Tell prints a message about a file, even in a script.
func (r *Transfer) Tell(name, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !r.SingleFile {
		text = codec.Name(name) + ": " + text
	}
	r.Env.Console.TellAlways(text)
}

// TellChange reports that a file has changed while it was sent.
func (r *Transfer) TellChange(name string, c landing.Change) {
	if c.Grown > 0 {
		r.Tell(name, "it has grown by %s during the transfer", console.FormatSize(c.Grown))
	}
	if c.Replaced {
		r.Tell(name, "another file has taken its name during the transfer; this is the one before, which is complete")
	}
}

// Finish ends the progress display and returns the error of the command. If there is no
// error, Finish prints the summary followed by the text of the parameter where, such as
// ", to FOLDER".
func (r *Transfer) Finish(ctx context.Context, err error, where string) error {
	r.Progress.End()
	switch {
	case err != nil:
		return r.WithHint(r.withResumeHint(ctx, err))
	case r.SingleFile && r.firstErr != nil:
		return r.WithHint(r.firstErr)
	case r.failed > 0:
		return codec.Errorf(codec.Partial, "%s", r.summary())
	}
	if r.Files+r.Links == 0 {
		where = ""
	}
	if !r.NoSummary {
		r.Env.Console.Tell("%s%s", r.summary(), where)
	}
	return nil
}

// summary returns a text such as "1204 files, 3.2 GiB in 2.1 s (1.5 GiB/s), 2 failed".
func (r *Transfer) summary() string {
	var parts []string
	if r.Files+r.Links > 0 || r.Deleted+r.Equal+r.Kept+r.failed == 0 {
		parts = append(parts, console.Count(r.Files, "file"))
		if r.Links > 0 {
			parts = append(parts, console.Count(r.Links, "link"))
		}
		parts = append(parts, r.speed())
	}
	for _, count := range []struct {
		n    int64
		what string
	}{
		{r.Deleted, "deleted"},
		{r.Equal, "equal"},
		{r.Kept, "kept"},
		{r.failed, "failed"},
	} {
		if count.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count.n, count.what))
		}
	}
	return strings.Join(parts, ", ")
}

// speed returns a text such as "3.2 GiB in 2.1 s (1.5 GiB/s)".
func (r *Transfer) speed() string {
	took := max(time.Since(r.started), time.Millisecond)
	text := console.FormatSize(r.Bytes) + " in " + console.FormatElapsed(took)
	if r.Bytes >= 1<<20 {
		text += fmt.Sprintf(" (%s/s)", console.FormatSize(int64(float64(r.Bytes)/took.Seconds())))
	}
	return text
}

// withResumeHint returns the error of an interrupted transfer with a text added that says
// how much was transferred and how to resume the transfer.
func (r *Transfer) withResumeHint(ctx context.Context, err error) error {
	name, have, total := r.Progress.Current()
	interrupted := ctx.Err() != nil || errors.Is(err, link.ErrLost)
	var text string
	switch {
	case !interrupted || name == "" || r.NoResume:
		return err
	case r.Options.Recursive:
		hint := r.ResumeHint
		if hint == "" && r.Options.Update {
			hint = sameHint
		}
		text = "stopped after " + console.Count(r.Files, "file") + ", " + console.FormatSize(r.Bytes)
		if hint != "" {
			text += "; " + hint
		}
	case total < MinResumeSize || have == 0:
		return err
	default:
		text = "stopped at " + console.FormatPart(have, total) + "; " + sameHint
	}
	if !errors.Is(err, console.ErrInterrupted) {
		return console.WithHint(err, text)
	}
	r.Env.Console.TellOverInterrupt(text)
	return &console.ReportedError{Err: err}
}

// Hints on how to resume a transfer.
const (
	sameHint   = "the same command continues from there"
	UpdateHint = "with -u " + sameHint // without -u, a tree is not compared
)

// SyncHint returns how to resume the transfer of a tree that was given a new name.
// Repeating the command would put the tree into the folder of that name, because that
// folder now exists.
func SyncHint(from, to string) string {
	return "to continue: sync " + codec.Quote(codec.Lit(from)) + " " + codec.Quote(codec.Lit(to))
}
