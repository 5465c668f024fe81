package lint

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"techsh/codec"
)

// wants receives frames until they match the item want, or cannot match it any more. In
// the second case it sets c.missing to want.
func (c *probeConn) wants(ctx context.Context, want string) {
	if c.missing != "" {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	if !c.meets(ctx, want) {
		c.missing = want
	}
}

// meets receives the next frames and reports whether they match the item want. The
// comment of Check lists the items.
func (c *probeConn) meets(ctx context.Context, want string) bool {
	what, rest, _ := strings.Cut(want, " ")
	switch what {
	case "refused":
		if c.refused != nil {
			c.note(c.refused.Error())
		}
		return c.refused != nil
	case "quiet":
		ctx, cancel := context.WithTimeoutCause(ctx, quietTimeout, errTimeout)
		defer cancel()
		_, err := c.next(ctx)
		return err == errTimeout
	case "end":
		_, err := c.next(ctx)
		return err == io.EOF
	case "closed":
		_, err := c.next(ctx)
		return err != nil && err != errTimeout && !errors.Is(err, &codec.Error{Code: codec.BadFrame})
	case "turned-away":
		if c.refused != nil {
			return true
		}
		f, err := c.next(ctx)
		if err == nil {
			return codeOf(f) == codec.Unpaired && c.meets(ctx, "closed")
		}
		return err != errTimeout
	case "HELO":
		f, err := c.next(ctx)
		return err == nil && c.greets(f)
	case "NOTE":
		return c.notes(ctx, rest)
	case "DATA":
		for len(c.data) <= len(rest) {
			if !c.more(ctx) {
				return false
			}
		}
		c.exact = true
		return string(c.data) == rest+"\n"
	case "LINE":
		for !bytes.HasSuffix(c.data, []byte("\n")) {
			if !c.more(ctx) {
				return false
			}
		}
		return regexp.MustCompile(rest).Match(bytes.TrimSuffix(c.data, []byte("\n")))
	}
	return c.final(ctx, what, rest)
}

// more receives a frame and appends its body to c.data. It returns false if the frame is
// not DATA.
func (c *probeConn) more(ctx context.Context) bool {
	f, err := c.next(ctx)
	if err != nil || f.Verb != codec.DATA || len(c.data) > codec.MaxBytes {
		return false
	}
	c.data = append(c.data, f.Body...)
	return true
}

// final receives the rest of an answer. It reports whether the last frame has the given
// verb, which is OK or ERR, and contains the code and pairs in rest.
func (c *probeConn) final(ctx context.Context, verb, rest string) bool {
	exact := c.exact
	c.data, c.exact = nil, false
	for {
		f, err := c.next(ctx)
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

// notes reports whether the next frame is a NOTE with the given code.
func (c *probeConn) notes(ctx context.Context, code string) bool {
	f, err := c.next(ctx)
	if err != nil || f.Verb != codec.NOTE {
		return false
	}
	e, err := f.Note()
	return err == nil && string(e.Code) == code
}

// greets reports whether f is a HELO with all mandatory parts.
func (c *probeConn) greets(f codec.Frame) bool {
	words, err := f.Words()
	if err != nil || f.Verb != codec.HELO {
		return false
	}
	h, err := codec.ParseHello(words)
	c.hello = h
	return err == nil && h.Session != "" && h.System != "" && h.Host != "" && h.Cwd != "" &&
		slices.Contains(h.Verbs, "PING") && slices.Contains(h.Verbs, "ECHO") && slices.Contains(h.Verbs, "EXIT")
}

// codeOf returns the code of an ERR, or "" for other frames.
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
