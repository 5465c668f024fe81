package files

import (
	"context"
	"fmt"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
)

func listingRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"dir", "ls"},
			Synopsis: "[-a] [-l] [-R] [-S|-t] [-r] [PATH|PATTERN…]",
			Line:     "lists a folder on the remote",
			MaxWords: -1,
			Kinds:    []command.Kind{command.RemotePath},
			Verb:     "DIR",
			Run:      dir,
			Options: []codec.Option{
				{Short: 'a', Line: "include hidden files"},
				{Short: 'l', Line: "add modes, seconds and the targets of links"},
				{Short: 'R', Line: "list subfolders at any depth as well"},
				{Short: 'S', Line: "sort by size, largest first"},
				{Short: 't', Line: "sort by time, newest first"},
				{Short: 'r', Line: "reverse the order"},
			},
			Examples: []string{`dir C:\Users`, `dir -l *.log`, "dir -t"},
			Dialect: &command.DialectRow{
				Options:  []string{"r"},
				Words:    "[PATH]",
				Line:     "lists the names in a folder on the remote",
				Examples: []string{"dir logs"},
			},
		},
		{
			Names:    []string{"stat"},
			Synopsis: "PATH…",
			Line:     "shows everything known about a remote file",
			MinWords: 1,
			MaxWords: -1,
			Kinds:    []command.Kind{command.RemotePath},
			Verb:     "STAT",
			Run:      stat,
			Examples: []string{"stat notes.txt"},
		},
	}
}

func dir(ctx context.Context, env *command.Env, in command.Invocation) error {
	if spoken, _ := env.SpokenDialect(); spoken != "" && (in.Has("l") || in.Has("S") || in.Has("t")) {
		return fmt.Errorf("in %s, a listing has only names", spoken)
	}
	l := &listing{
		env:      env,
		long:     in.Has("l"),
		headings: len(in.Words) > 1 || in.Has("R"),
		bare:     env.Dialect != "",
		entries:  sorter{order: orderOf(in)},
	}
	_, err := env.Conn.Call(ctx, "DIR", in.CallWords("a", "R"), link.Answer{
		File: func(e codec.Entry) error {
			l.printSorted()
			l.unsorted = false
			l.printHeading(e.Name)
			return nil
		},
		Entry: func(e codec.Entry) error {
			l.add(e)
			return nil
		},
		Note: env.Console.PrintNote,
	})
	if err == nil || codec.Explain("", err).Code == codec.Partial {
		l.printSorted()
	}
	return err
}

// A listing prints entries. On a terminal it prints them in columns. Otherwise it prints
// one entry per line: a quoted name or, with -l, all fields.
type listing struct {
	env      *command.Env
	entries  sorter
	long     bool
	headings bool   // print the name of each folder
	bare     bool   // entries have only names
	begun    bool   // something was printed
	unsorted bool   // the folder has too many entries to keep
	line     []byte // reused for each entry
}

func (l *listing) printHeading(folder string) {
	if !l.headings {
		return
	}
	if l.begun {
		fmt.Fprintln(l.env.Console)
	}
	fmt.Fprintf(l.env.Console, "%s:\n", l.env.Console.Paint.Folder(codec.Name(folder)))
	l.begun = true
}

// add adds an entry of the current folder. When the entries take too much memory, add
// prints them, and prints each later entry immediately.
func (l *listing) add(e codec.Entry) {
	if l.unsorted {
		l.print(e)
		return
	}
	l.entries.add(e)
	if l.entries.full() {
		l.env.Console.TellAlways("these are too many entries to sort, so the rest is in no order")
		l.printSorted()
		l.unsorted = true
	}
}

// printSorted prints the sorted entries of a folder.
func (l *listing) printSorted() {
	for e := range l.entries.all {
		l.begun = true
		l.print(*e)
	}
}

func (l *listing) print(e codec.Entry) {
	switch {
	case l.env.Console.Out.Terminal && l.bare:
		fmt.Fprintln(l.env.Console, codec.Name(e.Name))
		return
	case l.env.Console.Out.Terminal:
		l.printColumns(e)
		return
	}
	name := 0 // the index of the word to color
	if l.long {
		l.line, name = e.Append(l.line[:0]), 4
	} else {
		l.line = codec.AppendQuote(l.line[:0], e.Name, true)
	}
	if l.env.Console.Out.Color {
		paint := l.env.Console.Paint
		l.line = []byte(paint.Word(string(l.line), name, func(text string) string { return paint.Entry(e, text) }))
	}
	_, _ = l.env.Console.Write(append(l.line, '\n')) // the error is returned when the command ends
}

// printColumns prints an entry as size, time and name.
func (l *listing) printColumns(e codec.Entry) {
	layout := "2006-01-02 15:04"
	if l.long {
		layout = time.DateTime
		fmt.Fprintf(l.env.Console, "%s  ", modeText(e))
	}
	when := strings.Repeat(" ", len(layout))
	if !e.Time.IsZero() {
		when = e.Time.Local().Format(layout)
	}
	paint := l.env.Console.Paint
	name := paint.Entry(e, codec.Name(e.Name))
	fmt.Fprintf(l.env.Console, "%9s  %s  %s", console.FormatEntrySize(e), paint.Dim(when), name)
	if e.Kind == codec.Link && e.Target != "" {
		fmt.Fprintf(l.env.Console, " -> %s", codec.Name(e.Target))
	}
	fmt.Fprintln(l.env.Console)
}
