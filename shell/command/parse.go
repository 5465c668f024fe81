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

// A Redirection is where the operators behind a command lead its streams, all of
// it local: "< file", "> file", ">> file", "| command".
type Redirection struct {
	From, To codec.Word // files; without a text there is none
	Appends  bool       // To is not emptied before
	Filter   string     // a line for the local shell that reads what is printed, or ""
}

// Parse divides a line into commands and checks each. A comment and a blank line
// have none.
func (t Table) Parse(line string, g Grammar) ([]Command, error) {
	var commands []Command
	for _, p := range t.Scan(line, g) {
		if len(p.Tokens) == 0 || p.Tokens[0].Role == Comment {
			continue
		}
		c, err := t.command(p, line[p.Start:p.End], g)
		if err != nil {
			return nil, err
		}
		commands = append(commands, c)
	}
	return commands, nil
}

// command checks a part of a line, which was typed as text.
func (t Table) command(p Part, text string, g Grammar) (Command, error) {
	words, r, err := p.words()
	if err != nil {
		return Command{}, err
	}
	c, err := t.check(words, g)
	c.Redirection = r
	if err == nil && p.Background {
		err = c.runInBackground(text)
	}
	return c, err
}

// words returns the words of a part, which are one at least, and where its
// operators lead.
func (p Part) words() (words []codec.Word, r Redirection, err error) {
	if p.Err != nil {
		return nil, r, p.Err
	}
	for i, token := range p.Tokens {
		switch token.Role {
		case Argument, Rest:
			words = append(words, token.Word)
		case Operator:
			err = r.lead(token.Text, p.Tokens[i+1:])
		case Filter:
			if r.Filter = token.Text; r.Filter == "" || r.Filter[0] == '|' {
				err = errors.New("|: a command is missing behind it")
			}
		}
		if err != nil {
			return nil, r, err
		}
	}
	switch {
	case len(words) == 0:
		err = errors.New("a command is missing in front of its operators")
	case r.To.Text != "" && r.Filter != "":
		err = errors.New("what is printed goes into a file or to a command, not both")
	}
	return words, r, err
}

// lead takes an operator, and its file out of the tokens behind it.
func (r *Redirection) lead(sign string, behind []Token) error {
	file := &r.To
	if sign == "<" {
		file = &r.From
	}
	switch {
	case len(behind) == 0 || behind[0].Role != File || behind[0].Text == "":
		return fmt.Errorf("%s: a file is missing", sign)
	case file.Text != "":
		return fmt.Errorf("%s: the file %s is named already", sign, codec.Quote(*file))
	}
	*file = behind[0].Word
	r.Appends = r.Appends || sign == ">>"
	return nil
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

// named returns the row that a word names, as the name it goes by: what was typed,
// or the row's own where that was a prefix. MayFail reports whether the word has a
// "-" in front of the name.
func (t Table) named(w codec.Word, prefixes bool) (r Row, name string, mayFail bool, err error) {
	text := w.Text
	if name, ok := strings.CutPrefix(text, "-"); ok && !w.Quoted && name != "" {
		text, mayFail = name, true
	}
	if r, err = t.Find(text, prefixes); err != nil {
		return r, "", mayFail, err
	}
	if name = strings.ToLower(text); !slices.Contains(r.Names, name) {
		name = r.Name()
	}
	return r, name, mayFail, nil
}

// check makes words a command.
func (t Table) check(words []codec.Word, g Grammar) (c Command, err error) {
	r, name, mayFail, err := t.named(words[0], g.Prefixes)
	if err != nil {
		return c, err
	}
	c.MayFail = mayFail
	if c.Invocation, err = r.invoke(name, words[1:]); err != nil || !r.Explains {
		return c, err
	}
	explained, err := t.check(c.Words, g)
	c.Explained = &explained
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

// runInBackground makes a command that was typed as text, with its "&", a
// background job, or says why it cannot be one.
func (c *Command) runInBackground(text string) error {
	c.JobLine = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "&"))
	switch {
	case c.Row.Verb == "":
		return fmt.Errorf("%s: &: only what asks the remote can run beside the prompt", c.Name)
	case c.Row.MovesSession:
		return fmt.Errorf("%s: &: beside the prompt it would move nothing but itself", c.Name)
	}
	return nil
}
