package codec

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A Code is one word for the reason of an error. An unknown code is treated as Internal.
type Code string

// The codes; the package comment explains them.
const (
	NotFound     Code = "not-found"
	Exists       Code = "exists"
	Clash        Code = "clash"
	NotAllowed   Code = "not-allowed"
	NotEmpty     Code = "not-empty"
	NotRegular   Code = "not-regular"
	NotDirectory Code = "not-directory"
	IsDirectory  Code = "is-directory"
	BadName      Code = "bad-name"
	NoSpace      Code = "no-space"
	Changed      Code = "changed"
	Mismatch     Code = "mismatch"
	Partial      Code = "partial"
	Busy         Code = "busy"
	Cancelled    Code = "cancelled"
	Declined     Code = "declined"
	Timeout      Code = "timeout"
	TooBig       Code = "too-big"
	BadRequest   Code = "bad-request"
	BadFrame     Code = "bad-frame"
	UnknownVerb  Code = "unknown-verb"
	Unsupported  Code = "unsupported"
	NoDisplay    Code = "no-display"
	Unpaired     Code = "unpaired"
	Draining     Code = "draining"
	Internal     Code = "internal"
)

// A codeMeaning is the text of a code and, if there is one, the error of the standard
// library with the same meaning.
type codeMeaning struct {
	code Code
	text string
	is   error
}

func codeMeanings() []codeMeaning {
	return []codeMeaning{
		{NotFound, "no such file or folder", fs.ErrNotExist},
		{Exists, "exists already", fs.ErrExist},
		{Clash, "it has the same name as another one", fs.ErrExist},
		{NotAllowed, "permission denied", fs.ErrPermission},
		{NotEmpty, "the folder is not empty", nil},
		{NotRegular, "not a regular file", nil},
		{NotDirectory, "not a folder", nil},
		{IsDirectory, "is a folder", nil},
		{BadName, "not a usable name", fs.ErrInvalid},
		{NoSpace, "no space left on the disk", nil},
		{Changed, "changed while it was read", nil},
		{Mismatch, "the sum differs from the sender's", nil},
		{Partial, "not everything succeeded", nil},
		{Busy, "in use", nil},
		{Cancelled, "cancelled", context.Canceled},
		{Declined, "declined", nil},
		{Timeout, "timed out", os.ErrDeadlineExceeded},
		{TooBig, "too big", nil},
		{BadRequest, "bad request", nil},
		{BadFrame, "bad frame", nil},
		{UnknownVerb, "unknown verb", nil},
		{Unsupported, "not supported here", errors.ErrUnsupported},
		{NoDisplay, "no display here", nil},
		{Unpaired, "not paired", nil},
		{Draining, "the server is going down", nil},
		{Internal, "internal error", nil},
	}
}

func (c Code) meaning() (m codeMeaning, known bool) {
	for _, m := range codeMeanings() {
		if m.code == c {
			return m, true
		}
	}
	return codeMeaning{Internal, "internal error", nil}, false
}

// An Error is an error that can be sent. errors.Is considers an Error equal to any other
// Error with the same code, and to the error of the standard library with the same
// meaning.
type Error struct {
	Code Code
	Text string // "" means the text of the code
	Name string // the name of the file or other object, as it was requested, or ""
	Hint string // what to do about the error, or ""
	More Pairs  // counts and the like
}

// Errorf returns an Error. If format is empty, the text of the Error is that of the code.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Error returns "name: text", with the name quoted so that it can be pasted into a
// command.
func (e *Error) Error() string {
	text := e.Text
	if text == "" {
		r, _ := e.Code.meaning()
		text = r.text
	}
	if e.Name != "" {
		return Name(e.Name) + ": " + text
	}
	return text
}

// Is reports whether target is an Error with the code of e, or the error of the standard
// library with the same meaning.
func (e *Error) Is(target error) bool {
	if t, ok := target.(*Error); ok {
		return t.Code == e.Code
	}
	if target == context.DeadlineExceeded {
		return e.Code == Timeout
	}
	r, _ := e.Code.meaning()
	return r.is != nil && r.is == target
}

// Words returns the body of ERR: CODE TEXT and pairs.
func (e *Error) Words() []Word {
	code := e.Code
	if _, known := code.meaning(); !known {
		code = Internal
	}
	words := []Word{Lit(string(code)), Lit((&Error{Code: e.Code, Text: e.Text}).Error())}
	if e.Name != "" {
		words = append(words, Lit("name="+e.Name))
	}
	if e.Hint != "" {
		words = append(words, Lit("hint="+e.Hint))
	}
	return append(words, e.More.Words()...)
}

// ParseError parses the words of an ERR.
func ParseError(words []Word) (*Error, error) {
	if len(words) < 2 {
		return nil, Errorf(BadFrame, "an error needs a code and a text, got %d words", len(words))
	}
	e := &Error{Code: Code(words[0].Text), Text: words[1].Text}
	if _, known := e.Code.meaning(); !known {
		e.Code = Internal
	}
	pairs, err := ParsePairs(words[2:])
	if err != nil {
		return nil, err
	}
	for _, p := range pairs {
		switch p.Key {
		case "name":
			e.Name = p.Value
		case "hint":
			e.Hint = p.Value
		default:
			e.More = append(e.More, p)
		}
	}
	return e, nil
}

// Note returns the body of a NOTE that reports e: CODE NAME TEXT.
func (e *Error) Note() []Word {
	return []Word{Lit(string(e.Code)), Lit(e.Name), Lit((&Error{Code: e.Code, Text: e.Text}).Error())}
}

// Note parses the body of a NOTE.
func (f Frame) Note() (*Error, error) {
	words, err := f.Words()
	if err != nil {
		return nil, err
	}
	return ParseNote(words)
}

// ParseNote parses the words of a NOTE.
func ParseNote(words []Word) (*Error, error) {
	if len(words) != 3 {
		return nil, Errorf(BadFrame, "a note is CODE NAME TEXT, got %d words", len(words))
	}
	e, err := ParseError([]Word{words[0], words[2]})
	if err == nil {
		e.Name = words[1].Text
	}
	return e, err
}
