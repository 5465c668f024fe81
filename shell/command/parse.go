package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/shell/console"
)

// A Command is a parsed and checked command of a line.
type Command struct {
	Invocation
	Redirection
	Where   string // location in a script, such as "script:12: ", or ""
	MayFail bool   // a failure does not end the line or script
	JobLine string // the text of a background job without "&"; "" for a command that is not a background job
}

// A Redirection says which local files and local command the streams of a command are
// connected to: "< file", "> file", ">> file", "| command".
type Redirection struct {
	From, To codec.Word // files; an empty text means none
	Appends  bool       // the output is appended to the file To
	Filter   string     // a line for the local shell, to which the output is piped; or ""
}

// Parse returns the commands of a line. A comment or a blank line has none. If a command
// is invalid, Parse returns the error of the first such command.
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

// command parses one part of a line. text is the source of the part.
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

// words returns the words of a part, and its redirection. It returns an error if there
// are no words.
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
				err = errors.New("|: a command is missing after it")
			}
		}
		if err != nil {
			return nil, r, err
		}
	}
	switch {
	case len(words) == 0:
		err = errors.New("a command is missing before the operators")
	case r.To.Text != "" && r.Filter != "":
		err = errors.New("output goes to a file or to a command, not both")
	}
	return words, r, err
}

// add adds an operator. sign is its text, such as ">>". behind contains the tokens after
// the operator; the first of them must be its file.
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

// optionBefore returns the option in w, if this option takes the next word as its
// argument. Otherwise ok is false.
func (r Row) optionBefore(w codec.Word) (o codec.Option, ok bool) {
	for _, o := range r.Options {
		if o.Arg != "" && !w.Quoted && (w.Text == "-"+string(rune(o.Short)) || w.Text == "--"+o.Long) {
			return o, true
		}
	}
	return o, false
}

// commandName returns the command name in a word, and whether a "-" before it allows
// the command to fail.
func commandName(w codec.Word) (name string, mayFail bool) {
	if name, ok := strings.CutPrefix(w.Text, "-"); ok && !w.Quoted && name != "" {
		return name, true
	}
	return w.Text, false
}

// check returns the command that consists of words.
func (t Table) check(words []codec.Word, g Grammar) (c Command, err error) {
	name, mayFail := commandName(words[0])
	r, err := t.Find(name, g.Prefixes)
	if err != nil {
		return c, err
	}
	c.MayFail = mayFail
	if name = strings.ToLower(name); !slices.Contains(r.Names, name) { // the name is a prefix
		name = r.Name()
	}
	if c.Invocation, err = r.invoke(name, words[1:]); err != nil || !r.Explains {
		return c, err
	}
	explained, err := t.check(c.Words, g)
	c.Explained = &explained
	return c, err
}

// ParseWords returns the command for the arguments of a process. Each argument is a
// literal word, without quotes and operators.
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

// joinWords joins the words of a verbatim row into one line.
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

// ParseScript returns the commands of all lines of a script. Errors contain the name of
// the script.
func (t Table) ParseScript(name string, text []byte) ([]Command, error) {
	text = codec.DecodeText(text)
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

// runInBackground makes the command a background job. text is the typed text with the
// "&".
func (c *Command) runInBackground(text string) error {
	c.JobLine = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "&"))
	switch {
	case c.Row.Verb == "":
		return fmt.Errorf("%s: &: only commands that use the remote can run in the background", c.Name)
	case c.Row.MovesSession:
		return fmt.Errorf("%s: &: it has no effect in the background", c.Name)
	}
	return nil
}
