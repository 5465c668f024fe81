package running

import (
	"fmt"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

// Options are the options of get and put.
type Options struct {
	Recursive bool  // -r
	Follow    bool  // -L
	Force     bool  // -f, or the user has answered "all"
	Parents   bool  // -p
	Update    bool  // -u
	SHA256    bool  // --sum sha256
	Rate      int64 // --limit, in bytes per second; 0 means unlimited
}

// NewOptions returns the options of an Invocation.
func NewOptions(in command.Invocation) (Options, error) {
	o := Options{
		Recursive: in.Has("r"),
		Follow:    in.Has("L"),
		Force:     in.Has("f"),
		Parents:   in.Has("p"),
		Update:    in.Has("u"),
		SHA256:    in.Has("sum"),
	}
	if sum, _ := in.Value("sum"); o.SHA256 && sum != "sha256" {
		return o, &console.UsageError{Err: fmt.Errorf("--sum %s: only sha256 is supported", codec.Name(sum))}
	}
	if rate, ok := in.Value("limit"); ok {
		var err error
		if o.Rate, err = console.ParseSize(rate); err != nil || o.Rate == 0 {
			err := &console.UsageError{Err: fmt.Errorf("--limit %s: not a rate", codec.Name(rate))}
			return o, console.WithHint(err, "bytes a second, such as 500k or 2M")
		}
	}
	return o, nil
}
