package command

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/shell/console"
)

// A Command is a line's worth of work, parsed and checked.
type Command struct {
	Invocation
	Redirection
	Where   string // "script:12: ", or ""
	MayFail bool   // it may fail
	JobLine string // as it was, of what runs beside the prompt, less its "&"
}

// A Grammar says which liberties a line may take.
type Grammar struct {
	Separators bool // ";" separates commands
	Prefixes   bool // unique beginnings of names will do
	OpenQuotes bool // the end of the line closes a quote
}

// Parse cuts a line into commands and checks each.
func (t Table) Parse(line string, g Grammar) ([]Command, error) {
	if trimmed := strings.TrimLeft(line, " \t"); trimmed == "" || trimmed[0] == '#' {
		return nil, nil
	}
	ends := ""
	if g.Separators {
		ends = ";"
	}
	var commands []Command
	for pos := 0; pos < len(line); {
		if c, ok, err := t.verbatim(line[pos:], g); ok {
			return append(commands, c), err
		}
		c, next, err := t.one(line, pos, ends, g)
		if err != nil {
			return nil, err
		}
		if c.Row.Run != nil {
			commands = append(commands, c)
		}
		pos = next + 1
	}
	return commands, nil
}

// one parses the command from pos to the next separator, which is at next. There
// may be none.
func (t Table) one(line string, pos int, ends string, g Grammar) (c Command, next int, err error) {
	bar := filterAt(line, pos, ends)
	words, next, err := cut(line[:bar], pos, ends, g.OpenQuotes)
	if err != nil {
		return c, next, err
	}
	filter, beside := "", false
	if piped := next == bar && bar < len(line); piped {
		next = filterEnd(line, bar+1, ends)
		filter, beside = strings.CutSuffix(strings.TrimSpace(line[bar+1:next]), " &")
		if filter == "" || filter[0] == '|' {
			return c, next, errors.New("|: a command is missing behind it")
		}
	} else if len(words) > 1 {
		words, beside = ampersand(words)
	}
	words, r, err := operators(line, words)
	r.Filter = filter
	switch {
	case err != nil:
		return c, next, err
	case len(words) == 0 && r != Redirection{}:
		return c, next, errors.New("a command is missing in front of its operators")
	case len(words) == 0:
		return c, next, nil
	case r.To.Text != "" && filter != "":
		return c, next, errors.New("what is printed goes into a file or to a command, not both")
	}
	c, err = t.check(words, g)
	c.Redirection = r
	if err == nil && beside {
		err = c.beside(line[pos:next])
	}
	return c, next, err
}

// verbatim parses a command that takes the rest of the line as it is, ";" and
// all; ok says that it is one. What goes to the remote is without a "&" at its
// end, and a single quoted word is its text.
func (t Table) verbatim(line string, g Grammar) (c Command, ok bool, err error) {
	name, pos, err := codec.Scan(line, 0, ";")
	if head, _, bang := strings.Cut(strings.TrimLeft(line, " \t"), "!"); bang && (head == "" || head == "-") { // the rest may stand right behind it
		name, pos, err = codec.Bare(head+"!"), strings.IndexByte(line, '!')+1, nil
	}
	if err != nil {
		return c, false, nil
	}
	if r, err := t.Find(name.Text, g.Prefixes); err == nil && r.Explains {
		of, ok, err := t.verbatim(line[pos:], g)
		c.Invocation = Invocation{Row: r, Name: r.Name(), Explained: &of}
		return c, ok, err
	}
	if c, err = t.check([]codec.Word{name, codec.Bare("x")}, g); err != nil || !c.Row.Verbatim {
		return c, false, nil
	}
	words := []codec.Word{name}
	for {
		w, next, err := codec.Scan(line, pos, "")
		before := words[len(words)-1]
		_, argument := c.Row.wanting(before)
		option := !w.Quoted && len(w.Text) > 1 && w.Text[0] == '-'
		if err != nil || !option && !argument || w.End == w.Start {
			break
		}
		words, pos = append(words, w), next
	}
	rest, beside := strings.TrimSpace(line[pos:]), false
	if c.Row.Verb != "" {
		rest, beside = unwrap(rest, g)
	}
	if rest != "" {
		words = append(words, codec.Lit(rest))
	}
	if c, err = t.check(words, g); err == nil && beside {
		err = c.beside(line)
	}
	return c, true, err
}

