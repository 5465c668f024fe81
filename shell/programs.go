package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"techsh/codec"
	"techsh/codec/link"
)

func programRows() []row {
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
	return []row{
		{
			names: []string{"exec", "run"}, synopsis: synopsis + "PROG ARG…", line: "runs a program there; its status is the command's", options: options,
			leading: true, least: 1, most: -1, kinds: []kind{remotePath}, verb: "EXEC", passes: true, run: execute,
			examples: []string{"exec uname -a", "exec -t top", "exec sort < names.txt > sorted.txt"},
		},
		{
			names: []string{"sh"}, synopsis: synopsis + "[--shell NAME] LINE", line: "runs the rest of the line in the shell there",
			options: slices.Concat(options, []codec.Option{{Long: "shell", Arg: "NAME", Line: "another one: cmd or powershell, or one of /etc/shells"}}),
			leading: true, verbatim: true, least: 1, most: -1, verb: "SH", passes: true, run: shellLine,
			examples: []string{"sh cd /var/log; grep -i error *.log | tail", "sh --shell powershell Get-Service | Select -First 3"},
		},
		{
			names: []string{"start"}, synopsis: "[-d DIR] [-e NAME=VALUE]… PROG ARG…|FILE", line: "starts a program, or opens a document, on the screen there, and prints its pid", options: where,
			leading: true, least: 1, most: -1, kinds: []kind{remotePath}, verb: "RUN", run: launch,
			examples: []string{"start notepad notes.txt", "start report.pdf"},
		},
	}
}

func execute(ctx context.Context, env *Env, in invocation) error {
	return env.program(ctx, in, "EXEC", in.Words)
}

func shellLine(ctx context.Context, env *Env, in invocation) error {
	return env.program(ctx, in, "SH", in.Words)
}

// launch does not wait for what it starts.
func launch(ctx context.Context, env *Env, in invocation) error {
	words := append(whereWords(in), codec.Bare("--"))
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
		env.Console.Complain(errors.New(note))
	}
	return nil
}

// whereWords are the options that say where something runs.
func whereWords(in invocation) []codec.Word {
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
func (env *Env) program(ctx context.Context, in invocation, verb string, argv []codec.Word) error {
	words := whereWords(in)
	if t, ok := in.Value("timeout"); ok {
		seconds, err := secondsOf(t)
		if err != nil {
			return err
		}
		words = append(words, codec.Bare("--timeout"), codec.Bare(seconds))
	}
	if name, ok := in.Value("shell"); ok {
		words = append(words, codec.Bare("--shell"), codec.Lit(name))
	}
	run := env.withPipes
	if in.Has("t") {
		run = env.onTerminal
	}
	r := link.Request{Verb: codec.MakeVerb(verb), Words: append(append(words, codec.Bare("--")), argv...)}
	pairs, err := run(ctx, in, r)
	if err != nil {
		return err
	}
	if note, ok := pairs.Get("note"); ok {
		env.Console.Complain(errors.New(note))
	}
	return exitOf(argv[0].Text, pairs)
}

// secondsOf reads how long a program may run, for the wire.
func secondsOf(text string) (string, error) {
	d, ok := ParseDuration(text)
	if !ok {
		return "", &UsageError{Err: fmt.Errorf("--timeout: %s is no time, such as 90, 90s or 1m30s", codec.Name(text))}
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64), nil
}

// withPipes makes the call of a program whose output and errors are apart.
func (env *Env) withPipes(ctx context.Context, in invocation, r link.Request) (codec.Pairs, error) {
	out, endOut, err := env.decoded(env.Console.OutWriter(ctx, in.Has("raw")), in)
	if err != nil {
		return nil, err
	}
	errs, endErrs, err := env.decoded(env.Console.ErrWriter(ctx, in.Has("raw")), in)
	if err != nil {
		return nil, err
	}
	defer endErrs()
	defer endOut()
	r.Recv = link.Answer{
		Data: func(b []byte) error {
			_, err := out.Write(b)
			return AboutStream("standard output", err)
		},
		Note: func(f codec.Frame) error {
			env.Console.Flush()
			_, err := errs.Write(f.Body)
			return AboutStream("standard error", err)
		},
	}.Recv
	if in.Has("i") || env.Console.Input.Redirected {
		if env.Console.Script {
			return nil, errors.New("-i: standard input is the script")
		}
		r.Words = slices.Insert(r.Words, 0, codec.Bare("-i"))
		r.Send = env.sendInput
	}
	return env.Conn.Do(ctx, r)
}

// sendInput streams standard input, as much as is asked for.
func (env *Env) sendInput(ctx context.Context, up *link.Upstream) error {
	return env.sendTyped(ctx, up, func(b []byte) []byte { return b })
}

// sendTyped streams what through makes of standard input.
func (env *Env) sendTyped(ctx context.Context, up *link.Upstream, through func([]byte) []byte) error {
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
			return AboutStream("standard input", err)
		}
	}
}

// An ExitError says that a program has ended with another status than 0.
type ExitError struct {
	name   string
	text   string
	status int
}

// Error gives "name: exit status 3".
func (e *ExitError) Error() string { return codec.Show(e.name) + ": " + e.text }

// exitOf is how a program has ended, nil when that was well.
func exitOf(name string, pairs codec.Pairs) error {
	if signal, ok := pairs.Get("signal"); ok {
		number, _ := pairs.Int("number")
		return &ExitError{name, "killed by signal " + codec.Show(signal), 128 + int(number&127)}
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
	return &ExitError{name, "exit status " + codec.Show(status), n & 255}
}
