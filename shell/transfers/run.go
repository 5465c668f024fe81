package transfers

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

// minResumeSize is the smallest size of a file that is resumed. For smaller files,
// asking the remote costs as much as the transfer.
const minResumeSize = 1 << 20

// A transferRun is a get, put or sync in progress.
type transferRun struct {
	env      *command.Env
	opts     transferOptions
	progress *console.Progress
	started  time.Time

	singleFile bool   // only one file is transferred, so its failure is the error of the command
	canAsk     bool   // the user can be asked before a file is replaced
	noSummary  bool   // print no summary of a success
	noResume   bool   // an interrupted transfer cannot be resumed
	resumeHint string // how to resume a tree, if repeating the command is not enough
	folderHint string // hint if a source is a folder; "" if sources may be folders

	files, links int64
	bytes        int64
	equal        int64 // files skipped because they are equal
	kept         int64 // files not replaced because the user declined
	deleted      int64

	mu        sync.Mutex // guards the fields below, used by sending and receiving
	failed    int64
	partial   bool   // a call has partly failed
	firstErr  error  // the failure of the only file
	lastHint  string // the last printed hint
	notes     *transfer.NameSet
	noteTwice int64 // notes of the current call that were printed before
}

func newTransferRun(env *command.Env, opts transferOptions) *transferRun {
	return &transferRun{
		env:      env,
		opts:     opts,
		progress: env.Console.NewProgress(),
		started:  time.Now(),
		canAsk:   env.Console.CanAsk(),
		notes:    transfer.NewNameSet(),
	}
}

// tell prints a message about a file, even in a script.
func (r *transferRun) tell(name, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !r.singleFile {
		text = codec.Name(name) + ": " + text
	}
	r.env.Console.TellAlways(text)
}

// tellChange reports that a file has changed while it was sent.
func (r *transferRun) tellChange(name string, c landing.Change) {
	if c.Grown > 0 {
		r.tell(name, "it has grown by %s during the transfer", console.FormatSize(c.Grown))
	}
	if c.Replaced {
		r.tell(name, "another file has taken its name during the transfer; this is the one before, which is complete")
	}
}

// finish ends the progress display and returns the error of the command. If there is
// none, it prints the summary followed by where, which is a text such as ", to
// FOLDER".
func (r *transferRun) finish(ctx context.Context, err error, where string) error {
	r.progress.End()
	switch {
	case err != nil:
		return r.withHint(r.withResumeHint(ctx, err))
	case r.singleFile && r.firstErr != nil:
		return r.withHint(r.firstErr)
	case r.failed > 0:
		return codec.Errorf(codec.Partial, "%s", r.summary())
	}
	if r.files+r.links == 0 {
		where = ""
	}
	if !r.noSummary {
		r.env.Console.Tell("%s%s", r.summary(), where)
	}
	return nil
}

// summary returns "1204 files, 3.2 GiB in 2.1 s (1.5 GiB/s), 2 failed".
func (r *transferRun) summary() string {
	var parts []string
	if r.files+r.links > 0 || r.deleted+r.equal+r.kept+r.failed == 0 {
		parts = append(parts, console.Count(r.files, "file"))
		if r.links > 0 {
			parts = append(parts, console.Count(r.links, "link"))
		}
		parts = append(parts, r.speed())
	}
	for _, count := range []struct {
		n    int64
		what string
	}{
		{r.deleted, "deleted"},
		{r.equal, "equal"},
		{r.kept, "kept"},
		{r.failed, "failed"},
	} {
		if count.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count.n, count.what))
		}
	}
	return strings.Join(parts, ", ")
}

// speed returns "3.2 GiB in 2.1 s (1.5 GiB/s)".
func (r *transferRun) speed() string {
	took := max(time.Since(r.started), time.Millisecond)
	text := console.FormatSize(r.bytes) + " in " + console.FormatElapsed(took)
	if r.bytes >= 1<<20 {
		text += fmt.Sprintf(" (%s/s)", console.FormatSize(int64(float64(r.bytes)/took.Seconds())))
	}
	return text
}

// withResumeHint adds to the error of an interrupted transfer how much was transferred
// and how to resume the transfer.
func (r *transferRun) withResumeHint(ctx context.Context, err error) error {
	name, have, total := r.progress.Current()
	interrupted := ctx.Err() != nil || errors.Is(err, link.ErrLost) || console.IsCode(err, codec.Timeout)
	var text string
	switch {
	case !interrupted || name == "" || r.noResume:
		return err
	case r.opts.recursive:
		hint := r.resumeHint
		if hint == "" && r.opts.update {
			hint = sameHint
		}
		text = "stopped after " + console.Count(r.files, "file") + ", " + console.FormatSize(r.bytes)
		if hint != "" {
			text += "; " + hint
		}
	case total < minResumeSize || have == 0:
		return err
	default:
		text = "stopped at " + console.FormatPart(have, total) + "; " + sameHint
	}
	if !errors.Is(err, console.ErrInterrupted) {
		return console.WithHint(err, text)
	}
	r.env.Console.TellOverInterrupt(text)
	return &console.ReportedError{Err: err}
}

// Hints on how to resume a transfer.
const (
	sameHint   = "the same command continues from there"
	updateHint = "with -u " + sameHint // without -u, a tree is not compared
)

// syncHint returns how to resume the transfer of a tree that was given a new name.
// Repeating the command would put the tree into the folder of that name, which exists
// now.
func syncHint(from, to string) string {
	return "to continue: sync " + codec.Quote(codec.Lit(from)) + " " + codec.Quote(codec.Lit(to))
}
