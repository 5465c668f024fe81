package main

import (
	"errors"
	"os"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/shell"
)

// recordTo makes s record the session in the file of --wire, if that option was given,
// and returns the function that closes the file.
func recordTo(s *shell.Shell, args codec.Args) (closeFile func() error, err error) {
	name, ok := args.Value("wire")
	if !ok {
		if args.Has("full") || args.Has("secrets") {
			return nil, errors.New("--full and --secrets go with --wire FILE")
		}
		return func() error { return nil }, nil
	}
	f, err := openRecord(name)
	if err != nil {
		return nil, err
	}
	s.Wire, s.WireFull, s.WireSecrets = f, args.Has("full"), args.Has("secrets")
	return f.Close, nil
}

// openRecord opens a file for appending, and makes it readable by this user only. If name
// is a pipe or a device, or a link to one, its permissions remain unchanged.
func openRecord(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil || info.Mode().IsRegular() {
		return trust.OpenAndMakePrivate(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil && info.Mode().IsRegular() {
		err = &codec.Error{Code: codec.Changed, Name: name, Text: "replaced while it was opened"}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
