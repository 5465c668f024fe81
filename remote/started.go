package remote

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"techsh/codec"
)

// started are the programs that RUN has started and that still run. They
// outlive the session, and the server: nobody waits for them.
type started struct {
	mu   sync.Mutex
	live []launched
}

type launched struct {
	peer    string
	process *os.Process
}

func (s *started) add(peer string, p *os.Process) {
	s.sweep()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = append(s.live, launched{peer, p})
}

// sweep forgets those that have ended, and lets the system forget them too.
func (s *started) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = slices.DeleteFunc(s.live, func(l launched) bool {
		over := ended(l.process)
		if over {
			_ = l.process.Release()
		}
		return over
	})
}

// of returns the processes that a peer has started and that still run.
func (s *started) of(peer string) (pids []int) {
	s.sweep()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.live {
		if l.peer == peer {
			pids = append(pids, l.process.Pid)
		}
	}
	return pids
}

// mine returns the processes that RUN has started for this peer, in this
// session or another, and that still run.
func (s *session) mine() []int { return s.server.started.of(s.guest.key()) }

// launch answers RUN: it starts a program, or what opens a document, and does
// not wait for it.
func launch(ctx context.Context, r *request) (codec.Pairs, error) {
	cmd, err := r.command()
	if err != nil {
		return r.openDocument(ctx, err)
	}
	if err := r.prepare(ctx, cmd); err != nil {
		return nil, err
	}
	pairs, err := r.detached(cmd)
	if errors.Is(err, syscall.ENOEXEC) {
		return r.openDocument(ctx, startError(err))
	}
	if unseen := checkDesktop(cmd.Env); err == nil && unseen != nil {
		pairs = append(pairs, codec.Pair{Key: "note", Value: unseen.Error()})
	}
	if err != nil {
		err = codec.Explain(cmd.Args[0], startError(err))
	}
	return pairs, err
}

// detached starts cmd so that it goes on without us.
func (r *request) detached(cmd *exec.Cmd) (codec.Pairs, error) {
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r.server.started.add(r.guest.key(), cmd.Process)
	return codec.Pairs{codec.PairOf("pid", cmd.Process.Pid)}, nil
}

// openDocument has the person's desktop open what was named and is no program,
// which it is because of why.
func (r *request) openDocument(ctx context.Context, why error) (codec.Pairs, error) {
	if len(r.args.Words) == 0 {
		return nil, why
	}
	name := r.args.Words[0].Text
	path, err := r.document(ctx, r.args.Words[0])
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nothingToStart(name, why)
	}
	if err == nil {
		err = checkProgram(path) // which a desktop would run as well
	}
	if err == nil && len(r.args.Words) > 1 {
		err = codec.Errorf(codec.BadRequest, "it is no program, and a document takes no arguments")
	}
	if err != nil {
		return nil, codec.Explain(name, err)
	}
	cmd := openerOf(path)
	if err := r.prepare(ctx, cmd); err != nil {
		return nil, err
	}
	if err := checkDesktop(cmd.Env); err != nil {
		return nil, codec.Explain(name, err)
	}
	opener := filepath.Base(cmd.Args[0])
	pairs, err := r.detached(cmd)
	switch {
	case errors.Is(err, exec.ErrNotFound): // on Linux only: the others have it in its place
		return nil, &codec.Error{Code: codec.NotFound, Name: opener, Text: "no such program, which opens documents here", Hint: "install xdg-utils there"}
	case err != nil:
		return nil, codec.Explain(opener, noProgram(err))
	}
	return append(pairs, codec.Pair{Key: "opener", Value: opener}), nil
}

// nothingToStart says that name is no file either, which is no program because
// of why.
func nothingToStart(name string, why error) error {
	e := codec.Explain(name, why)
	if e.Code != codec.NotFound {
		return why
	}
	e.Text = "no such program, file or folder"
	if strings.Contains(name, "://") {
		e.Hint = "an address is opened by a program that is named: start firefox " + codec.Name(name)
	}
	return e
}

// document returns where the file or folder is that w names.
func (r *request) document(ctx context.Context, w codec.Word) (string, error) {
	path, err := r.one(ctx, w)
	if err != nil {
		return "", err
	}
	at, err := r.follow(path)
	if err != nil {
		return "", err
	}
	defer at.close()
	fi, err := at.dir.Lstat(at.name)
	if err == nil && !fi.Mode().IsRegular() && !fi.IsDir() {
		err = codec.Errorf(codec.NotRegular, "")
	}
	return r.disk.real(at.real), err
}
