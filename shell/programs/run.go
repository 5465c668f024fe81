package programs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
)

func runExec(ctx context.Context, env *command.Env, in command.Invocation) error {
	return runProgram(ctx, env, in, "EXEC", in.Words)
}

func runShell(ctx context.Context, env *command.Env, in command.Invocation) error {
	return runProgram(ctx, env, in, "SH", in.Words)
}

// runStart starts a program without waiting for it to end.
func runStart(ctx context.Context, env *command.Env, in command.Invocation) error {
	words := append(locationWords(in), codec.Bare("--"))
	pairs, err := env.Conn.Call(ctx, "RUN", append(words, in.Words...), link.Answer{})
	if err != nil {
		return err
	}
	pid, known := pairs.Int("pid")
	opener, opened := pairs.Get("opener")
	if !known && !opened {
		return codec.Errorf(codec.BadFrame, "the program's pid is missing")
	}
	if known {
		fmt.Fprintln(env.Console, pid)
	}
	if opened {
		env.Console.Tell("opened by %s", codec.Show(opener))
	} else {
		env.Console.Tell("it runs in the background: ps --mine lists it, kill %d ends it", pid)
	}
	if note, ok := pairs.Get("note"); ok {
		env.Console.PrintError(errors.New(note))
	}
	return nil
}

// locationWords returns the words of a call that set the folder and environment of a
// program.
func locationWords(in command.Invocation) []codec.Word {
	var words []codec.Word
	if dir, ok := in.Value("d"); ok {
		words = append(words, codec.Bare("-d"), codec.Lit(dir))
	}
	for _, variable := range in.Values("e") {
		words = append(words, codec.Bare("-e"), codec.Lit(variable))
	}
	return words
}

// runProgram runs a remote program with its streams connected to the local ones. It
// returns a *command.ExitError unless the program ends with status 0.
func runProgram(
	ctx context.Context, env *command.Env, in command.Invocation, verb string, argv []codec.Word,
) error {
	words := locationWords(in)
	if text, ok := in.Value("timeout"); ok {
		seconds, err := parseTimeout(text)
		if err != nil {
			return err
		}
		words = append(words, codec.Bare("--timeout"), codec.Bare(seconds))
	}
	if name, ok := in.Value("shell"); ok {
		words = append(words, codec.Bare("--shell"), codec.Lit(name))
	}
	words = append(words, codec.Bare("--"))
	request := link.Request{Verb: codec.MakeVerb(verb), Words: append(words, argv...)}
	run := runOnPipes
	if in.Has("t") {
		run = runOnTerminal
	}
	pairs, err := run(ctx, env, in, request)
	if err != nil {
		return err
	}
	if note, ok := pairs.Get("note"); ok {
		env.Console.PrintError(errors.New(note))
	}
	return exitError(argv[0].Text, pairs)
}

// parseTimeout converts a duration, as the user types it, to seconds.
func parseTimeout(text string) (seconds string, err error) {
	d, ok := console.ParseDuration(text)
	if !ok {
		err := fmt.Errorf("--timeout: %s is not a duration such as 90, 90s or 1m30s", codec.Name(text))
		return "", &console.UsageError{Err: err}
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64), nil
}

// runOnPipes runs a program without a terminal, so that its output and its errors are
// separate streams.
func runOnPipes(
	ctx context.Context, env *command.Env, in command.Invocation, r link.Request,
) (codec.Pairs, error) {
	out, endOut, err := decodeOutput(env, env.Console.OutWriter(ctx, in.Has("raw")), in)
	if err != nil {
		return nil, err
	}
	errs, endErrs, err := decodeOutput(env, env.Console.ErrWriter(ctx, in.Has("raw")), in)
	if err != nil {
		return nil, err
	}
	defer endErrs()
	defer endOut()
	r.Recv = link.Answer{
		Data: func(b []byte) error {
			_, err := out.Write(b)
			return console.AboutStream("standard output", err)
		},
		Note: func(f codec.Frame) error {
			env.Console.Flush()
			_, err := errs.Write(f.Body)
			return console.AboutStream("standard error", err)
		},
	}.Recv
	if in.Has("i") || env.Console.Input.Redirected {
		if env.Console.Script {
			return nil, errors.New("-i: standard input is the script")
		}
		r.Words = slices.Insert(r.Words, 0, codec.Bare("-i"))
		r.Send = func(ctx context.Context, up *link.Upstream) error {
			return sendInput(ctx, env, up, func(b []byte) []byte { return b })
		}
	}
	return env.Conn.Do(ctx, r)
}

// sendInput sends standard input until it ends, ctx is done, or the remote accepts no
// more. It passes each piece of input to filter, and sends what filter returns.
func sendInput(ctx context.Context, env *command.Env, up *link.Upstream, filter func([]byte) []byte) error {
	buf := make([]byte, link.FirstCredit)
	for {
		n, err := env.Console.Input.ReadContext(ctx, buf)
		for b := filter(buf[:n]); len(b) > 0; {
			room, creditErr := up.Credit(ctx, len(b))
			if creditErr != nil {
				return nil // the program no longer reads its input
			}
			if writeErr := up.Write(codec.DATA, b[:room]); writeErr != nil {
				return writeErr
			}
			b = b[room:]
		}
		if flushErr := up.Flush(); flushErr != nil {
			return flushErr
		}
		if err == io.EOF || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return console.AboutStream("standard input", err)
		}
	}
}

// exitError returns an error that describes how a program has ended, or nil for
// status 0.
func exitError(name string, pairs codec.Pairs) error {
	if signal, ok := pairs.Get("signal"); ok {
		number, _ := pairs.Int("number")
		return &command.ExitError{
			Program: name,
			Reason:  "killed by signal " + codec.Show(signal),
			Status:  128 + int(number&127),
		}
	}
	text, _ := pairs.Get("exit")
	if text == "0" {
		return nil
	}
	status := 0
	if _, err := fmt.Sscan(text, &status); err != nil {
		return codec.Errorf(codec.BadFrame, "the program's status is missing")
	}
	if status&255 == 0 {
		status = 1 // a Windows status such as 256 must not be passed on as success
	}
	return &command.ExitError{Program: name, Reason: "exit status " + codec.Show(text), Status: status & 255}
}
