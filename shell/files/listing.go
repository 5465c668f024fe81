package files

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func listingRows() []command.Row {
	return []command.Row{
		{
			Names: []string{"dir", "ls"}, Synopsis: "[-a] [-l] [-R] [-S|-t] [-r] [PATH|PATTERN…]", Line: "lists a folder there", MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "DIR", Run: dir,
			Options: []codec.Option{
				{Short: 'a', Line: "hidden ones too"},
				{Short: 'l', Line: "modes, whole seconds and targets of links too"},
				{Short: 'R', Line: "the folders in it too, and those in them"},
				{Short: 'S', Line: "the largest first"},
				{Short: 't', Line: "the newest first"},
				{Short: 'r', Line: "in the other direction"},
			},
			Examples: []string{`dir C:\Users`, `dir -l *.log`, "dir -t"},
		},
		{
			Names: []string{"stat"}, Synopsis: "PATH…", Line: "shows all that is known of a file there", MinWords: 1, MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "STAT", Run: stat,
			Examples: []string{"stat notes.txt"},
		},
	}
}

func dir(ctx context.Context, env *command.Env, in command.Invocation) error {
	if spoken, _ := env.SpokenDialect(); spoken != "" && (in.Has("l") || in.Has("S") || in.Has("t")) {
		return fmt.Errorf("in %s, nothing but names is told", spoken)
	}
	l := &listing{env: env, long: in.Has("l"), headings: len(in.Words) > 1 || in.Has("R"), bare: env.Dialect != "", sorter: sorter{order: orderOf(in)}}
	_, err := env.Conn.Call(ctx, "DIR", in.CallWords("a", "R"), link.Answer{
		File: func(e codec.Entry) error {
			l.print()
			l.folder(e.Name)
			return nil
		},
		Entry: func(e codec.Entry) error {
			l.add(e)
			return nil
		},
		Note: env.Console.PrintNote,
	})
	if err == nil || codec.Explain("", err).Code == codec.Partial {
		l.print()
	}
	return err
}

// A listing prints entries as they are wanted: for a terminal in columns, for
// a pipe a quoted name a line, or with -l a line of plain fields.
type listing struct {
	env      *command.Env
	long     bool
	headings bool
	printed  bool
	bare     bool // names are all that is known
	sorter
	line []byte // room for one
}

// orderOf is the order that the options of dir ask for.
func orderOf(in command.Invocation) func(a, b *codec.Entry) int {
	order := byName
	switch {
	case in.Has("S"):
		order = func(a, b *codec.Entry) int {
			if a.Size != b.Size {
				return cmp.Compare(b.Size, a.Size)
			}
			return byName(a, b)
		}
	case in.Has("t"):
		order = func(a, b *codec.Entry) int {
			if newer := b.Time.Compare(a.Time); newer != 0 {
				return newer
			}
			return byName(a, b)
		}
	}
	if in.Has("r") {
		return func(a, b *codec.Entry) int { return order(b, a) }
	}
	return order
}

func (l *listing) folder(name string) {
	if !l.headings {
		return
	}
	if l.printed {
		fmt.Fprintln(l.env.Console)
	}
	fmt.Fprintf(l.env.Console, "%s:\n", l.env.Console.Paint.Path(codec.Name(name)))
	l.printed = true
}

func (l *listing) print() {
	for e := range l.all {
		l.printed = true
		l.one(*e)
	}
}

func (l *listing) one(e codec.Entry) {
	switch {
	case l.env.Console.Out.Terminal && l.bare:
		fmt.Fprintln(l.env.Console, codec.Name(e.Name))
		return
	case l.env.Console.Out.Terminal:
		l.row(e)
		return
	case l.long:
		l.line = e.Append(l.line[:0])
	default:
		l.line = codec.AppendQuote(l.line[:0], e.Name, true)
	}
	_, _ = l.env.Console.Write(append(l.line, '\n')) // what fails is the command's, when it ends
}

// row prints an entry for a person: size, time, name.
func (l *listing) row(e codec.Entry) {
	if l.long {
		fmt.Fprintf(l.env.Console, "%s  ", modeText(e))
	}
	layout := "2006-01-02 15:04"
	if l.long {
		layout = "2006-01-02 15:04:05"
	}
	when := strings.Repeat(" ", len(layout))
	if !e.Time.IsZero() {
		when = e.Time.Local().Format(layout)
	}
	fmt.Fprintf(l.env.Console, "%9s  %s  %s", console.FormatEntrySize(e), l.env.Console.Paint.Dim(when), l.env.Console.Paint.Entry(e, codec.Name(e.Name)))
	if e.Kind == codec.Link && e.Target != "" {
		fmt.Fprintf(l.env.Console, " -> %s", codec.Name(e.Target))
	}
	fmt.Fprintln(l.env.Console)
}

// modeText is a mode as ls shows it.
func modeText(e codec.Entry) string {
	if e.Mode < 0 {
		return "----------"
	}
	b := []byte("-rwxrwxrwx")
	if e.Kind != codec.Regular {
		b[0] = byte(e.Kind)
	}
	for i := range 9 {
		if e.Mode>>(8-i)&1 == 0 {
			b[1+i] = '-'
		}
	}
	return string(b)
}

func stat(ctx context.Context, env *command.Env, in command.Invocation) error {
	first := true
	_, err := env.Conn.Call(ctx, "STAT", client.Operands(in.Words), link.Answer{Note: env.Console.PrintNote, Entry: func(e codec.Entry) error {
		if !first {
			fmt.Fprintln(env.Console)
		}
		first = false
		describe(env, e)
		return nil
	}})
	return err
}

// describe prints all that an entry says.
func describe(env *command.Env, e codec.Entry) {
	field := func(name, format string, args ...any) {
		fmt.Fprintf(env.Console, "%s %s\n", env.Console.Paint.Dim(fmt.Sprintf("%-7s", name)), fmt.Sprintf(format, args...))
	}
	field("name", "%s", env.Console.Paint.Entry(e, codec.Name(e.Name)))
	field("kind", "%s", e.Kind)
	if e.Target != "" {
		field("target", "%s", codec.Name(e.Target))
	}
	if e.Size >= 0 {
		field("size", "%d (%s)", e.Size, console.FormatSize(e.Size))
	}
	if e.Mode >= 0 {
		field("mode", "%04o (%s)", e.Mode, modeText(e))
	}
	if !e.Time.IsZero() {
		field("time", "%s", e.Time.Local().Format("2006-01-02 15:04:05.999999999 -0700"))
	}
	for _, p := range e.More {
		field(codec.Show(p.Key), "%s", codec.Show(p.Value))
	}
}
