package transfers

import (
	"context"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// A destination says where a download stores what it receives.
type destination struct {
	folder string // absolute path
	name   string // the local name if there is only one file or tree; if "", the remote names are kept
	typed  string // the name in error messages; if "", the field name is used
	stdout bool   // write to standard output instead
}

func (d destination) String() string {
	if d.stdout {
		return "standard output"
	}
	return codec.Name(filepath.Join(d.folder, d.name))
}

// newDestination returns the destination of sources, given the typed target. If parents
// is set, it creates missing folders.
func newDestination(
	ctx context.Context, local *command.Local, sources []codec.Word, target codec.Word, parents bool,
) (destination, error) {
	switch {
	case target.Text == "":
		return destination{folder: local.Dir}, nil
	case command.IsStandardStream(target):
		return destination{folder: local.Dir, stdout: true}, nil
	}
	typed := target.Text
	if one, err := local.One(ctx, target); err == nil {
		typed = one
	}
	path := local.Path(typed)
	several := len(sources) > 1 || client.IsPattern(sources[0])
	mustBeFolder := os.IsPathSeparator(typed[len(typed)-1])
	if parents {
		folder := path
		if !several && !mustBeFolder {
			folder = filepath.Dir(path)
		}
		if err := makeFolders(folder); err != nil {
			return destination{}, console.About(target.Text, err)
		}
	}
	fi, err := os.Stat(path)
	switch {
	case err == nil && fi.IsDir():
		return destination{folder: path}, nil
	case err == nil && several:
		return destination{}, console.About(target.Text, codec.Errorf(codec.NotDirectory, ""))
	}
	folder, name := filepath.Split(path)
	if fi, err := os.Stat(folder); err != nil || !fi.IsDir() || mustBeFolder || len(sources) > 1 {
		return destination{}, withParentsHint(console.About(target.Text, codec.Errorf(codec.NotFound, "")))
	}
	if err := landing.CheckNewName(name); err != nil {
		return destination{}, console.About(target.Text, err)
	}
	return destination{folder: folder, name: name, typed: target.Text}, nil
}

// makeFolders makes a local folder and the missing folders above it.
func makeFolders(path string) error {
	for at := path; at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil {
			break
		}
		if err := landing.CheckNewName(filepath.Base(at)); err != nil {
			return err
		}
	}
	return os.MkdirAll(path, 0o777)
}
