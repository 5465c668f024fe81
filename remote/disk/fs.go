package disk

import (
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/transfer"
)

// An FS is the part of the file system that a session can reach: the whole
// machine, or one folder of it. Its paths are absolute and clean, and begin at
// the root of the FS.
type FS interface {
	Abs(cwd, path string) (string, error)      // of what was typed in the folder cwd
	Resolve(path string) (string, error)       // where path leads, all links followed
	Open(path string) (*os.Root, error)        // a folder whose path has no links in it
	CheckEnter(dir *os.Root) error             // why a folder that was met below another must not be entered
	CheckTake(dir *os.Root, name string) error // why name in dir, if it exists, must not be moved, replaced or deleted
	Link(from, to string) error                // like os.Link
	Rename(from, to string) error              // like os.Rename
	Home() (string, error)
	Real(path string) string  // what programs call path
	Shown(real string) string // the reverse of Real; what is above the root of the FS is that root
	Jailed() bool             // it is less than the whole machine
	Close() error
}

// Options say which part of the file system a session can reach.
type Options struct {
	// Root is the folder that is the root of the FS; "" is the whole machine.
	Root string
	// Dir is where a session begins without a Root; "" is the working folder of
	// the process.
	Dir string
	// Private is a folder that no session enters, wherever it is met; "" is none.
	Private string
	// MakePrivate makes that folder where it is missing.
	MakePrivate bool
}

// Open opens the file system for one session. The caller closes View.FS.
func Open(o Options) (*View, error) {
	if o.Root != "" {
		jail, err := openJail(o.Root)
		if err != nil {
			return nil, err
		}
		return &View{FS: guarded(jail, o), Cwd: string(filepath.Separator)}, nil
	}
	cwd := o.Dir
	if cwd == "" {
		var err error
		if cwd, err = os.Getwd(); err != nil {
			return nil, err
		}
	}
	return &View{FS: guarded(wholeFS{}, o), Cwd: cwd}, nil
}

// wholeFS is the whole machine.
type wholeFS struct{}

func (wholeFS) Abs(cwd, path string) (string, error) {
	abs := transfer.Join(cwd, path)
	return abs, checkPath(abs)
}

func (wholeFS) Resolve(path string) (string, error) { return filepath.EvalSymlinks(path) }

func (wholeFS) Open(path string) (*os.Root, error) { return openFolder(os.Stat, os.OpenRoot, path) }

func (wholeFS) CheckEnter(*os.Root) error { return nil }

func (wholeFS) CheckTake(*os.Root, string) error { return nil }

func (wholeFS) Link(from, to string) error { return os.Link(from, to) }

func (wholeFS) Rename(from, to string) error { return os.Rename(from, to) }

func (wholeFS) Home() (string, error) { return os.UserHomeDir() }

func (wholeFS) Real(path string) string { return path }

func (wholeFS) Shown(real string) string { return real }

func (wholeFS) Jailed() bool { return false }

func (wholeFS) Close() error { return nil }

// openFolder opens a folder. It looks first: opening a FIFO would wait, and os
// has no error value for what is not a folder.
func openFolder(
	stat func(string) (fs.FileInfo, error), open func(string) (*os.Root, error), path string,
) (*os.Root, error) {
	fi, err := stat(path)
	if err == nil && !fi.IsDir() {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	if err != nil {
		return nil, err
	}
	return open(path + folderSuffix)
}
