package shell

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"techsh/codec"
)

// complain says what went wrong on standard error, with what to do about it
// on a line of its own.
func (s *Shell) complain(err error) {
	s.freshLine()
	fmt.Fprint(s.Err, s.complaint(err))
}

func (s *Shell) complaint(err error) string {
	text := s.warn.bad(errorLine(err)) + "\n"
	if hint := hintOf(err); hint != "" {
		text += "  " + s.warn.dim(codec.Show(hint)) + "\n"
	}
	return text
}

// errorLine is an error in one line fit for a terminal. Our own words are in
// it as they are; what the remote said has been through Show where it came in.
func errorLine(err error) string {
	return codec.Show(strings.ReplaceAll(err.Error(), "\n", ": "))
}

// A misuse is a wrong word that a command finds before it sends anything.
type misuse struct{ error }

func (m *misuse) Unwrap() error { return m.error }

// A hinted error says what can be done about it.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

func withHint(err error, hint string) error { return &hinted{err, hint} }

func hintOf(err error) string {
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint
	}
	if e, ok := errors.AsType[*codec.Error](err); ok {
		return e.Hint
	}
	return ""
}

// about makes an error of the local system one about name, in the words that
// the remote's have.
func about(name string, err error) error {
	if err == nil {
		return nil
	}
	return codec.Explain(name, err)
}

// aboutStream is about for one of our own streams, whose name needs no quotes.
func aboutStream(name string, err error) error {
	if err == nil {
		return nil
	}
	x := codec.Explain("", err)
	return &codec.Error{Code: x.Code, Text: name + ": " + x.Error()}
}

// isCode says whether an error is of one of these codes.
func isCode(err error, codes ...codec.Code) bool {
	return slices.ContainsFunc(codes, func(c codec.Code) bool { return errors.Is(err, &codec.Error{Code: c}) })
}