// unwrap takes the "&" off the end of a line, and the quotes off one that is a
// single word.
func unwrap(line string, g Grammar) (text string, beside bool) {
	all, _, _ := cut(line, 0, "", true)
	if _, beside = ampersand(all); beside {
		line = strings.TrimSpace(strings.TrimSuffix(line, "&"))
	}
	if w, next, err := codec.Scan(line, 0, ""); next == len(line) && w.Quoted && (err == nil || g.OpenQuotes && w.Open != 0) {
		line = w.Text
	}
	return line, beside
}

// wanting returns the option that w is, if that wants the next word.
func (r Row) wanting(w codec.Word) (o codec.Option, ok bool) {
	for _, o := range r.Options {
		if o.Arg != "" && !w.Quoted && (w.Text == "-"+string(rune(o.Short)) || w.Text == "--"+o.Long) {
			return o, true
		}
	}
	return o, false
}

// cut returns the words from pos to the next separator, which is at next.
func cut(line string, pos int, ends string, openQuotes bool) (words []codec.Word, next int, err error) {
	for next = pos; next < len(line); {
		var w codec.Word
		w, next, err = codec.Scan(line, next, ends)
		if err != nil && !(openQuotes && w.Open != 0) {
			return nil, next, err
		}
		if w.End > w.Start {
			words = append(words, w)
		}
		if next < len(line) && strings.IndexByte(ends, line[next]) >= 0 {
			break
		}
	}
	return words, next, nil
}

// check makes words a command.
func (t Table) check(words []codec.Word, g Grammar) (Command, error) {
	var c Command
	name := words[0]
	if text, ok := strings.CutPrefix(name.Text, "-"); ok && !name.Quoted && text != "" {
		c.MayFail, name.Text = true, text
	}
	r, err := t.Find(name.Text, g.Prefixes)
	if err == nil {
		called := strings.ToLower(name.Text)
		if !slices.Contains(r.Names, called) {
			called = r.Name()
		}
		c.Invocation, err = r.invoke(called, words[1:])
	}
	if err == nil && r.Explains {
		var of Command
		of, err = t.check(c.Words, g)
		c.Explained = &of
	}
	return c, err
}

// ParseWords makes the words of a command line a command: each is one word as it
// stands.
func (t Table) ParseWords(texts []string) (Command, error) {
	words := make([]codec.Word, len(texts))
	for i, t := range texts {
		words[i] = codec.Bare(t)
	}
	if len(words) == 0 {
		return Command{}, errors.New("a command is missing")
	}
	c, err := t.check(words, Grammar{})
	if err == nil {
		c.joined()
	}
	return c, err
}

// joined makes the words of a command that takes a line that line.
func (c *Command) joined() {
	if c.Row.Verbatim {
		all := make([]string, len(c.Words))
		for i, w := range c.Words {
			all[i] = w.Text
		}
		c.Words = codec.Lits(strings.Join(all, " "))
	}
	if c.Explained != nil {
		c.Explained.joined()
	}
}

// ParseScript parses every line before anything is run.
func (t Table) ParseScript(name string, text []byte) ([]Command, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var all []Command
	for i, line := range strings.Split(string(text), "\n") {
		where := fmt.Sprintf("%s:%d: ", codec.Show(name), i+1)
		commands, err := t.Parse(strings.TrimSuffix(line, "\r"), Grammar{})
		if err != nil {
			return nil, &console.LocatedError{Where: where, Err: err}
		}
		for _, c := range commands {
			c.Where = where
			all = append(all, c)
		}
	}
	return all, nil
}

// ampersand cuts off the "&" that words end in.
func ampersand(words []codec.Word) (rest []codec.Word, ok bool) {
	n := len(words)
	if n == 0 || words[n-1].Text != "&" || words[n-1].Quoted {
		return words, false
	}
	return words[:n-1], true
}

// beside makes a command that was typed as text, with its "&", one that runs
// beside the prompt, if it can.
func (c *Command) beside(text string) error {
	c.JobLine = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "&"))
	switch {
	case c.Row.Verb == "":
		return fmt.Errorf("%s: &: only what asks the remote can run beside the prompt", c.Name)
	case c.Row.MovesSession:
		return fmt.Errorf("%s: &: beside the prompt it would move nothing but itself", c.Name)
	}
	return nil
}
