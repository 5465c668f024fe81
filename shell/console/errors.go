package console

import (
	"errors"
	"slices"
	"strings"

	"techsh/codec"
)

// ErrInterrupted is the cause of a context that Ctrl-C has ended.
var ErrInterrupted = errors.New("interrupted")

// ErrorLine returns an error as one line that is safe on a terminal.
func ErrorLine(err error) string {
	return codec.Show(strings.ReplaceAll(err.Error(), "\n", ": "))
}

// A LocatedError says where in a script an error happened.
type LocatedError struct {
	Where string // "script:12: "
	Err   error
}

// Error returns the place and the error.
func (e *LocatedError) Error() string { return e.Where + e.Err.Error() }

// Unwrap returns the error.
func (e *LocatedError) Unwrap() error { return e.Err }

// A ReportedError is an error that has been printed already.
type ReportedError struct{ Err error }

// Error returns the error's text.
func (e *ReportedError) Error() string { return e.Err.Error() }

// Unwrap returns the error.
func (e *ReportedError) Unwrap() error { return e.Err }

// IsReported reports whether an error has been printed already.
func IsReported(err error) bool {
	_, ok := errors.AsType[*ReportedError](err)
	return ok
}

// A UsageError is the error of a wrong word, found before anything is sent.
type UsageError struct{ Err error }

// Error returns the error's text.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the error.
func (e *UsageError) Unwrap() error { return e.Err }

// A hintedError is an error with a hint.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// WithHint returns err with a hint, which says what can be done about it.
func WithHint(err error, hint string) error { return &hintedError{err, hint} }

// HintOf returns the hint of an error, or "".
func HintOf(err error) string {
	if e, ok := errors.AsType[*hintedError](err); ok {
		return e.hint
	}
	if e, ok := errors.AsType[*codec.Error](err); ok {
		return e.Hint
	}
	return ""
}

// About returns an error of the local system as "name: reason", in the words that
// remote errors have. It returns nil for nil.
func About(name string, err error) error {
	if err == nil {
		return nil
	}
	return codec.Explain(name, err)
}

// AboutStream is About for a standard stream, whose name has no quotes.
func AboutStream(name string, err error) error {
	if err == nil {
		return nil
	}
	x := codec.Explain("", err)
	return &codec.Error{Code: x.Code, Text: name + ": " + x.Error()}
}

// IsCode reports whether an error has one of these codes.
func IsCode(err error, codes ...codec.Code) bool {
	return slices.ContainsFunc(codes, func(c codec.Code) bool { return errors.Is(err, &codec.Error{Code: c}) })
}

// ForceHint adds the hint of -f to an error that says that a file exists.
func ForceHint(err error) error {
	if err != nil && HintOf(err) == "" && errors.Is(err, &codec.Error{Code: codec.Exists}) {
		return WithHint(err, "-f replaces it")
	}
	return err
}
