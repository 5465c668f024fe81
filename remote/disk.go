package remote

import (
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/transfer"
)

// A disk is what a session gets at of the file system: the whole machine, or
// a jail. Its paths are absolute and clean, in terms of its own.
type disk interface {
	abs(cwd, path string) (string, error) // of what was typed in the folder cwd
	resolve(path string) (string, error)  // where path leads, all links followed
	open(path string) (*os.Root, error)   // a folder, in whose path no links are left
	link(from, to string) error           // likewise, as os.Link
	rename(from, to string) error         // likewise, as os.Rename
	home() (string, error)
	real(path string) string // what programs call path
	close() error
}

// disk opens what a session gets at, and returns where in it it begins.
func (s *Server) disk() (d disk, cwd string, err error) {
	if s.Root != "" {
		d, err = openJail(s.Root)
		return d, string(filepath.Separator), err
	}
	if cwd = s.Dir; cwd == "" {
		cwd, err = os.Getwd()
	}
	return whole{}, cwd, err
}

// whole is the whole machine.
type whole struct{}

func (whole) abs(cwd, path string) (string, error) {
	abs := transfer.Join(cwd, path)
	return abs, checkPath(abs)
}

func (whole) resolve(path string) (string, error) { return filepath.EvalSymlinks(path) }

func (whole) open(path string) (*os.Root, error) { return openFolder(os.Stat, os.OpenRoot, path) }

func (whole) link(from, to string) error { return os.Link(from, to) }

func (whole) rename(from, to string) error { return os.Rename(from, to) }

func (whole) home() (string, error) { return os.UserHomeDir() }

func (whole) real(path string) string { return path }

func (whole) close() error { return nil }

// openFolder opens what must be a folder: opening a FIFO would wait, and os
// has no error value for what is none.
func openFolder(stat func(string) (fs.FileInfo, error), open func(string) (*os.Root, error), path string) (*os.Root, error) {
	fi, err := stat(path)
	if err == nil && !fi.IsDir() {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	if err != nil {
		return nil, err
	}
	return open(path)
}
