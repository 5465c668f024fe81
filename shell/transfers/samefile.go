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
	"techsh/codec/landing"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// Both sides may be the same computer, for example with the embedded server. The checks
// in this file prevent a transfer of something to itself or into itself, and a sync that
// deletes its own source. They compare the IDs that landing.FileIDs returns: the ID of
// the file and the IDs of the folders above it.

// mayBeSameComputer reports whether both sides may be the same computer.
func mayBeSameComputer(env *command.Env) bool {
	return env.Conn.Hello.System == runtime.GOOS && env.Conn.Offers("STAT")
}

// localFileIDs returns the IDs of a local path, which need not exist, or nil if they
// are unknown.
func localFileIDs(path string) []string {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if real, err = filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			real = filepath.Join(real, filepath.Base(path))
		}
	}
	if err != nil {
		return nil
	}
	ids, _ := landing.FileIDs(real, os.OpenRoot)
	return ids
}

// eachRemoteFileIDs calls the function each with the IDs of each remote file that words
// refer to. It leaves out files that it cannot stat, because their transfer reports the
// error.
func eachRemoteFileIDs(
	ctx context.Context, env *command.Env, words []codec.Word, each func(ids []string) error,
) error {
	words = append([]codec.Word{codec.Bare("-p")}, client.Operands(words)...)
	ignore := func(codec.Frame) error { return nil }
	var stopped error
	err := env.Conn.Lines(ctx, "STAT", words, ignore, func(line string) error {
		stopped = each(strings.Fields(line))
		return stopped
	})
	if stopped == nil && ctx.Err() == nil && console.IsCode(err,
		codec.NotFound, codec.NotAllowed, codec.BadRequest, codec.Partial, codec.TooBig) {
		err = nil
	}
	return err
}

// remoteFileIDs is like eachRemoteFileIDs for one path. It returns nil if it cannot stat the
// file.
func remoteFileIDs(ctx context.Context, env *command.Env, path codec.Word) (ids []string, err error) {
	err = eachRemoteFileIDs(ctx, env, []codec.Word{path}, func(found []string) error {
		ids = found
		return nil
	})
	return ids, err
}

// refuseOverlap returns an error if source would be transferred to itself or into
// itself. source and target are results of landing.FileIDs. If intoTarget is set, the
// source is placed in the folder target under its own name.
func refuseOverlap(source, target []string, intoTarget bool) error {
	switch {
	case len(source) == 0 || len(target) == 0 || source[0] == landing.NoFile:
	case source[0] == target[0], intoTarget && len(source) > 1 && source[1] == target[0]:
		return codec.Errorf(codec.BadRequest, "source and target are the same")
	case slices.Contains(target[1:], source[0]):
		return codec.Errorf(codec.BadRequest, "a folder cannot be placed inside itself")
	}
	return nil
}

// refuseOverlap returns an error if a source would be transferred to itself or into
// itself. It asks the remote only if something could be overwritten.
func (d *download) refuseOverlap(ctx context.Context, sources []codec.Word) error {
	if d.to.stdout || !mayBeSameComputer(d.run.Env) {
		return nil
	}
	mustAsk, intoTarget := d.run.Options.Recursive, d.to.name == ""
	for _, w := range sources {
		name := d.localName(w.Text)
		_, err := os.Lstat(filepath.Join(d.to.folder, name))
		mustAsk = mustAsk || err == nil || client.IsPattern(w)
		intoTarget = intoTarget && name != "."
	}
	if !mustAsk {
		return nil
	}
	target := localFileIDs(filepath.Join(d.to.folder, d.to.name))
	return eachRemoteFileIDs(ctx, d.run.Env, sources, func(source []string) error {
		return refuseOverlap(source, target, intoTarget)
	})
}

// refuseOverlap returns an error if a source would be transferred to itself or into
// itself. It asks the remote only if something could be overwritten.
func (u *upload) refuseOverlap(ctx context.Context) error {
	mustAsk := u.run.Options.Recursive || u.run.Options.Force || u.run.CanAsk
	if !mustAsk || !mayBeSameComputer(u.run.Env) {
		return nil
	}
	path := u.targetPath()
	target, err := remoteFileIDs(ctx, u.run.Env, path[len(path)-1])
	if err != nil || target == nil {
		return err
	}
	for _, src := range u.sources {
		if src.stdin() {
			continue
		}
		path := src.path.String()
		source := localFileIDs(u.run.Env.Local.Path(path))
		if err := refuseOverlap(source, target, u.name(src) != "."); err != nil {
			return console.About(path, err)
		}
	}
	return nil
}

// refuseOverlap returns an error if one of the two folders is or contains the other.
func (s *syncRun) refuseOverlap(ctx context.Context) error {
	if !mayBeSameComputer(s.run.Env) {
		return nil
	}
	local := localFileIDs(s.localDir)
	remote, err := remoteFileIDs(ctx, s.run.Env, s.remote)
	if err != nil || remote == nil {
		return err
	}
	if refuseOverlap(local, remote, false) != nil || refuseOverlap(remote, local, false) != nil {
		err := codec.Errorf(codec.BadRequest, "source and target are one folder, or one is in the other")
		return console.WithHint(err, "the remote is this computer")
	}
	return nil
}
