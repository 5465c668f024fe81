package main

import (
	"errors"
	"os"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/shell"
)

func recordingOptions() []codec.Option {
	return []codec.Option{
		{Long: "wire", Arg: "FILE", Line: "appends every frame to FILE, for wire show"},
		{Long: "full", Line: "with --wire: file contents too, not only their first 64 bytes"},
		{Long: "secrets", Line: "with --wire: cookies and proofs as they are"},
	}
}

// record has s record the session, where that is asked for. What is recorded is
// for nobody else to read.
func record(s *shell.Shell, args codec.Args) (end func() error, err error) {
	name, ok := args.Value("wire")
	if !ok {
		if args.Has("full") || args.Has("secrets") {
			return nil, errors.New("--full and --secrets go with --wire FILE")
		}
		return func() error { return nil }, nil
	}
	f, err := openRecording(name)
	if err != nil {
		return nil, err
	}
	s.Wire, s.WireFull, s.WireSecrets = f, args.Has("full"), args.Has("secrets")
	return f.Close, nil
}

// openRecording opens the file name to append to, for this user alone. A pipe, a
// device, or a link to one, is opened as it is.
func openRecording(name string) (*os.File, error) {
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
