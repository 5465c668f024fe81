package client

import (
	"context"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/console"
)

// Offers reports whether the remote lets us call a verb.
func (c *Client) Offers(verb string) bool { return c != nil && slices.Contains(c.Hello.Verbs, verb) }

// Call makes a call without a stream; answer gets the frames that come.
func (c *Client) Call(ctx context.Context, verb string, words []codec.Word, answer link.Answer) (codec.Pairs, error) {
	return c.Do(ctx, link.Request{Verb: codec.MakeVerb(verb), Words: words, Recv: answer.Recv})
}

// Text makes a call whose answer is text for people.
func (c *Client) Text(ctx context.Context, verb string, words ...codec.Word) (string, error) {
	var b []byte
	_, err := c.Call(ctx, verb, words, link.Answer{Data: func(some []byte) error {
		if b = append(b, some...); len(b) > codec.MaxBytes {
			return codec.Errorf(codec.TooBig, "the answer is longer than %d bytes", codec.MaxBytes)
		}
		return nil
	}})
	return string(b), err
}

// A NoteFunc takes a NOTE: one thing failed and the rest goes on.
type NoteFunc func(codec.Frame) error

// Lines makes a call whose answer is lines.
func (c *Client) Lines(ctx context.Context, verb string, words []codec.Word, note NoteFunc, each func(line string) error) error {
	_, err := c.Call(ctx, verb, words, link.Answer{Note: note, Line: each})
	return err
}

// Find calls each for the entries that FIND answers.
func (c *Client) Find(ctx context.Context, words []codec.Word, note NoteFunc, each func(codec.Entry) error) error {
	_, err := c.Call(ctx, "FIND", words, link.Answer{Note: note, Entry: each})
	return err
}

// Stat calls each for the remote files that words mean. What has gone meanwhile
// is no error.
func (c *Client) Stat(ctx context.Context, words []codec.Word, each func(codec.Entry)) error {
	_, err := c.Call(ctx, "STAT", Operands(words), link.Answer{Entry: func(e codec.Entry) error {
		each(e)
		return nil
	}})
	if ctx.Err() == nil && console.IsCode(err, codec.NotFound, codec.NotAllowed, codec.Partial) {
		return nil
	}
	return err
}

// Hash calls each for the SHA-256, in hexadecimal, of each remote file that words
// mean.
func (c *Client) Hash(ctx context.Context, words []codec.Word, note NoteFunc, each func(sum, path string)) error {
	return c.Lines(ctx, "HASH", words, note, func(line string) error {
		words, err := codec.Split(line)
		if err != nil || len(words) != 2 || len(words[0].Text) != 64 || strings.Trim(words[0].Text, "0123456789abcdef") != "" {
			return codec.Errorf(codec.BadFrame, "%s is no sum and name", codec.Name(line))
		}
		each(words[0].Text, words[1].Text)
		return nil
	})
}

// Operands puts "--" in front of words that have been through the options of a
// command, when they need it: "-x" behind "--" must stay a name.
func Operands(words []codec.Word) []codec.Word {
	for _, w := range words {
		if !w.Quoted && strings.HasPrefix(w.Text, "-") {
			return slices.Insert(slices.Clone(words), 0, codec.Bare("--"))
		}
	}
	return words
}

// Words are the words of a call.
type Words []codec.Word

// AddIf adds options, if they are wanted.
func (w *Words) AddIf(wanted bool, texts ...string) {
	for _, t := range texts {
		if wanted {
			*w = append(*w, codec.Bare(t))
		}
	}
}

// Batches cuts words so that each call has room for its own.
func Batches(words []codec.Word) func(yield func([]codec.Word) bool) {
	return func(yield func([]codec.Word) bool) {
		for len(words) > 0 {
			n, size := 0, 0
			for n < len(words) && (n == 0 || size < codec.MaxWords/4) {
				size += len(words[n].Text)
				n++
			}
			if !yield(words[:n]) {
				return
			}
			words = words[n:]
		}
	}
}

// IsPattern reports whether a word may mean several files.
func IsPattern(w codec.Word) bool { return codec.HasPattern(w.Text) }

// Base returns the last component of a remote path, which is what it will be
// called locally. It is a guess: the remote says it when the file comes.
func (c *Client) Base(path string) string {
	separators := "/"
	switch c.Hello.System {
	case "windows":
		separators = `/\:`
	case "ex27": // which does not say what it is
		separators = `/\`
	}
	path = strings.TrimRight(path, separators)
	return path[strings.LastIndexAny(path, separators)+1:]
}

// FoldName returns a name as the remote compares it.
func (c *Client) FoldName(name string) string {
	if c.Hello.System == "windows" {
		return strings.ToLower(name)
	}
	return name
}
