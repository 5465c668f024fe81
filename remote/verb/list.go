package verb

import (
	"context"
	"strings"

	"techsh/codec"
)

// ReadList reads the list that the client streams: DATA with one word on each line, then
// END. It calls add for each word.
func (r *Request) ReadList(ctx context.Context, add func(word string) error) error {
	return r.Call.Receive(ctx, func(f codec.Frame) error {
		switch f.Verb {
		case codec.END:
			return nil
		case codec.DATA:
			return readListLines(string(f.Body), add)
		}
		return codec.Errorf(codec.BadRequest, "%s in a list, which is DATA and END", f.Verb)
	})
}

func readListLines(lines string, add func(word string) error) error {
	for line := range strings.Lines(lines) {
		text, whole := strings.CutSuffix(line, "\n")
		words, err := codec.Split(text)
		if err != nil {
			return err
		}
		if !whole || len(words) != 1 {
			return codec.Errorf(codec.BadRequest, "a list has one word on each line")
		}
		if err := add(words[0].Text); err != nil {
			return err
		}
	}
	return nil
}
