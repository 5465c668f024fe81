package transfers

import (
	"errors"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/console"
)

// maxNotes is how many notes are remembered. Further ones may be printed twice.
const maxNotes = 100_000

// fail records that one file has failed. The other files are still transferred.
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

// printError prints the error of one file. A hint that was printed last is not
// repeated.
func (r *transferRun) printError(err error) {
	err = r.withHint(err)
	if hint := console.HintOf(err); hint != "" && hint == r.lastHint {
		err = console.WithHint(err, "")
	} else if hint != "" {
		r.lastHint = hint
	}
	r.env.Console.PrintError(&console.LocatedError{Where: r.env.Console.Label, Err: err})
}

// withHint returns a failure with what can be done about it.
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

// note prints a NOTE, once: the comparison and the transfer of a tree may meet
// the same failure. The final answer tells how many of the notes are failures.
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

// countPartial counts the failures in the error of a call and returns nil, if the
// call succeeded in part. It returns any other error.
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
