package protocol

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func (r *Recording) runTrace(_ context.Context, env *command.Env, in command.Invocation) error {
	if env.Dialect != "" && in.Has("full") {
		err := errors.New("--full: a dialect's gateway passes on only the first 64 bytes of contents")
		return &console.UsageError{Err: err}
	}
	names := []string{traceOff: "off", traceLines: "on", traceHex: "hex"}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(in.Words) == 0 {
		fmt.Fprintln(env.Console, names[r.mode])
		return nil
	}
	for mode, name := range names {
		if strings.EqualFold(in.Words[0].Text, name) {
			r.mode, r.full, r.secrets = traceMode(mode), in.Has("full"), in.Has("secrets")
			return nil
		}
	}
	return fmt.Errorf("%s: expected on, off or hex", codec.Name(in.Words[0].Text))
}

func (r *Recording) runWire(ctx context.Context, env *command.Env, in command.Invocation) error {
	hasFile := len(in.Words) == 2
	switch action := strings.ToLower(in.Words[0].Text); {
	case action == "save" && hasFile:
		return r.saveFrames(ctx, env, in.Words[1], in.Has("secrets"))
	case action != "show":
		err := fmt.Errorf("%s: expected show, or save FILE", codec.Name(in.Words[0].Text))
		return console.WithHint(err, "usage: "+in.Row.Usage())
	}
	frames := r.lastFrames()
	if hasFile {
		var err error
		if frames, err = readFrames(ctx, env, in.Words[1]); err != nil {
			return err
		}
	}
	format := frameFormat{full: true, secrets: in.Has("secrets"), hex: in.Has("x")}
	for _, w := range frames {
		heading := fmt.Sprintf("%s %d", w.at.Local().Format("15:04:05.000000"), w.connection)
		fmt.Fprintf(env.Console, "%s ", env.Console.Paint.Dim(heading))
		if format.hex {
			fmt.Fprintln(env.Console)
		}
		fmt.Fprint(env.Console, w.format(env.Console.Paint, format))
	}
	return nil
}

// readFrames reads a local file that was written by the command "wire save" or by the
// option --wire.
func readFrames(ctx context.Context, env *command.Env, name codec.Word) ([]wireFrame, error) {
	f, err := env.Local.Open(ctx, name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, console.About(name.Text, err)
	}
	return parseRecords(name.Text, strings.ReplaceAll(string(codec.DecodeText(text)), "\r\n", "\n"))
}

// saveFrames writes the kept frames to a new file that only this user can read.
func (r *Recording) saveFrames(ctx context.Context, env *command.Env, name codec.Word, secrets bool) error {
	name.Quoted = name.Quoted || client.IsPattern(name) // the name of a new file is not a pattern
	path, err := env.Local.One(ctx, name)
	if err != nil {
		return err
	}
	f, err := trust.OpenPrivate(env.Local.Path(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return console.About(name.Text, err)
	}
	out := recorder{to: f, secrets: secrets}
	frames := r.lastFrames()
	for _, w := range frames {
		out.write(w)
	}
	env.Console.Tell("%s", console.Count(int64(len(frames)), "frame"))
	return console.About(name.Text, errors.Join(out.failed, f.Close()))
}
