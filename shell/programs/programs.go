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

func programRows() []command.Row {
	where := []codec.Option{
		{Short: 'd', Arg: "DIR", Line: "runs there"},
		{Short: 'e', Arg: "NAME=VALUE", Many: true, Line: "sets a variable of its environment; may come again"},
	}
	options := slices.Concat([]codec.Option{
		{Short: 'i', Line: "standard input is passed on; with < FILE it always is"},
		{Short: 't', Line: "on a terminal, which this one becomes; Enter ~ . leaves it"},
	}, where, []codec.Option{
		{Long: "timeout", Arg: "TIME", Line: "ends it after that: 90, 1m30s"},
		{Long: "encoding", Arg: "NAME", Line: "of what it prints; else UTF-8, or on a terminal what Windows consoles use"},
		{Long: "raw", Line: "every byte as it is, on a terminal too"},
	})
	const synopsis = "[-i|-t] [-d DIR] [-e NAME=VALUE]… [--timeout TIME] [--encoding NAME] [--raw] "
	return []command.Row{
		{
			Names: []string{"exec", "run"}, Synopsis: synopsis + "PROG ARG…", Line: "runs a program there; its status is the command's", Options: options,
			OptionsFirst: true, MinWords: 1, MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "EXEC", PassesStatus: true, Run: runExec,
			Examples: []string{"exec uname -a", "exec -t top", "exec sort < names.txt > sorted.txt"},
		},
		{
			Names: []string{"sh"}, Synopsis: synopsis + "[--shell NAME] LINE", Line: "runs the rest of the line in the shell there",
			Options:      slices.Concat(options, []codec.Option{{Long: "shell", Arg: "NAME", Line: "another one: cmd or powershell, or one of /etc/shells"}}),
			OptionsFirst: true, Verbatim: true, MinWords: 1, MaxWords: -1, Verb: "SH", PassesStatus: true, Run: runShell,
			Examples: []string{"sh cd /var/log; grep -i error *.log | tail", "sh --shell powershell Get-Service | Select -First 3"},
		},
		{
			Names: []string{"start"}, Synopsis: "[-d DIR] [-e NAME=VALUE]… PROG ARG…|FILE", Line: "starts a program, or opens a document, on the screen there, and prints its pid", Options: where,
			OptionsFirst: true, MinWords: 1, MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "RUN", Run: runStart,
			Examples: []string{"start notepad notes.txt", "start report.pdf"},
		},
	}
}

func runExec(ctx context.Context, env *command.Env, in command.Invocation) error {
	return runProgram(ctx, env, in, "EXEC", in.Words)
}

func runShell(ctx context.Context, env *command.Env, in command.Invocation) error {
	return runProgram(ctx, env, in, "SH", in.Words)
}

// runStart does not wait for what it starts.
func runStart(ctx context.Context, env *command.Env, in command.Invocation) error {
	words := append(locationWords(in), codec.Bare("--"))
	pairs, err := env.Conn.Call(ctx, "RUN", append(words, in.Words...), link.Answer{})
	if err != nil {
		return err
	}
	pid, ok := pairs.Int("pid")
	if !ok {
		return codec.Errorf(codec.BadFrame, "the program's pid is missing")
	}
	fmt.Fprintln(env.Console, pid)
	if opener, ok := pairs.Get("opener"); ok {
		env.Console.Tell("%s opens it there", codec.Show(opener))
	} else {
		env.Console.Tell("it goes on by itself: ps --mine lists such, kill %d ends it", pid)
	}
	if note, ok := pairs.Get("note"); ok {
		env.Console.PrintError(errors.New(note))
	}
	return nil
}

// locationWords are the options that say where something runs.
func locationWords(in command.Invocation) []codec.Word {
	var words []codec.Word
	if d, ok := in.Value("d"); ok {
		words = append(words, codec.Bare("-d"), codec.Lit(d))
	}
	for _, set := range in.Values("e") {
		words = append(words, codec.Bare("-e"), codec.Lit(set))
	}
	return words
}

// program runs a program there and passes its streams on.
func runProgram(ctx context.Context, env *command.Env, in command.Invocation, verb string, argv []codec.Word) error {
	words := locationWords(in)
	if t, ok := in.Value("timeout"); ok {
		seconds, err := parseTimeout(t)
		if err != nil {
			return err
		}
		words = append(words, codec.Bare("--timeout"), codec.Bare(seconds))
	}
	if name, ok := in.Value("shell"); ok {
		words = append(words, codec.Bare("--shell"), codec.Lit(name))
	}
	run := runOnPipes
	if in.Has("t") {
		run = runOnTerminal
	}
	r := link.Request{Verb: codec.MakeVerb(verb), Words: append(append(words, codec.Bare("--")), argv...)}
	pairs, err := run(ctx, env, in, r)
	if err != nil {
		return err
	}
	if note, ok := pairs.Get("note"); ok {
		env.Console.PrintError(errors.New(note))
	}
	return exitError(argv[0].Text, pairs)
}

// parseTimeout reads how long a program may run, for the wire.
func parseTimeout(text string) (string, error) {
	d, ok := console.ParseDuration(text)
	if !ok {
		return "", &console.UsageError{Err: fmt.Errorf("--timeout: %s is no time, such as 90, 90s or 1m30s", codec.Name(text))}
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64), nil
}

// runOnPipes makes the call of a program whose output and errors are apart.
func runOnPipes(ctx context.Context, env *command.Env, in command.Invocation, r link.Request) (codec.Pairs, error) {
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
		r.Send = func(ctx context.Context, up *link.Upstream) error { return sendInput(ctx, env, up) }
	}
	return env.Conn.Do(ctx, r)
}

// sendInput streams standard input, as much as is asked for.
func sendInput(ctx context.Context, env *command.Env, up *link.Upstream) error {
	return sendTyped(ctx, env, up, func(b []byte) []byte { return b })
}

// sendTyped streams what through makes of standard input.
func sendTyped(ctx context.Context, env *command.Env, up *link.Upstream, through func([]byte) []byte) error {
	buf := make([]byte, link.FirstCredit)
	for {
		n, err := env.Console.Input.ReadContext(ctx, buf)
		for b := through(buf[:n]); len(b) > 0; {
			room, cerr := up.Credit(ctx, len(b))
			if cerr != nil {
				return nil // nobody wants the rest
			}
			if werr := up.Write(codec.DATA, b[:room]); werr != nil {
				return werr
			}
			b = b[room:]
		}
		if ferr := up.Flush(); ferr != nil {
			return ferr
		}
		if err == io.EOF || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return console.AboutStream("standard input", err)
		}
	}
}

// exitError is how a program has ended, nil when that was well.
func exitError(name string, pairs codec.Pairs) error {
	if signal, ok := pairs.Get("signal"); ok {
		number, _ := pairs.Int("number")
		return &command.ExitError{Program: name, Reason: "killed by signal " + codec.Show(signal), Status: 128 + int(number&127)}
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
	return &command.ExitError{Program: name, Reason: "exit status " + codec.Show(status), Status: n & 255}
}

// Rows returns the commands about programs.
func Rows() []command.Row {
	return slices.Concat(programRows(), processRows())
}
