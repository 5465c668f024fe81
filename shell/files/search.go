package files

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func searchRows() []command.Row {
	return []command.Row{
		{
			Names: []string{"find"}, Synopsis: "PATH… [--name PATTERN] [--size N] [--newer TIME] [--type KIND]", Line: "finds files there by name, size, time and kind",
			MinWords: 1, MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "FIND", Run: find, SingleDash: true,
			Options: []codec.Option{
				{Long: "name", Arg: "PATTERN", Line: "what is called so: *.log"},
				{Long: "size", Arg: "N", Line: "files of that size: +10M is larger, -4k smaller"},
				{Long: "newer", Arg: "TIME", Line: "what has changed since: 2026-11-22, 2026-11-22T12:00, or 90m, 12h, 7d ago"},
				{Long: "type", Arg: "KIND", Line: "f files, d folders, l links"},
			},
			Examples: []string{"find . -name *.log -newer 7d", "find C:\\Users -size +1G"},
		},
		{
			Names: []string{"du"}, Synopsis: "[PATH…]", Line: "how much is in folders there", MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "DU", Run: du,
			Examples: []string{"du", "du *"},
		},
		{
			Names: []string{"hash", "sha256sum"}, Synopsis: "PATH…", Line: "the SHA-256 of files there, as sha256sum prints it", MinWords: 1, MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "HASH", Run: hash,
			Examples: []string{"hash big.iso"},
		},
		{
			Names: []string{"df"}, Synopsis: "[PATH…]", Line: "the room on the disks there, or on those of paths", MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "DF", Run: df,
			Examples: []string{"df", "df ."},
		},
	}
}

func find(ctx context.Context, env *command.Env, in command.Invocation) error {
	var words []codec.Word
	for _, o := range []struct {
		name string
		read func(string) (string, error)
	}{{"name", asTyped}, {"size", sizeCondition}, {"newer", newerCondition}, {"type", asTyped}} {
		typed, ok := in.Value(o.name)
		if !ok {
			continue
		}
		value, err := o.read(typed)
		if err != nil {
			return fmt.Errorf("--%s %s: %w", o.name, codec.Name(typed), err)
		}
		words = append(words, codec.Bare("--"+o.name), codec.Lit(value))
	}
	l := &listing{env: env}
	return env.Conn.Find(ctx, append(words, client.Operands(in.Words)...), env.Console.PrintNote, func(e codec.Entry) error {
		l.one(e)
		return nil
	})
}

func asTyped(text string) (string, error) { return text, nil }

// sizeCondition reads +10M, -4k, 100.
func sizeCondition(text string) (string, error) {
	sign := ""
	if text != "" && (text[0] == '+' || text[0] == '-') {
		sign, text = text[:1], text[1:]
	}
	n, err := console.ParseSize(text)
	return fmt.Sprintf("%s%d", sign, n), err
}

// newerCondition reads a time, or how long ago that was.
func newerCondition(text string) (string, error) {
	if last := len(text) - 1; last > 0 && strings.Trim(text[:last], "0123456789.") == "" {
		n, err := strconv.ParseFloat(text[:last], 64)
		unit, known := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[text[last]]
		if err == nil && known {
			return time.Now().Add(-time.Duration(n * float64(unit))).UTC().Format(codec.TimeLayout), nil
		}
	}
	for _, try := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(try, text, time.Local); err == nil {
			return t.UTC().Format(codec.TimeLayout), nil
		}
	}
	return "", console.WithHint(errors.New("no time"), "2026-11-22, 2026-11-22T12:00, or 90m, 12h, 7d ago")
}

func du(ctx context.Context, env *command.Env, in command.Invocation) error {
	words := in.Words
	if len(words) == 0 {
		words = []codec.Word{codec.Bare(".")}
	}
	var all, lines int64
	err := env.Conn.Lines(ctx, "DU", client.Operands(words), env.Console.PrintNote, func(line string) error {
		words, err := codec.Split(line)
		if err != nil || len(words) != 4 {
			return codec.Errorf(codec.BadFrame, "%s is not BYTES FILES FOLDERS NAME", codec.Name(line))
		}
		var n [3]int64
		for i := range n {
			var ok bool
			if n[i], ok = codec.ParseNumber(words[i].Text); !ok {
				return codec.Errorf(codec.BadFrame, "%s is no number", codec.Name(words[i].Text))
			}
		}
		all, lines = all+n[0], lines+1
		if env.Console.Out.Terminal {
			fmt.Fprintf(env.Console, "%9s  %s  %s\n", console.FormatSize(n[0]), env.Console.Paint.Path(codec.Name(words[3].Text)), env.Console.Paint.Dim(console.FilesInFolders(n[1], n[2])))
		} else {
			fmt.Fprintln(env.Console, line)
		}
		return nil
	})
	if err == nil && lines > 1 && env.Console.Out.Terminal {
		fmt.Fprintf(env.Console, "%9s  %s\n", console.FormatSize(all), env.Console.Paint.Dim("in all"))
	}
	return err
}

func hash(ctx context.Context, env *command.Env, in command.Invocation) error {
	return env.Conn.Hash(ctx, client.Operands(in.Words), env.Console.PrintNote, func(sum, path string) {
		mark := ""
		if escaped := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`).Replace(path); escaped != path {
			mark, path = `\`, escaped // as sha256sum does, which reads it back
		}
		fmt.Fprintf(env.Console, "%s%s  %s\n", mark, sum, env.Console.Printable(path))
		if env.Console.Out.Terminal {
			env.Console.Flush() // the next one may take its time
		}
	})
}

func df(ctx context.Context, env *command.Env, in command.Invocation) error {
	return env.Conn.Lines(ctx, "DF", client.Operands(in.Words), env.Console.PrintNote, func(line string) error {
		v, err := codec.ParseVolume(line)
		if err != nil {
			return err
		}
		if !env.Console.Out.Terminal {
			fmt.Fprintln(env.Console, line)
			return nil
		}
		used := "   ?"
		if v.Size > 0 && v.Free >= 0 {
			used = fmt.Sprintf("%3.0f%%", 100*(1-float64(min(v.Free, v.Size))/float64(v.Size)))
		}
		fmt.Fprintf(env.Console, "%9s free of %9s  %s used  %s  %s\n", console.FormatSize(v.Free), console.FormatSize(v.Size), used, env.Console.Paint.Path(codec.Name(v.Mount)), env.Console.Paint.Dim(codec.Show(v.Type)))
		return nil
	})
}
