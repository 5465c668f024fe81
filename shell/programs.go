package shell

import (
	"context"
	"errors"
	"fmt"
	"io"

	"techsh/codec"
	"techsh/codec/link"
)

func programRows() []row {
	options := []codec.Option{
		{Short: 'i', Line: "standard input is passed on"},
		{Short: 'd', Arg: "DIR", Line: "runs there"},
		{Long: "raw", Line: "every byte as it is, on a terminal too"},
	}
	return []row{
		{
			names: []string{"exec", "run"}, synopsis: "[-i] [-d DIR] [--raw] PROG ARG…", line: "runs a program there; its status is the command's", options: options,
			leading: true, least: 1, most: -1, kinds: []kind{remotePath}, verb: "EXEC", passes: true, run: execute,
			examples: []string{"exec uname -a", "exec ipconfig /all"},
		},
		{
			names: []string{"sh"}, synopsis: "[-i] [-d DIR] [--raw] LINE", line: "runs the rest of the line in the shell there", options: options,
			leading: true, verbatim: true, least: 1, most: -1, verb: "SH", passes: true, run: shellLine,
			examples: []string{"sh cd /var/log; grep -i error *.log | tail"},
		},
	}
}

func execute(ctx context.Context, s *Shell, in invocation) error {
	return s.program(ctx, in, "EXEC", in.Words)
}

func shellLine(ctx context.Context, s *Shell, in invocation) error {
	return s.program(ctx, in, "SH", in.Words)
}

// program runs a program there and passes its streams on.
func (s *Shell) program(ctx context.Context, in invocation, verb string, argv []codec.Word) error {
	var words []codec.Word
	if d, ok := in.Value("d"); ok {
		words = append(words, codec.Bare("-d"), codec.Lit(d))
	}
	out, errs := s.screen(ctx, in.Has("raw")), s.errScreen(ctx, in.Has("raw"))
	r := link.Request{Verb: codec.MakeVerb(verb), Recv: func(f codec.Frame) error {
		switch f.Verb {
		case codec.DATA:
			_, err := out.Write(f.Body)
			return aboutStream("standard output", err)
		case codec.NOTE:
			s.out.Flush()
			_, err := errs.Write(f.Body)
			return aboutStream("standard error", err)
		}
		return nil
	}}
	if in.Has("i") {
		if s.script {
			return errors.New("-i: standard input is the script")
		}
		words = append(words, codec.Bare("-i"))
		r.Send = s.sendInput
	}
	r.Words = append(append(words, codec.Bare("--")), argv...)
	pairs, err := s.do(ctx, r)
	out.end()
	errs.end()
	if err != nil {
		return err
	}
	if note, ok := pairs.Get("note"); ok {
		s.complain(errors.New(note))
	}
	return exitOf(argv[0].Text, pairs)
}

// sendInput streams standard input, as much as is asked for.
func (s *Shell) sendInput(ctx context.Context, up *link.Upstream) error {
	buf := make([]byte, codec.HeaderSize+link.FirstCredit)
	for {
		n, err := s.input.ReadContext(ctx, buf[codec.HeaderSize:])
		for from := 0; from < n; {
			room, cerr := up.Credit(ctx, n-from)
			if cerr != nil {
				return nil // nobody wants the rest
			}
			if werr := up.Write(codec.DATA, buf[codec.HeaderSize+from:][:room]); werr != nil {
				return werr
			}
			from += room
		}
		if ferr := up.Flush(); ferr != nil {
			return ferr
		}
		if err == io.EOF || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return aboutStream("standard input", err)
		}
	}
}

// An exitError says that a program has ended with another status than 0.
type exitError struct {
	name   string
	text   string
	status int
}

// Error gives "name: exit status 3".
func (e *exitError) Error() string { return codec.Show(e.name) + ": " + e.text }

// exitOf is how a program has ended, nil when that was well.
func exitOf(name string, pairs codec.Pairs) error {
	if signal, ok := pairs.Get("signal"); ok {
		number, _ := pairs.Int("number")
		return &exitError{name, "killed by signal " + codec.Show(signal), 128 + int(number&127)}
	}
	status, _ := pairs.Get("exit")
	if status == "0" {
		return nil
	}
	n := 0
	if _, err := fmt.Sscan(status, &n); err != nil {
		return codec.Errorf(codec.BadFrame, "the program's status is missing")
	}
	if n&255 == 0 {
		n = 1 // Windows has larger ones: what is passed on must not look like success
	}
	return &exitError{name, "exit status " + codec.Show(status), n & 255}
}
