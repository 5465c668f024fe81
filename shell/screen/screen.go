package screen

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/screen/termimage"
)

func Rows() []command.Row {
	return []command.Row{
		{
			Names: []string{"displays"}, Line: "the displays there: number, size, place, scale, which is the primary one, name", Verb: "DISP", Run: runDisplays,
			Examples: []string{"displays"},
		},
		{
			Names:    []string{"shot", "screenshot"},
			Synopsis: "[-d N|all] [-r X,Y,WxH] [-o FILE|-] [-f] [--format png|jpeg] [--quality Q] [--scale F] [--open] [--preview WHEN] [--watch TIME [--changed] [-n COUNT]]",
			Line:     "fetches a picture of a display, prints its name, and at a prompt shows it",
			Values:   map[string]command.Kind{"d": completeDisplay},
			Verb:     "SHOT", Run: runShot, MaxWords: 0,
			Options: []codec.Option{
				{Short: 'd', Arg: "N|all", Line: "that display; 1 is the primary one, all is one picture of all"},
				{Short: 'r', Arg: "X,Y,WxH", Line: "that part of the picture, counted from its upper left corner"},
				{Short: 'o', Arg: "FILE", Line: "under that name, or in that folder; - is standard output; else HOST_YYYYMMDD-HHMMSS_dN.png"},
				{Short: 'f', Line: "replaces a FILE that is there"},
				{Long: "format", Arg: "KIND", Line: "png or jpeg; else what the name of FILE says, or png"},
				{Long: "quality", Arg: "Q", Line: "of a jpeg, 1 to 100; else 85"},
				{Long: "scale", Arg: "F", Line: "smaller: 0.5 is half as wide and half as high"},
				{Long: "open", Line: "opens it in the program that this system has for pictures"},
				{Long: "preview", Arg: "WHEN", Line: "drawn in the terminal: auto (at a prompt), never, or only (and not kept)"},
				{Long: "watch", Arg: "TIME", Line: "again and again, so often (5s, 1m), until Ctrl-C"},
				{Long: "changed", Line: "of those only what differs from the one before"},
				{Short: 'n', Arg: "COUNT", Line: "so many of them"},
			},
			Examples: []string{"shot -d 2 -o desk.png", "shot -d all --scale 0.5 --open", "shot --watch 5s --changed"},
		},
	}
}

func runDisplays(ctx context.Context, env *command.Env, _ command.Invocation) error {
	text, err := env.Conn.Text(ctx, "DISP")
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		d, err := codec.ParseDisplay(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return err
		}
		b := d.Bounds
		row := fmt.Sprintf("%2d  %-11s at %-11s", d.Number, fmt.Sprintf("%dx%d", b.Dx(), b.Dy()), fmt.Sprintf("%d,%d", b.Min.X, b.Min.Y))
		if scale, ok := d.More.Get("scale"); ok {
			row += "  scale " + env.Console.Printable(scale)
		}
		if primary, _ := d.More.Get("primary"); primary == "yes" {
			row += "  primary"
		}
		if d.Name != "" {
			row += "  " + codec.Name(d.Name)
		}
		fmt.Fprintln(env.Console, strings.TrimRight(row, " "))
	}
	return nil
}

// When pictures are drawn in the terminal.
const (
	previewAuto  = "auto"
	previewNever = "never"
	previewOnly  = "only" // and not kept
)

// shotOptions is what shot was told.
type shotOptions struct {
	words       []codec.Word // of the call
	out         string       // -o, or ""
	format      string       // png or jpeg
	previewMode string
	interval    time.Duration // 0 is one picture
	count       int           // of pictures; 0 is no limit
	force       bool          // a file that is there is replaced
}

