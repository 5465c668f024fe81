package programs

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/remote/system"
	"techsh/remote/verb"
)

// planExecute returns the plan of EXEC.
func planExecute(ctx context.Context, r *verb.Request) (verb.Plan, error) {
	cmd, err := newCommand(r)
	if err != nil {
		return verb.Plan{}, err
	}
	return planCommand(ctx, r, cmd, " "+codec.Join(r.Args.Words[1:]))
}

// planShell returns the plan of SH.
func planShell(ctx context.Context, r *verb.Request) (verb.Plan, error) {
	cmd, err := newShellCommand(r)
	if err != nil {
		return verb.Plan{}, err
	}
	return planCommand(ctx, r, cmd, " runs: "+codec.Rest(r.Line, r.Args.Words))
}

// planStart returns the plan of RUN.
func planStart(ctx context.Context, r *verb.Request) (verb.Plan, error) {
	cmd, err := newCommand(r)
	if err == nil {
		return planCommand(ctx, r, cmd, " "+codec.Join(r.Args.Words[1:]))
	}
	if len(r.Args.Words) != 1 {
		return verb.Plan{}, err
	}
	path, derr := documentPath(ctx, r, r.Args.Words[0])
	if derr != nil {
		return verb.Plan{}, nothingToStart(r.Args.Words[0].Text, err)
	}
	return planCommand(ctx, r, &exec.Cmd{Path: path}, " with the program that opens it")
}

// planCommand returns the plan to start cmd, which has not been prepared, or to open the
// document at cmd.Path. In the text of the plan, the folder comes before the words of the
// client, because these words could look like a folder.
func planCommand(ctx context.Context, r *verb.Request, cmd *exec.Cmd, args string) (p verb.Plan, err error) {
	if _, err = timeoutOf(r); err != nil {
		return p, err
	}
	if _, _, _, err = terminalSize(r); err != nil {
		return p, err
	}
	dir, err := workingFolder(ctx, r)
	if err != nil {
		return p, err
	}
	real, fi, err := programFile(cmd)
	if err != nil {
		return p, codec.Explain(cmd.Path, err)
	}
	program := codec.Name(real)
	if filepath.Base(real) != filepath.Base(cmd.Path) {
		program = codec.Name(cmd.Path) + ", which is " + program + ","
	}
	variables := ""
	for _, set := range r.Args.Values("e") {
		variables += " with " + codec.Name(set)
	}
	p.Text = strings.TrimSpace(fmt.Sprintf("in %s%s: %s%s", codec.Name(dir), variables, program, args))
	p.AddFact(real, fileid.Of(fi).String())
	return p, nil
}

// programFile returns the file that cmd starts, and its path without links.
func programFile(cmd *exec.Cmd) (real string, fi fs.FileInfo, err error) {
	if real, err = filepath.EvalSymlinks(cmd.Path); err == nil {
		fi, err = os.Lstat(real)
	}
	return real, fi, err
}

// checkAgreed returns verb.ErrAskAgain if the person was asked, but not about the file
// that cmd would start now.
func checkAgreed(r *verb.Request, cmd *exec.Cmd) error {
	if r.Agreed == nil {
		return nil
	}
	real, fi, err := programFile(cmd)
	if err == nil {
		err = r.Agreed.CheckFact(real, fileid.Of(fi).String())
	}
	if err != nil {
		return verb.ErrAskAgain
	}
	return nil
}

// planKill returns the plan of KILL, which names the program of each process.
func planKill(ctx context.Context, r *verb.Request) (p verb.Plan, err error) {
	if err := r.Need(1, -1); err != nil {
		return p, err
	}
	signal := ""
	if name, ok := r.Args.Value("s"); ok {
		if _, err := parseSignal(name); err != nil {
			return p, codec.Explain(name, err)
		}
		signal = "with " + codec.Name(strings.ToUpper(name)) + ": "
	}
	var names []string
	for _, w := range r.Args.Words {
		pid, err := parsePID(w.Text)
		var one codec.Process
		if err == nil {
			one, err = system.Process(ctx, pid)
		}
		if err != nil && len(r.Args.Words) == 1 {
			return p, codec.Explain(w.Text, err)
		}
		if err == nil { // KILL itself reports errors
			names = append(names, fmt.Sprintf("%d (%s)", pid, codec.Name(one.Name)))
			p.AddFact(strconv.Itoa(pid), processState(one))
		}
	}
	if len(names) > 0 {
		p.Text = signal + verb.Listed(names)
	}
	return p, nil
}

// processState returns a text that distinguishes a process from another one that has had
// the same number.
func processState(p codec.Process) string { return fmt.Sprint(p.Name, " ", p.Started.UnixNano()) }

// checkKilled returns an error if the person was asked, but not about the process that
// now has this pid.
func checkKilled(ctx context.Context, r *verb.Request, pid int) error {
	if r.Agreed == nil {
		return nil
	}
	one, err := system.Process(ctx, pid)
	if err != nil {
		return err
	}
	return r.Agreed.CheckFact(strconv.Itoa(pid), processState(one))
}
