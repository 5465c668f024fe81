package main

import (
	"errors"
	"os"
	"runtime"

	"techsh/codec"
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
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := closeToOthers(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	s.Wire, s.WireFull, s.WireSecrets = f, args.Has("full"), args.Has("secrets")
	return f.Close, nil
}

// closeToOthers takes from others the rights that they had to a file that was
// there. A pipe or a device stays as it is.
func closeToOthers(f *os.File) error {
	is, err := f.Stat()
	if err != nil || runtime.GOOS == "windows" || !is.Mode().IsRegular() || is.Mode().Perm()&0o077 == 0 {
		return err
	}
	return f.Chmod(0o600)
}
