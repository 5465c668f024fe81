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
	var total, lines int64
	err := env.Conn.Lines(ctx, "DU", client.Operands(words), env.Console.PrintNote, func(line string) error {
		u, err := parseUsage(line)
		if err != nil {
			return err
		}
		total, lines = total+u.bytes, lines+1
		paint := env.Console.Paint
		if !env.Console.Out.Terminal {
			fmt.Fprintln(env.Console, paint.Word(line, 3, paint.Folder))
			return nil
		}
		count := paint.Dim(console.FilesInFolders(u.files, u.folders))
		fmt.Fprintf(env.Console, "%9s  %s  %s\n", console.FormatSize(u.bytes), paint.Folder(codec.Name(u.path)), count)
		return nil
	})
	if err == nil && lines > 1 && env.Console.Out.Terminal {
		fmt.Fprintf(env.Console, "%9s  %s\n", console.FormatSize(total), env.Console.Paint.Dim("in all"))
	}
	return err
}

// A usage is a line of the answer to DU.
type usage struct {
	bytes, files, folders int64
	path                  string
}

// parseUsage parses "BYTES FILES FOLDERS NAME".
func parseUsage(line string) (usage, error) {
	words, err := codec.Split(line)
	if err != nil || len(words) != 4 {
		return usage{}, codec.Errorf(codec.BadFrame, "%s is not BYTES FILES FOLDERS NAME", codec.Name(line))
	}
	u := usage{path: words[3].Text}
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
		if v.Size > 0 && v.Free >= 0 {
			used = fmt.Sprintf("%3.0f%%", 100*(1-float64(min(v.Free, v.Size))/float64(v.Size)))
		}
		mount, system := paint.Folder(codec.Name(v.Mount)), paint.Dim(codec.Show(v.Type))
		fmt.Fprintf(env.Console, "%9s free of %9s  %s used  %s  %s\n",
			console.FormatSize(v.Free), console.FormatSize(v.Size), used, mount, system)
		return nil
	})
}
