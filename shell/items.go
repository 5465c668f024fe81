package shell

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"slices"
	"strings"

	"techsh/codec"
)

// wants reads until what is wanted has come, or something else has.
func (i *inspection) wants(ctx context.Context, want string) {
	if i.wrong != "" {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, i.within, errNothing)
	defer cancel()
	if !i.meets(ctx, want) {
		i.wrong = want
	}
}

// meets is one item of what is wanted: see check.
func (i *inspection) meets(ctx context.Context, want string) bool {
	what, rest, _ := strings.Cut(want, " ")
	switch what {
	case "refused":
		if i.turnedAway != nil {
			i.note(i.turnedAway.Error())
		}
		return i.turnedAway != nil
	case "quiet":
		ctx, cancel := context.WithTimeoutCause(ctx, quietTime, errNothing)
		defer cancel()
		_, err := i.next(ctx)
		return err == errNothing
	case "end":
		_, err := i.next(ctx)
		return err == io.EOF
	case "closed":
		_, err := i.next(ctx)
		return err != nil && err != errNothing && !isCode(err, codec.BadFrame)
	case "turned-away":
		if i.turnedAway != nil {
			return true
		}
		f, err := i.next(ctx)
		if err == nil {
			return codeOf(f) == codec.Unpaired && i.meets(ctx, "closed")
		}
		return err != errNothing
	case "HELO":
		f, err := i.next(ctx)
		return err == nil && i.greets(f)
	case "NOTE":
		return i.notes(ctx, rest)
	case "DATA":
		for len(i.data) <= len(rest) {
			if !i.more(ctx) {
				return false
			}
		}
		i.exact = true
		return string(i.data) == rest+"\n"
	case "LINE":
		for !bytes.HasSuffix(i.data, []byte("\n")) {
			if !i.more(ctx) {
				return false
			}
		}
		return regexp.MustCompile(rest).Match(bytes.TrimSuffix(i.data, []byte("\n")))
	}
	return i.final(ctx, what, rest)
}

// more reads one more DATA.
func (i *inspection) more(ctx context.Context) bool {
	f, err := i.next(ctx)
	if err != nil || f.Verb != codec.DATA || len(i.data) > codec.MaxBytes {
		return false
	}
	i.data = append(i.data, f.Body...)
	return true
}

// final reads an answer to its end, which has to be verb with these words.
func (i *inspection) final(ctx context.Context, verb, rest string) bool {
	exact := i.exact
	i.data, i.exact = nil, false
	for {
		f, err := i.next(ctx)
		switch {
		case err != nil || f.Verb == codec.DATA && exact:
			return false
		case f.Verb != codec.OK && f.Verb != codec.ERR:
			continue
		case f.Verb.String() != verb:
			return false
		}
		words, err := f.Words()
		var pairs codec.Pairs
		wanted := strings.Fields(rest)
		if err == nil && f.Verb == codec.ERR {
			var e *codec.Error
			if e, err = codec.ParseError(words); err != nil || words[0].Text != wanted[0] {
				return false
			}
			pairs, wanted = append(e.More, codec.Pair{Key: "name", Value: e.Name}), wanted[1:]
		} else if err == nil {
			pairs, err = codec.ParsePairs(words)
		}
		return err == nil && !slices.ContainsFunc(wanted, func(w string) bool {
			key, value, _ := strings.Cut(w, "=")
			got, ok := pairs.Get(key)
			return !ok || value != "" && got != value
		})
	}
}

// notes wants a NOTE of that code.
func (i *inspection) notes(ctx context.Context, code string) bool {
	f, err := i.next(ctx)
	if err != nil || f.Verb != codec.NOTE {
		return false
	}
	e, err := f.Note()
	return err == nil && string(e.Code) == code
}

// greets says whether f is a HELO with all that it must have.
func (i *inspection) greets(f codec.Frame) bool {
	words, err := f.Words()
	if err != nil || f.Verb != codec.HELO {
		return false
	}
	h, err := codec.ParseHello(words)
	i.hello = h
	return err == nil && h.Session != "" && h.System != "" && h.Host != "" && h.Cwd != "" &&
		slices.Contains(h.Verbs, "PING") && slices.Contains(h.Verbs, "ECHO") && slices.Contains(h.Verbs, "EXIT")
}

// codeOf is that of an ERR; "" is another frame.
func codeOf(f codec.Frame) codec.Code {
	words, err := f.Words()
	if err != nil || f.Verb != codec.ERR {
		return ""
	}
	e, err := codec.ParseError(words)
	if err != nil {
		return ""
	}
	return e.Code
}
