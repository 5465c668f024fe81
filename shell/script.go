package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
)

// A command is a line's worth of work, parsed and checked.
type command struct {
	invocation
	where  string // "script:12: ", or ""
	forgiv bool   // it may fail
}

// A grammar says which liberties a line may take.
type grammar struct {
	separators bool // ";" separates commands
	prefixes   bool // unique beginnings of names will do
	openQuotes bool // the end of the line closes a quote
}

// parse cuts a line into commands and checks each.
func (s *Shell) parse(line string, g grammar) ([]command, error) {
	trimmed := strings.TrimLeft(line, " \t")
	switch {
	case trimmed == "" || trimmed[0] == '#':
		return nil, nil
	case trimmed[0] == '!':
		c, err := s.escape(trimmed[1:])
		return []command{c}, err
	}
	ends := ""
	if g.separators {
		ends = ";"
	}
	var commands []command
	for pos := 0; pos < len(line); {
		if c, ok, err := s.verbatim(line[pos:], g); ok {
			return append(commands, c), err
		}
		words, next, err := cut(line, pos, ends, g.openQuotes)
		if err != nil {
			return nil, err
		}
		if len(words) > 0 {
			c, err := s.check(words, g)
			if err != nil {
				return nil, err
			}
			commands = append(commands, c)
		}
		pos = next + 1
	}
	return commands, nil
}

// verbatim parses a command that takes the rest of the line as it is, ";" and
// all; ok says that it is one. A single quoted word is its text.
func (s *Shell) verbatim(line string, g grammar) (c command, ok bool, err error) {
	name, pos, err := codec.Scan(line, 0, ";")
	if err != nil {
		return c, false, nil
	}
	if c, err = s.check([]codec.Word{name, codec.Bare("x")}, g); err != nil || !c.row.verbatim {
		return c, false, nil
	}
	words := []codec.Word{name}
	for {
		w, next, err := codec.Scan(line, pos, "")
		before := words[len(words)-1]
		option := !w.Quoted && len(w.Text) > 1 && w.Text[0] == '-' || c.row.takesArgument(before)
		if err != nil || !option || w.End == w.Start {
			break
		}
		words, pos = append(words, w), next
	}
	rest := strings.TrimSpace(line[pos:])
	if w, next, err := codec.Scan(rest, 0, ""); next == len(rest) && w.Quoted && (err == nil || g.openQuotes && w.Open != 0) {
		rest = w.Text
	}
	if rest != "" {
		words = append(words, codec.Lit(rest))
	}
	c, err = s.check(words, g)
	return c, true, err
}

// takesArgument says whether w is an option that wants the next word.
func (r row) takesArgument(w codec.Word) bool {
	for _, o := range r.options {
		if o.Arg != "" && !w.Quoted && (w.Text == "-"+string(rune(o.Short)) || w.Text == "--"+o.Long) {
			return true
		}
	}
	return false
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
func (s *Shell) check(words []codec.Word, g grammar) (command, error) {
	var c command
	name := words[0]
	if text, ok := strings.CutPrefix(name.Text, "-"); ok && !name.Quoted && text != "" {
		c.forgiv, name.Text = true, text
	}
	r, err := s.find(name.Text, g.prefixes)
	if err == nil {
		called := strings.ToLower(name.Text)
		if !slices.Contains(r.names, called) {
			called = r.name()
		}
		c.invocation, err = r.invoke(called, words[1:])
	}
	return c, err
}

// argv makes the words of a command line a command: each is one word as it
// stands.
func (s *Shell) argv(texts []string) (command, error) {
	words := make([]codec.Word, len(texts))
	for i, t := range texts {
		words[i] = codec.Bare(t)
	}
	if len(words) == 0 {
		return command{}, errors.New("a command is missing")
	}
	c, err := s.check(words, grammar{})
	if err == nil && c.row.verbatim {
		all := make([]string, len(c.Words))
		for i, w := range c.Words {
			all[i] = w.Text
		}
		c.Words = codec.Lits(strings.Join(all, " "))
	}
	return c, err
}

// parseScript parses every line before anything is run.
func (s *Shell) parseScript(name string, text []byte) ([]command, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var all []command
	for i, line := range strings.Split(string(text), "\n") {
		where := fmt.Sprintf("%s:%d: ", codec.Show(name), i+1)
		commands, err := s.parse(strings.TrimSuffix(line, "\r"), grammar{})
		if err != nil {
			return nil, &located{where, err}
		}
		for _, c := range commands {
			c.where = where
			all = append(all, c)
		}
	}
	return all, nil
}

// A located error says where in a script it happened.
type located struct {
	where string
	err   error
}

func (l *located) Error() string { return l.where + l.err.Error() }
func (l *located) Unwrap() error { return l.err }

// runAll runs the commands of a script, until one fails that must not.
func (s *Shell) runAll(ctx context.Context, commands []command) error {
	var failed error
	for _, c := range commands {
		err := s.interruptible(ctx, func(ctx context.Context) error { return s.run(ctx, c) })
		if err != nil {
			err = &located{c.where, err}
			if _, program := errors.AsType[*exitError](err); !alreadySaid(err) && !(program && s.Alone) {
				s.complain(err)
			}
			if errors.Is(err, errInterrupted) || errors.Is(err, link.ErrLost) || ctx.Err() != nil {
				return &said{err}
			}
			if !c.forgiv {
				failed = &said{err}
				if !s.KeepGoing {
					return failed
				}
			}
		}
		if s.leaving {
			break
		}
	}
	return failed
}

// run runs one command and sees its output off.
func (s *Shell) run(ctx context.Context, c command) error {
	s.label = c.where + c.name + ": "
	err := c.row.run(ctx, s, c.invocation)
	if ferr := s.out.Flush(); err == nil && ferr != nil {
		err = about("standard output", ferr)
	}
	if err == nil || isPlain(err) {
		return err
	}
	return fmt.Errorf("%s: %w", c.name, err)
}

// isPlain says that an error needs no command's name in front of it.
func isPlain(err error) bool {
	_, was := errors.AsType[*said](err)
	return was || errors.Is(err, errInterrupted)
}

// said is an error that the person has read already.
type said struct{ error }

func (s *said) Unwrap() error { return s.error }

func alreadySaid(err error) bool {
	_, ok := errors.AsType[*said](err)
	return ok
}

// interruptible runs do with a context that Ctrl-C ends. A second Ctrl-C lets
// go of a connection that does not answer the first.
func (s *Shell) interruptible(ctx context.Context, do func(context.Context) error) error {
	for len(s.Interrupts) > 0 {
		<-s.Interrupts // of an earlier command
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	watched := make(chan struct{})
	conn := s.conn
	go func() {
		defer close(watched)
		for n := 0; ; n++ {
			select {
			case <-s.Interrupts:
				cancel(errInterrupted)
				if n > 0 && conn != nil {
					go conn.link.Close() // it waits for the reader, which may be what hangs
				}
			case <-done:
				return
			}
		}
	}()
	err := do(ctx)
	close(done)
	<-watched
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		return errInterrupted
	}
	return err
}

const maxNested = 16

// source runs the script in a file.
func (s *Shell) source(ctx context.Context, path string) error {
	if s.nested == maxNested {
		return fmt.Errorf("%s: scripts that call scripts, %d deep", codec.Name(path), maxNested)
	}
	text, err := os.ReadFile(localPath(s.Dir, path))
	if err != nil {
		return about(path, err)
	}
	commands, err := s.parseScript(path, text)
	if err != nil {
		return err
	}
	s.nested++
	defer func() { s.nested-- }()
	return s.runAll(ctx, commands)
}
