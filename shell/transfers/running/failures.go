package running

import (
	"errors"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/console"
)

// maxNotes is the number of notes that are remembered. Further notes may be printed
// twice.
const maxNotes = 20_000

// Fail records the failure of one file. The transfer of other files continues.
func (r *Transfer) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed++
	if !r.SingleFile {
		r.printError(err)
	} else if r.firstErr == nil {
		r.firstErr = err
	}
}

// printError prints the error of one file, and omits a hint that is the same as the
// last one.
func (r *Transfer) printError(err error) {
	err = r.WithHint(err)
	if hint := console.HintOf(err); hint != "" && hint == r.lastHint {
		err = console.WithHint(err, "")
	} else if hint != "" {
		r.lastHint = hint
	}
	r.Env.Console.PrintError(&console.LocatedError{Where: r.Env.Console.Label, Err: err})
}

// WithHint adds a hint on what the user can do about err.
func (r *Transfer) WithHint(err error) error {
	x, ok := errors.AsType[*codec.Error](err)
	switch {
	case ok && x.Code == codec.TooBig && console.HintOf(err) == "":
		return console.WithHint(err, r.TooBigHint)
	case !ok || x.Code != codec.IsDirectory:
		return console.ForceHint(err)
	case r.FolderHint == "":
		refused := console.Replacement{Old: codec.Entry{Kind: codec.Folder}}.RefusedError("remote")
		return console.About(x.Name, refused)
	case !r.Options.Recursive:
		return console.WithHint(err, r.FolderHint)
	}
	return err
}

// Note prints a NOTE unless it was printed before, because comparing and transferring
// a tree may report the same failure.
func (r *Transfer) Note(f codec.Frame) error {
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

// CountPartial returns err unless it means that a call has partly succeeded. In that case
// CountPartial counts the failures that err reports, and returns nil.
func (r *Transfer) CountPartial(err error) error {
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

// Asks reports whether the user is asked before a file is replaced.
func (r *Transfer) Asks() bool { return r.CanAsk && !r.Options.Force && !r.Env.Console.DryRun }

// MayReplace reports whether a file may be replaced: with -f, or if the user agrees.
// Otherwise it counts the file as kept, or as failed if the user cannot be asked.
func (r *Transfer) MayReplace(name string, change console.Replacement) (bool, error) {
	switch {
	case r.Options.Force, r.Env.Console.DryRun:
		return true, nil
	case !r.CanAsk:
		r.Fail(console.About(name, codec.Errorf(codec.Exists, "")))
		return false, nil
	}
	yes, all, err := r.Env.Console.AskReplace(name, change)
	if err != nil { // Ctrl-C, Ctrl-D
		return false, codec.Errorf(codec.Declined, "nothing was transferred")
	}
	r.Options.Force = all
	if !yes {
		r.Kept++
	}
	return yes, nil
}
