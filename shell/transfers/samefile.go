package transfers

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// Both sides may be one computer, as with the server that techsh brings along.
// There nothing is copied onto itself, or into itself, and a sync does not delete
// its own source. See transfer.Places.

// maybeOne says whether both sides can be one computer.
func maybeOne(env *command.Env) bool {
	return env.Conn.Hello.System == runtime.GOOS && env.Conn.Offers("STAT")
}

// localPlaces returns where a path of this computer leads, also when nothing is
// there yet; nothing when that is not known.
func localPlaces(path string) []string {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if real, err = filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			real = filepath.Join(real, filepath.Base(path))
		}
	}
	if err != nil {
		return nil
	}
	places, _ := transfer.FileIDs(real, os.OpenRoot)
	return places
}

// remotePlaces is placesHere for all that words mean there.
func remotePlaces(ctx context.Context, env *command.Env, words []codec.Word) (all [][]string, err error) {
	words = append([]codec.Word{codec.Bare("-p")}, client.Operands(words)...)
	err = env.Conn.Lines(ctx, "STAT", words, func(codec.Frame) error { return nil }, func(line string) error {
		all = append(all, strings.Fields(line))
		return nil
	})
	if ctx.Err() == nil && console.IsCode(err, codec.NotFound, codec.NotAllowed, codec.BadRequest, codec.Partial, codec.TooBig) {
		err = nil // what is wrong shows when it crosses
	}
	return all, err
}

// refuseOverlap refuses a source that would go to itself, or into itself. It goes to
// the target, or, where that is a folder and named is true, into it.
func refuseOverlap(source, target []string, named bool) error {
	switch {
	case len(source) == 0 || len(target) == 0 || source[0] == transfer.NoFile:
	case source[0] == target[0], named && len(source) > 1 && source[1] == target[0]:
		return codec.Errorf(codec.BadRequest, "source and target are the same")
	case slices.Contains(target[1:], source[0]):
		return codec.Errorf(codec.BadRequest, "a folder cannot go into itself")
	}
	return nil
}

// refuseOverlap is that of what is fetched.
func (f *download) refuseOverlap(ctx context.Context, words []codec.Word) error {
	if f.to.stdout || !maybeOne(f.env) {
		return nil
	}
	matters, named := f.trees, f.to.name == ""
	for _, w := range words {
		name := f.nameOf(w.Text)
		_, err := os.Lstat(filepath.Join(f.to.folder, name))
		matters = matters || err == nil || client.IsPattern(w)
		named = named && name != "."
	}
	if !matters {
		return nil
	}
	target := localPlaces(filepath.Join(f.to.folder, f.to.name))
	sources, err := remotePlaces(ctx, f.env, words)
	for i := 0; err == nil && i < len(sources); i++ {
		err = refuseOverlap(sources[i], target, named)
	}
	return err
}

// refuseOverlap is that of what is sent.
func (d *upload) refuseOverlap(ctx context.Context) error {
	if !d.trees && !d.force && !d.asks || !maybeOne(d.env) {
		return nil
	}
	target, err := remotePlaces(ctx, d.env, d.folder())
	if err != nil || len(target) != 1 {
		return err
	}
	for _, src := range d.sources {
		if src.stdin {
			continue
		}
		if err := refuseOverlap(localPlaces(d.env.Local.Path(src.path)), target[0], src.name != "."); err != nil {
			return console.About(src.path, err)
		}
	}
	return nil
}

// refuseOverlap is that of two folders that shall be alike: none may be in the other.
func (y *syncRun) refuseOverlap(ctx context.Context) error {
	if !maybeOne(y.env) {
		return nil
	}
	here := localPlaces(y.here)
	there, err := remotePlaces(ctx, y.env, []codec.Word{y.there})
	if err != nil || len(there) != 1 {
		return err
	}
	if refuseOverlap(here, there[0], false) != nil || refuseOverlap(there[0], here, false) != nil {
		return console.WithHint(codec.Errorf(codec.BadRequest, "source and target are one folder, or one is in the other"), "both sides are this computer")
	}
	return nil
}
