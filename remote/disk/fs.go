package disk

import (
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/landing"
)

// An FS is the part of the file system that a session can reach: the whole machine, or
// one folder of it. Paths are absolute and clean, and begin at the root of the FS.
type FS interface {
	Abs(cwd, path string) (string, error)      // the absolute path for a path that was typed in the folder cwd
	Resolve(path string) (string, error)       // path with all links resolved
	Open(path string) (*os.Root, error)        // opens the folder at path, which must not contain links
	CheckEnter(dir *os.Root) error             // the reason not to enter a folder that was found below another
	CheckTake(dir *os.Root, name string) error // the reason not to move, replace or delete name in dir, if it exists
	Link(from, to string) error                // like os.Link
	Rename(from, to string) error              // like os.Rename
	Home() (string, error)
	Real(path string) string  // the path of the same file on the whole machine, as programs need it
	Shown(real string) string // the reverse of Real; for a path outside of the FS, the root of the FS
	Jailed() bool             // whether the FS is less than the whole machine
	Close() error
}

// Options select the part of the file system that a session can reach.
type Options struct {
	// Root is the folder that becomes the root of the FS; "" means the whole machine.
	Root string
	// Dir is the folder in which a session begins if there is no Root; "" means the
	// working folder of the process.
	Dir string
	// Private is a folder that no session can enter, whatever path leads to it; "" means
	// none.
	Private string
	// Umask is the umask for files and folders that arrive.
	Umask landing.Umask
	// MakePrivate makes Private if it does not exist.
	MakePrivate bool
}

// Open opens the file system for one session. The caller must close View.FS.
func Open(o Options) (*View, error) {
	if o.Root != "" {
		jail, err := openJail(o.Root)
		if err != nil {
			return nil, err
		}
		return &View{FS: guarded(jail, o), Cwd: string(filepath.Separator), Umask: o.Umask}, nil
	}
	cwd := o.Dir
	if cwd == "" {
		var err error
		if cwd, err = os.Getwd(); err != nil {
			return nil, err
		}
	}
	return &View{FS: guarded(wholeFS{}, o), Cwd: cwd, Umask: o.Umask}, nil
}

// wholeFS is the FS of the whole machine.
type wholeFS struct{}

func (wholeFS) Abs(cwd, path string) (string, error) { return absolute(cwd, path) }

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

// openFolder opens a folder. It first checks that path leads to a folder, because opening
// a FIFO would block, and package os has no error value for a file that is not a folder.
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
