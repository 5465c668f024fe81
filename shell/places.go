package shell

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
)

// Both sides may be one computer, as with the server that techsh brings along.
// There nothing is copied onto itself, or into itself, and a sync does not delete
// its own source. See transfer.Places.

// maybeOne says whether both sides can be one computer.
func maybeOne(env *Env) bool { return env.Conn.Hello.System == runtime.GOOS && env.Conn.Offers("STAT") }

// placesHere returns where a path of this computer leads, also when nothing is
// there yet; nothing when that is not known.
func placesHere(path string) []string {
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

// placesThere is placesHere for all that words mean there.
func (env *Env) placesThere(ctx context.Context, words []codec.Word) (all [][]string, err error) {
	words = append([]codec.Word{codec.Bare("-p")}, Guarded(words)...)
	err = env.Conn.Lines(ctx, "STAT", words, func(codec.Frame) error { return nil }, func(line string) error {
		all = append(all, strings.Fields(line))
		return nil
	})
	if ctx.Err() == nil && IsCode(err, codec.NotFound, codec.NotAllowed, codec.BadRequest, codec.Partial, codec.TooBig) {
		err = nil // what is wrong shows when it crosses
	}
	return all, err
}

// apart refuses a source that would go to itself, or into itself. It goes to
// the target, or, where that is a folder and named is true, into it.
func apart(source, target []string, named bool) error {
	switch {
	case len(source) == 0 || len(target) == 0 || source[0] == transfer.NoFile:
	case source[0] == target[0], named && len(source) > 1 && source[1] == target[0]:
		return codec.Errorf(codec.BadRequest, "source and target are the same")
	case slices.Contains(target[1:], source[0]):
		return codec.Errorf(codec.BadRequest, "a folder cannot go into itself")
	}
	return nil
}

// apart is that of what is fetched.
func (f *fetch) apart(ctx context.Context, words []codec.Word) error {
	if f.to.stdout || !maybeOne(f.env) {
		return nil
	}
	matters, named := f.trees, f.to.name == ""
	for _, w := range words {
		name := f.nameOf(w.Text)
		_, err := os.Lstat(filepath.Join(f.to.folder, name))
		matters = matters || err == nil || IsPattern(w)
		named = named && name != "."
	}
	if !matters {
		return nil
	}
	target := placesHere(filepath.Join(f.to.folder, f.to.name))
	sources, err := f.env.placesThere(ctx, words)
	for i := 0; err == nil && i < len(sources); i++ {
		err = apart(sources[i], target, named)
	}
	return err
}

// apart is that of what is sent.
func (d *delivery) apart(ctx context.Context) error {
	if !d.trees && !d.force && !d.asks || !maybeOne(d.env) {
		return nil
	}
	target, err := d.env.placesThere(ctx, d.folder())
	if err != nil || len(target) != 1 {
		return err
	}
	for _, src := range d.parcels {
		if src.stdin {
			continue
		}
		if err := apart(placesHere(d.env.Local.Path(src.path)), target[0], src.name != "."); err != nil {
			return About(src.path, err)
		}
	}
	return nil
}

// apart is that of two folders that shall be alike: none may be in the other.
func (y *syncing) apart(ctx context.Context) error {
	if !maybeOne(y.env) {
		return nil
	}
	here := placesHere(y.here)
	there, err := y.env.placesThere(ctx, []codec.Word{y.there})
	if err != nil || len(there) != 1 {
		return err
	}
	if apart(here, there[0], false) != nil || apart(there[0], here, false) != nil {
		return WithHint(codec.Errorf(codec.BadRequest, "source and target are one folder, or one is in the other"), "both sides are this computer")
	}
	return nil
}
