package console

import (
	"errors"
	"slices"
	"strings"

	"techsh/codec"
)

// ErrInterrupted is the cause of a context that was cancelled by Ctrl-C.
var ErrInterrupted = errors.New("interrupted")

// ErrorLine returns the message of an error as a single line without control
// characters.
func ErrorLine(err error) string {
	return codec.Show(strings.ReplaceAll(err.Error(), "\n", ": "))
}

// A LocatedError is an error with its location in a script.
type LocatedError struct {
	Where string // such as "script:12: "
	Err   error
}

// Error returns the location and the error.
func (e *LocatedError) Error() string { return e.Where + e.Err.Error() }

// Unwrap returns the error without the location.
func (e *LocatedError) Unwrap() error { return e.Err }

// A ReportedError is an error that was already printed.
type ReportedError struct{ Err error }

// Error implements error.
func (e *ReportedError) Error() string { return e.Err.Error() }

// Unwrap returns the error.
func (e *ReportedError) Unwrap() error { return e.Err }

// IsReported reports whether an error was already printed.
func IsReported(err error) bool {
	_, ok := errors.AsType[*ReportedError](err)
	return ok
}

// A UsageError is an error in the command line, found before anything is sent.
type UsageError struct{ Err error }

// Error implements error.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the error.
func (e *UsageError) Unwrap() error { return e.Err }

// A hintedError is an error with a hint.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// WithHint returns err with a hint on what the user can do about it.
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

// About returns an error with the text "name: reason" for the local error err. The reason
// is worded like that of a remote error. About returns nil if err is nil.
func About(name string, err error) error {
	if err == nil {
		return nil
	}
	return codec.Explain(name, err)
}

// AboutStream is like About for a standard stream, whose name is not quoted.
func AboutStream(name string, err error) error {
	if err == nil {
		return nil
	}
	x := codec.Explain("", err)
	return &codec.Error{Code: x.Code, Text: name + ": " + x.Error()}
}

// IsCode reports whether err is a codec.Error with one of the codes.
func IsCode(err error, codes ...codec.Code) bool {
	return slices.ContainsFunc(codes, func(c codec.Code) bool { return errors.Is(err, &codec.Error{Code: c}) })
}

// ForceHint adds a hint on -f to an error that says that a file exists.
func ForceHint(err error) error {
	if err != nil && HintOf(err) == "" && errors.Is(err, &codec.Error{Code: codec.Exists}) {
		return WithHint(err, "-f replaces it")
	}
	return err
}
