package client

import (
	"context"
	"errors"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/console"
)

// Offers reports whether the remote offers a verb. It returns false for a nil Client.
func (c *Client) Offers(verb string) bool { return c != nil && slices.Contains(c.Hello.Verbs, verb) }

// Call makes a call that sends no stream. It passes the frames of the remote's answer to
// the functions in answer, and returns the pairs of the final OK.
func (c *Client) Call(ctx context.Context, verb string, words []codec.Word, answer link.Answer) (codec.Pairs, error) {
	return c.Do(ctx, link.Request{Verb: codec.MakeVerb(verb), Words: words, Recv: answer.Recv})
}

// Text makes a call and returns the data of its answer, which is limited to
// codec.MaxBytes.
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

// A NoteFunc handles a NOTE frame, which means that the call continues after a failure.
// If the function returns an error, the call ends.
type NoteFunc func(codec.Frame) error

// Lines makes a call and calls the function each with every line of the answer, without
// its line feed.
func (c *Client) Lines(
	ctx context.Context, verb string, words []codec.Word, note NoteFunc, each func(line string) error,
) error {
	_, err := c.Call(ctx, verb, words, link.Answer{Note: note, Line: each})
	return err
}

// Find makes a call of FIND and calls the function each with every entry of the answer.
func (c *Client) Find(ctx context.Context, words []codec.Word, note NoteFunc, each func(codec.Entry) error) error {
	_, err := c.Call(ctx, "FIND", words, link.Answer{Note: note, Entry: each})
	return err
}

// MatchesSeveral reports whether w is a pattern that matches more than one remote file.
func (c *Client) MatchesSeveral(ctx context.Context, w codec.Word) bool {
	if !IsPattern(w) || !c.Offers("STAT") {
		return false
	}
	count, enough := 0, errors.New("several")
	_, err := c.Call(ctx, "STAT", Operands([]codec.Word{w}), link.Answer{Entry: func(codec.Entry) error {
		if count++; count > 1 {
			return enough
		}
		return nil
	}})
	return errors.Is(err, enough)
}

// Stat calls the function each with the entry of every remote file to which the given
// words refer. It ignores files that do not exist or are not accessible.
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

// Hash calls the function each for every remote file to which the given words refer. The
// arguments of each are the SHA-256 of the file, in hexadecimal, and its path.
func (c *Client) Hash(ctx context.Context, words []codec.Word, note NoteFunc, each func(sum, path string)) error {
	return c.Lines(ctx, "HASH", words, note, func(line string) error {
		words, err := codec.Split(line)
		if err != nil || len(words) != 2 || !isSHA256(words[0].Text) {
			return codec.Errorf(codec.BadFrame, "%s is not a checksum and a name", codec.Name(line))
		}
		each(words[0].Text, words[1].Text)
		return nil
	})
}

// isSHA256 reports whether text is a SHA-256 in hexadecimal.
func isSHA256(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}

// Operands returns words, preceded by "--" if one of them looks like an option. The
// remote then takes none of them for an option.
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

// AddIf appends bare words, such as options, if wanted is set.
func (w *Words) AddIf(wanted bool, texts ...string) {
	for _, t := range texts {
		if wanted {
			*w = append(*w, codec.Bare(t))
		}
	}
}

// Batches splits words into batches that each fit into one call.
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

// IsPattern reports whether a word may match several remote files.
func IsPattern(w codec.Word) bool { return codec.HasPattern(w.Text) }

// Base returns the last element of a remote path. It may be wrong, because only the
// remote knows the syntax of its paths; the FILE frame contains the actual name.
func (c *Client) Base(path string) string {
	separators := "/"
	switch c.Hello.System {
	case "windows":
		separators = `/\:`
	case "ex27": // a dialect that does not report the system
		separators = `/\`
	}
	path = strings.TrimRight(path, separators)
	return path[strings.LastIndexAny(path, separators)+1:]
}

// FoldName returns name in lower case if the remote runs Windows, which ignores case in
// names. Otherwise it returns name unchanged.
func (c *Client) FoldName(name string) string {
	if c.Hello.System == "windows" {
		return strings.ToLower(name)
	}
	return name
}
