package files

import (
	"context"
	"fmt"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func usageRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"du"},
			Synopsis: "[PATH…]",
			Line:     "prints how many bytes and files are in remote folders",
			MaxWords: -1,
			Kinds:    []command.Kind{command.RemotePath},
			Verb:     "DU",
			Run:      du,
			Examples: []string{"du", "du *"},
		},
		{
			Names:    []string{"df"},
			Synopsis: "[PATH…]",
			Line:     "prints the free space on remote disks, or on the disks with PATH",
			MaxWords: -1,
			Kinds:    []command.Kind{command.RemotePath},
			Verb:     "DF",
			Run:      df,
			Examples: []string{"df", "df ."},
		},
	}
}

func du(ctx context.Context, env *command.Env, in command.Invocation) error {
	words := in.Words
	if len(words) == 0 {
		words = []codec.Word{codec.Bare(".")}
	}
	var total usage
	lines := 0
	err := env.Conn.Lines(ctx, "DU", client.Operands(words), env.Console.PrintNote, func(line string) error {
		u, err := parseUsage(line)
		if err != nil {
			return err
		}
		lines++
		total.bytes, total.allocated = total.bytes+u.bytes, total.allocated+u.allocated
		paint := env.Console.Paint
		if !env.Console.Out.Terminal {
			fmt.Fprintln(env.Console, paint.Word(line, 3, paint.Folder))
			return nil
		}
		count := paint.Dim(console.FilesInFolders(u.files, u.folders))
		fmt.Fprintf(env.Console, "%s  %s  %s\n", u.sizes(), paint.Folder(codec.Name(u.path)), count)
		return nil
	})
	if err == nil && lines > 1 && env.Console.Out.Terminal {
		fmt.Fprintf(env.Console, "%s  %s\n", total.sizes(), env.Console.Paint.Dim("in all"))
	}
	return err
}

// A usage is a line of the answer to DU.
type usage struct {
	bytes, files, folders int64
	path                  string
	allocated             int64  // size on the disk in bytes; -1 or less if unknown
	resolved              string // path with the links in the path of its folder resolved; only for DU --path
}

// sizes returns a text with the size in bytes and, if known, the size on the disk.
func (u usage) sizes() string {
	text := fmt.Sprintf("%9s", console.FormatSize(u.bytes))
	if u.allocated >= 0 {
		text += fmt.Sprintf(", %9s on disk", console.FormatSize(u.allocated))
	}
	return text
}

// parseUsage parses "BYTES FILES FOLDERS NAME" and the pairs after it.
func parseUsage(line string) (usage, error) {
	words, err := codec.Split(line)
	if err != nil || len(words) < 4 {
		return usage{}, codec.Errorf(codec.BadFrame, "%s is not BYTES FILES FOLDERS NAME", codec.Name(line))
	}
	pairs, err := codec.ParsePairs(words[4:])
	if err != nil {
		return usage{}, err
	}
	u := usage{path: words[3].Text, allocated: codec.Unknown}
	if n, ok := pairs.Int("allocated"); ok {
		u.allocated = n
	}
	u.resolved, _ = pairs.Get("path")
	for i, n := range []*int64{&u.bytes, &u.files, &u.folders} {
		var ok bool
		if *n, ok = codec.ParseNumber(words[i].Text); !ok {
			return usage{}, codec.Errorf(codec.BadFrame, "%s is not a number", codec.Name(words[i].Text))
		}
	}
	return u, nil
}

func df(ctx context.Context, env *command.Env, in command.Invocation) error {
	return env.Conn.Lines(ctx, "DF", client.Operands(in.Words), env.Console.PrintNote, func(line string) error {
		v, err := codec.ParseVolume(line)
		if err != nil {
			return err
		}
		paint := env.Console.Paint
		if !env.Console.Out.Terminal {
			fmt.Fprintln(env.Console, paint.Word(line, 0, paint.Folder))
			return nil
		}
		used := "   ?"
		if percent := v.UsedPercent(); percent >= 0 {
			used = fmt.Sprintf("%3d%%", percent)
		}
		mount, system := paint.Folder(codec.Name(v.Mount)), paint.Dim(codec.Show(v.Type))
		fmt.Fprintf(env.Console, "%9s free of %9s  %s used  %s  %s\n",
			console.FormatSize(v.Free), console.FormatSize(v.Size), used, mount, system)
		return nil
	})
}
