package screen

import (
	"context"
	"fmt"
	"strings"

	"techsh/codec"
	"techsh/shell/command"
)

// Rows returns the commands of the package.
func Rows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"displays"},
			Line:     "lists the remote displays: number, size, position, scale, primary, name",
			Verb:     "DISP",
			Run:      runDisplays,
			Examples: []string{"displays"},
		},
		{
			Names: []string{"shot", "screenshot"},
			Synopsis: "[-d N|all] [-r X,Y,WxH] [-o FILE|-] [-f] [--format png|jpeg] [--quality Q] [--scale F] " +
				"[--open] [--preview WHEN] [--watch TIME [--changed] [-n COUNT]]",
			Line:    "fetches a picture of a remote display, prints its name, and at a prompt shows it",
			Values:  map[string]command.Kind{"d": completeDisplay},
			Verb:    "SHOT",
			Run:     runShot,
			Options: shotOptionList(),
			Examples: []string{
				"shot -d 2 -o desk.png",
				"shot -d all --scale 0.5 --open",
				"shot --watch 5s --changed",
			},
			Dialect: &command.DialectRow{
				Options:  []string{"o", "f", "format", "open", "preview"},
				Examples: []string{"shot -o desk.png", "shot --open"},
			},
		},
	}
}

func shotOptionList() []codec.Option {
	return []codec.Option{
		{Short: 'd', Arg: "N|all", Line: "display N; 1 is the primary one, all is one picture of all displays"},
		{Short: 'r', Arg: "X,Y,WxH", Line: "only that part of the picture; 0,0 is its upper left corner"},
		{
			Short: 'o',
			Arg:   "FILE",
			Line: "local file or folder for the picture, - for standard output; " +
				"default HOST_YYYYMMDD-HHMMSS_dN.png",
		},
		{Short: 'f', Line: "replaces an existing FILE"},
		{Long: "format", Arg: "KIND", Line: "png or jpeg; default as the extension of FILE says, or png"},
		{Long: "quality", Arg: "Q", Line: "quality of a jpeg, 1 to 100; default 85"},
		{Long: "scale", Arg: "F", Line: "reduces the picture: 0.5 halves its width and height"},
		{Long: "open", Line: "opens the picture in the local viewer"},
		{
			Long: "preview",
			Arg:  "WHEN",
			Line: "draws it in the terminal: auto (at a prompt), never, or only (keeps no file)",
		},
		{Long: "watch", Arg: "TIME", Line: "a new picture every TIME (5s, 1m), until Ctrl-C"},
		{Long: "changed", Line: "with --watch: only pictures that differ from the one before"},
		{Short: 'n', Arg: "COUNT", Line: "with --watch: ends after COUNT pictures"},
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
		size, position := fmt.Sprintf("%dx%d", b.Dx(), b.Dy()), fmt.Sprintf("%d,%d", b.Min.X, b.Min.Y)
		row := fmt.Sprintf("%2d  %-11s at %-11s", d.Number, size, position)
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

// completeDisplay completes a display number.
func completeDisplay(ctx context.Context, env *command.Env, w codec.Word) command.Candidates {
	answer, err := env.Conn.Text(ctx, "DISP")
	if err != nil {
		return command.Candidates{}
	}
	var numbers command.Collector
	for line := range strings.Lines(answer + "all\n") {
		number := codec.Show(strings.TrimSpace(strings.SplitN(line, " ", 2)[0]))
		if strings.HasPrefix(number, w.Text) {
			numbers.Add(command.Candidate{Text: number, Label: number})
		}
	}
	return numbers.Candidates()
}
