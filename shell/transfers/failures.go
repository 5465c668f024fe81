package transfers

import (
	"errors"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/console"
)

// maxNotes is the number of notes that are remembered. Further notes may be printed
// twice.
const maxNotes = 100_000

// fail records the failure of one file. The transfer of other files continues.
func (r *transferRun) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed++
	if !r.singleFile {
		r.printError(err)
	} else if r.firstErr == nil {
		r.firstErr = err
	}
}

// printError prints the error of one file, and omits a hint that is the same as the
// last one.
func (r *transferRun) printError(err error) {
	err = r.withHint(err)
	if hint := console.HintOf(err); hint != "" && hint == r.lastHint {
		err = console.WithHint(err, "")
	} else if hint != "" {
		r.lastHint = hint
	}
	r.env.Console.PrintError(&console.LocatedError{Where: r.env.Console.Label, Err: err})
}

// withHint adds a hint on what the user can do about err.
func (r *transferRun) withHint(err error) error {
	x, ok := errors.AsType[*codec.Error](err)
	switch {
	case !ok || x.Code != codec.IsDirectory:
		return console.ForceHint(err)
	case r.folderHint == "":
		refused := console.Replacement{Old: codec.Entry{Kind: codec.Folder}}.RefusedError("remote")
		return console.About(x.Name, refused)
	case !r.opts.recursive:
		return console.WithHint(err, r.folderHint)
	}
	return err
}

// note prints a NOTE unless it was printed before, because comparing and transferring
// a tree may report the same failure.
func (r *transferRun) note(f codec.Frame) error {
	x, err := f.Note()
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	key := string(x.Code) + " " + x.Name
	if r.notes.Has(key) {
		r.noteTwice++
		return nil
	}
	if r.notes.Len() < maxNotes {
		r.notes.Add(key)
	}
	r.printError(x)
	return nil
}

// countPartial returns err unless it means that a call has partly succeeded. In that case
// countPartial counts the failures that err reports, and returns nil.
func (r *transferRun) countPartial(err error) error {
	x, ok := errors.AsType[*codec.Error](err)
	if !ok || x.Code != codec.Partial || errors.Is(err, link.ErrLost) {
		return err
	}
	n, _ := x.More.Int("failed")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed += max(n, 1) - r.noteTwice
	r.noteTwice = 0
	r.partial = true
	return nil
}
