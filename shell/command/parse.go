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

// A Command is a command of a line, parsed and checked.
type Command struct {
	Invocation
	Redirection
	Where   string // the place in a script, "script:12: ", or ""
	MayFail bool   // a failure does not end the line or the script
	JobLine string // of a background job: its text, without the "&"; else ""
}

// A Redirection is the local files and the local command that the streams of a
// command are connected to: "< file", "> file", ">> file", "| command".
type Redirection struct {
	From, To codec.Word // files; without a text there is none
	Appends  bool       // To is not emptied before
	Filter   string     // a line for the local shell that reads what is printed, or ""
}

// Parse returns the commands of a line, none for a comment or a blank line. Its
// error is that of the first command that is wrong.
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

// command returns the command of a part whose text is given.
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

// words returns the words of a part, at least one, and its redirection.
func (p Part) words() (words []codec.Word, r Redirection, err error) {
	if p.Err != nil {
		return nil, r, p.Err
	}
	for i, token := range p.Tokens {
		switch token.Role {
		case Argument, Rest:
			words = append(words, token.Word)
		case Operator:
			err = r.add(token.Text, p.Tokens[i+1:])
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

// add adds an operator, whose file is the first of the tokens behind it.
func (r *Redirection) add(sign string, behind []Token) error {
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

// optionBefore returns the option that w is, and whether the next word is its
// argument.
func (r Row) optionBefore(w codec.Word) (o codec.Option, ok bool) {
	for _, o := range r.Options {
		if o.Arg != "" && !w.Quoted && (w.Text == "-"+string(rune(o.Short)) || w.Text == "--"+o.Long) {
			return o, true
		}
	}
	return o, false
}

// commandName returns the name of a command in a word, and whether a "-" in front
// of it says that the command may fail.
func commandName(w codec.Word) (name string, mayFail bool) {
	if name, ok := strings.CutPrefix(w.Text, "-"); ok && !w.Quoted && name != "" {
		return name, true
	}
	return w.Text, false
}

// check returns the command that words are.
func (t Table) check(words []codec.Word, g Grammar) (c Command, err error) {
	name, mayFail := commandName(words[0])
	r, err := t.Find(name, g.Prefixes)
	if err != nil {
		return c, err
	}
	c.MayFail = mayFail
	if name = strings.ToLower(name); !slices.Contains(r.Names, name) { // a prefix
		name = r.Name()
	}
	if c.Invocation, err = r.invoke(name, words[1:]); err != nil || !r.Explains {
		return c, err
	}
	explained, err := t.check(c.Words, g)
	c.Explained = &explained
	return c, err
}

// ParseWords returns the command that the arguments of a process are. Each is one
// bare word, without quotes and operators.
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
		c.joinWords()
	}
	return c, err
}

// joinWords joins the words of a verbatim row to the line that it takes.
func (c *Command) joinWords() {
	if c.Row.Verbatim {
		all := make([]string, len(c.Words))
		for i, w := range c.Words {
			all[i] = w.Text
		}
		c.Words = codec.Lits(strings.Join(all, " "))
	}
	if c.Explained != nil {
		c.Explained.joinWords()
	}
}

// ParseScript returns the commands of all lines of a script. Name is how its errors
// call it.
func (t Table) ParseScript(name string, text []byte) ([]Command, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // the byte order mark that Windows editors write
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

// runInBackground makes a command a background job. Text is what was typed, with
// the "&".
func (c *Command) runInBackground(text string) error {
	c.JobLine = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "&"))
	switch {
	case c.Row.Verb == "":
		return fmt.Errorf("%s: &: only what asks the remote can run in the background", c.Name)
	case c.Row.MovesSession:
		return fmt.Errorf("%s: &: in the background it would change nothing else", c.Name)
	}
	return nil
}
