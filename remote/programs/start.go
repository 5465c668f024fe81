package programs

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"strings"

	"techsh/codec"
	"techsh/remote/verb"
)

// start answers RUN: it starts a program, or the program that opens a document, and does
// not wait until it ends.
func (p *Programs) start(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	cmd, err := newCommand(r)
	if err != nil {
		return p.openDocument(ctx, r, err)
	}
	if err := prepare(ctx, r, cmd); err != nil {
		return nil, err
	}
	if err := checkAgreed(r, cmd); err != nil {
		return nil, err
	}
	err = startDetached(cmd)
	if isDocument(err) {
		return p.openDocument(ctx, r, startError(err))
	}
	pairs := codec.Pairs(nil)
	if needsElevation(err) {
		pairs, err = openOnDesktop(r, cmd)
	} else if err == nil {
		pairs = codec.Pairs{codec.PairOf("pid", cmd.Process.Pid)}
	}
	if err != nil {
		return nil, codec.Explain(cmd.Args[0], startError(err))
	}
	p.detach(r, cmd)
	if unseen := checkDesktop(cmd.Env); unseen != nil {
		pairs = append(pairs, codec.Pair{Key: "note", Value: unseen.Error()})
	}
	return pairs, nil
}

// detach lets the process of cmd outlive the server. cmd has no process if Windows does
// not tell which process opens a document.
func (p *Programs) detach(r *verb.Request, cmd *exec.Cmd) {
	if cmd.Process != nil {
		p.detached.add(r.Peer.Key, cmd.Process)
	}
}

// openDocument makes the desktop open a document. The parameter why is the error of the
// attempt to start the document as a program.
func (p *Programs) openDocument(ctx context.Context, r *verb.Request, why error) (codec.Pairs, error) {
	if len(r.Args.Words) == 0 {
		return nil, why
	}
	name := r.Args.Words[0].Text
	path, err := documentPath(ctx, r, r.Args.Words[0])
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nothingToStart(name, why)
	}
	if err == nil {
		err = checkProgram(path) // otherwise the desktop would run a batch file
	}
	if err == nil && len(r.Args.Words) > 1 {
		err = codec.Errorf(codec.BadRequest, "it is not a program, and a document takes no arguments")
	}
	if err != nil {
		return nil, codec.Explain(name, err)
	}
	cmd := &exec.Cmd{Path: path, Args: []string{path}}
	if err := prepare(ctx, r, cmd); err != nil {
		return nil, err
	}
	if err := checkDesktop(cmd.Env); err != nil {
		return nil, codec.Explain(name, err)
	}
	if err := checkAgreed(r, cmd); err != nil {
		return nil, err
	}
	pairs, err := openOnDesktop(r, cmd)
	if err != nil {
		return nil, codec.Explain(name, err)
	}
	p.detach(r, cmd)
	return pairs, nil
}

// nothingToStart returns the error for a name that is neither a program nor a file. The
// parameter why is the error of the attempt to start it as a program.
func nothingToStart(name string, why error) error {
	e := codec.Explain(name, why)
	if e.Code != codec.NotFound {
		return why
	}
	e.Text = "no such program, file or folder"
	if strings.Contains(name, "://") {
		e.Hint = "an address needs the name of a program: start firefox " + codec.Name(name)
	}
	return e
}

// documentPath returns the path of the file or folder that w names. The path begins at
// the root of the system, not at the root of the jail.
func documentPath(ctx context.Context, r *verb.Request, w codec.Word) (string, error) {
	path, err := r.View.One(ctx, w)
	if err != nil {
		return "", err
	}
	at, err := r.View.Follow(path)
	if err != nil {
		return "", err
	}
	defer at.Close()
	fi, err := at.Dir.Lstat(at.Name)
	if err == nil && !fi.Mode().IsRegular() && !fi.IsDir() {
		err = codec.Errorf(codec.NotRegular, "")
	}
	return r.View.FS.Real(at.Real), err
}
