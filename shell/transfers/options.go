package transfers

import (
	"errors"
	"fmt"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// transferOptions are the options of get and put.
type transferOptions struct {
	recursive bool  // -r
	follow    bool  // -L
	force     bool  // -f, or the user has answered "all"
	parents   bool  // -p
	update    bool  // -u
	sha256    bool  // --sum sha256
	rate      int64 // --limit, in bytes per second; 0 means unlimited
}

func newTransferOptions(in command.Invocation) (transferOptions, error) {
	o := transferOptions{
		recursive: in.Has("r"),
		follow:    in.Has("L"),
		force:     in.Has("f"),
		parents:   in.Has("p"),
		update:    in.Has("u"),
		sha256:    in.Has("sum"),
	}
	if sum, _ := in.Value("sum"); o.sha256 && sum != "sha256" {
		return o, &console.UsageError{Err: fmt.Errorf("--sum %s: only sha256 is supported", codec.Name(sum))}
	}
	if rate, ok := in.Value("limit"); ok {
		var err error
		if o.rate, err = console.ParseSize(rate); err != nil || o.rate == 0 {
			err := &console.UsageError{Err: fmt.Errorf("--limit %s: not a rate", codec.Name(rate))}
			return o, console.WithHint(err, "bytes a second, such as 500k or 2M")
		}
	}
	return o, nil
}

// newTransfer begins a get or put. It splits the words into sources and target;
// target.Text is "" if there is no target.
func newTransfer(env *command.Env, in command.Invocation) (
	run *transferRun, sources []codec.Word, target codec.Word, err error,
) {
	opts, err := newTransferOptions(in)
	if err != nil {
		return nil, nil, target, err
	}
	sources = in.Words
	if n := len(sources); n > 1 {
		sources, target = sources[:n-1], sources[n-1]
	}
	run = newTransferRun(env, opts)
	run.singleFile = len(sources) == 1 && !client.IsPattern(sources[0]) && !opts.recursive
	return run, sources, target, nil
}

// withParentsHint adds a hint on -p if a folder of the target does not exist.
func withParentsHint(err error) error {
	if err != nil && console.HintOf(err) == "" && errors.Is(err, &codec.Error{Code: codec.NotFound}) {
		return console.WithHint(err, "-p makes the folders that are missing")
	}
	return err
}