// shotWishes reads the options of shot. What is only for the remote is left
// for it to judge. An error is a misuse.
func newShotOptions(env *command.Env, in command.Invocation) (w shotOptions, err error) {
	w = shotOptions{format: "png", previewMode: previewAuto}
	for _, key := range []string{"d", "r", "quality", "scale"} {
		if value, ok := in.Value(key); ok {
			w.addOption(key, value)
		}
	}
	w.out, _ = in.Value("o")
	w.force = in.Has("f")
	format, ok := in.Value("format")
	if !ok && !w.isFolder(env) {
		switch ext := strings.ToLower(filepath.Ext(w.out)); ext {
		case ".jpg", ".jpeg":
			format, ok = "jpeg", true
		case ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".heic", ".heif", ".jxl", ".jp2", ".ico", ".svg", ".pdf":
			return w, console.WithHint(&console.UsageError{Err: fmt.Errorf("-o %s: no picture of that kind is made here", codec.Name(w.out))}, "name it .png or .jpg, or say --format")
		}
	}
	if ok {
		w.format = format
		w.addOption("format", format)
	}
	if draws, ok := in.Value("preview"); ok {
		w.previewMode = draws
	}
	if every, ok := in.Value("watch"); ok {
		if w.interval, ok = console.ParseDuration(every); !ok {
			return w, &console.UsageError{Err: fmt.Errorf("--watch: %s is no time, such as 5s or 1m", codec.Name(every))}
		}
		w.addOption("watch", strconv.FormatFloat(w.interval.Seconds(), 'f', -1, 64))
	}
	if in.Has("changed") {
		w.words = append(w.words, codec.Bare("--changed"))
	}
	if count, ok := in.Value("n"); ok {
		if w.count, err = strconv.Atoi(count); err != nil || w.count < 1 {
			return w, &console.UsageError{Err: fmt.Errorf("-n: %s is no number of pictures", codec.Name(count))}
		}
		w.addOption("n", count)
	}
	return w, w.check(env, in)
}

// addOption passes an option on to the remote.
func (w *shotOptions) addOption(key, value string) {
	dashes := "--"
	if len(key) == 1 {
		dashes = "-"
	}
	w.words = append(w.words, codec.Bare(dashes+key), codec.Lit(value))
}

// check says which of the wishes do not go together.
func (w *shotOptions) check(env *command.Env, in command.Invocation) error {
	only := w.previewMode == previewOnly
	for _, c := range []struct {
		wrong bool
		text  string
	}{
		{w.format != "png" && w.format != "jpeg", "--format: png or jpeg"},
		{w.previewMode != previewAuto && w.previewMode != previewNever && !only, "--preview: auto, never or only"},
		{w.interval == 0 && (in.Has("n") || in.Has("changed")), "-n and --changed go with --watch"},
		{only && !canDraw(env), "--preview only: pictures are drawn at a prompt"},
		{only && (w.out != "" || in.Has("open")), "--preview only: then no file is kept"},
		{w.out == "-" && env.Console.Out.Terminal, "-o -: standard output is a terminal"},
		{w.out == "-" && in.Has("open"), "-o -: then there is no file to open"},
		{w.interval > 0 && in.Has("open"), "--open: one picture can be opened, not many"},
	} {
		if c.wrong {
			return &console.UsageError{Err: errors.New(c.text)}
		}
	}
	return nil
}

// canDraw says whether somebody sits at the prompt to whom a picture can be
// shown.
func canDraw(env *command.Env) bool {
	return env.Console.CanAsk() && env.Console.In.Terminal && env.Console.Out.Terminal
}

func runShot(ctx context.Context, env *command.Env, in command.Invocation) error {
	w, err := newShotOptions(env, in)
	if err == nil {
		err = w.checkFree(env)
	}
	if err != nil {
		return err
	}
	var v *termimage.Preview
	if w.previewMode == previewOnly || w.previewMode == previewAuto && canDraw(env) && env.Console.Out.Color && w.out != "-" {
		if v, err = newPreview(ctx, env); err != nil {
			return err
		}
	}
	a := newShotReceiver(ctx, env, w, v)
	defer a.receiver.Close()
	_, err = env.Conn.Do(ctx, link.Request{Verb: codec.MakeVerb("SHOT"), Words: w.words, Recv: a.takeFrame})
	a.progress.End()
	switch {
	case err != nil:
		return err
	case a.receiver.Files == 0:
		return codec.Errorf(codec.BadFrame, "no picture came")
	case in.Has("open"):
		return openViewer(ctx, env, env.Local.Path(a.path))
	}
	return nil
}

// completeDisplay completes the number of a display.
func completeDisplay(ctx context.Context, env *command.Env, w codec.Word) []command.Candidate {
	answer, err := env.Conn.Text(ctx, "DISP")
	if err != nil {
		return nil
	}
	var numbers []string
	for line := range strings.Lines(answer) {
		number, _, _ := strings.Cut(line, " ")
		numbers = append(numbers, codec.Show(number))
	}
	return command.MatchPrefix(w.Text, append(numbers, "all"))
}
