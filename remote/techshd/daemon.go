package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/programs"
)

// A daemon is a server with its console.
type daemon struct {
	*remote.Server
	console *console
	notices []string // for the person at the console, shown at the start
}

// logOf returns where the console log goes. It goes to standard error, unless nobody
// would read standard error, or standard error is the terminal of the technician, as with
// --stdio. In these two cases the console log goes to the log of the system.
func logOf(stdio bool) (w io.Writer, c colours) {
	if stdio || !hasReader(os.Stderr) {
		return systemLog(), false
	}
	return os.Stderr, coloursOf(os.Stderr)
}

// newDaemon makes the server that the options describe.
func newDaemon(umask landing.Umask, args codec.Args, c *console) (*daemon, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // means the working folder
	}
	private, err := trust.OwnDir()
	if err != nil {
		private = "" // means that there is none
	}
	d := &daemon{
		Server: &remote.Server{
			Dir: home, Private: private, Umask: umask, Guardian: programs.Guardian("techshd"), Log: c.log(),
		},
		console: c,
	}
	if list, ok := args.Value("sessions"); ok {
		if d.Sessions, d.SessionsEach, err = parseSessions(list); err != nil {
			return nil, usageError{err}
		}
	}
	allowed, err := allowedBy(args)
	if err != nil {
		return nil, usageError{err}
	}
	d.Deny = trust.AllRights &^ allowed
	if root, ok := args.Value("root"); ok {
		if d.Root, err = folderAt(root); err != nil {
			return nil, fmt.Errorf("--root: %w", err)
		}
	}
	d.describe(allowed, args.Has("allow") || args.Has("read-only"))
	if d.Variables, err = parseVariables(args); err != nil {
		return nil, usageError{err}
	}
	return d, nil
}

// parseVariables parses the value NAME,… of --env.
func parseVariables(args codec.Args) ([]string, error) {
	list, ok := args.Value("env")
	if !ok {
		return nil, nil
	}
	if !args.Has("ask") {
		return nil, errors.New("--env: without --ask programs may be given any variable")
	}
	names := strings.Split(list, ",")
	if slices.ContainsFunc(names, func(name string) bool { return name == "" || strings.ContainsAny(name, " =") }) {
		return nil, fmt.Errorf("--env %s: names of variables, separated by commas", codec.Name(list))
	}
	return names, nil
}

// allowedBy returns the rights that the options allow.
func allowedBy(args codec.Args) (trust.Rights, error) {
	list, ok := args.Value("allow")
	switch {
	case ok:
		allowed, err := trust.ParseRights(list)
		if err != nil {
			return 0, fmt.Errorf("--allow: %w", err)
		}
		return allowed, nil
	case args.Has("read-only"):
		return trust.ReadOnly, nil
	case args.Has("root"):
		return trust.AllRights &^ trust.Exec, nil // a program is not limited to the folder
	}
	return trust.AllRights, nil
}

func folderAt(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	fi, err := os.Stat(abs)
	if err == nil && !fi.IsDir() {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	if err != nil {
		return "", codec.Explain(path, err)
	}
	return abs, nil
}

// ask makes the server ask the person at this computer about calls. If there is no
// terminal, the server refuses these calls.
func (d *daemon) ask(ctx context.Context, hasTerminal bool) {
	if hasTerminal && isTerminal(os.Stdin) && isTerminal(os.Stderr) {
		d.Ask = newPrompter(ctx, d.console, os.Stdin).ask
		d.notices = append(d.notices, "ask      at this terminal, before each program, picture, deletion and replacement")
		return
	}
	d.Ask = askNobody
	d.notices = append(d.notices, "ask      there is no terminal to ask at: what would be asked is refused")
}

// describe adds notices about what technicians may do and reach. byName is true if an
// option names the allowed rights.
func (d *daemon) describe(allowed trust.Rights, byName bool) {
	root := "the whole computer"
	switch {
	case d.Root != "" && allowed.Has(trust.Exec):
		root = codec.Name(d.Root) + "; programs that are run are not kept in it"
	case d.Root != "":
		root = codec.Name(d.Root) + ", and nothing outside of it"
	}
	rights := strings.Join(allowed.Words(), " ") + ", at most"
	switch {
	case allowed == trust.AllRights:
		rights = "what was given to each"
	case allowed == trust.NoRights:
		rights = "none, for anybody"
	case d.Root != "" && !byName && !allowed.Has(trust.Exec):
		rights += "; no exec, since programs would not stay in the root (--allow with exec in it allows them)"
	}
	d.notices = append(d.notices, "root     "+root, "rights   "+rights)
	if name, ok := superuser(); ok {
		d.notices = append(d.notices,
			"user     "+name+": technicians act as "+name+", who may do anything on this computer")
	}
}

// parseSessions parses ALL[/EACH], the value of --sessions.
func parseSessions(s string) (all, each int, err error) {
	first, second, both := strings.Cut(s, "/")
	all, err = strconv.Atoi(first)
	if err == nil && both {
		each, err = strconv.Atoi(second)
	}
	if err != nil || all < 1 || both && (each < 1 || each > all) {
		return 0, 0, fmt.Errorf("--sessions %s: ALL[/EACH], such as 64/8", codec.Name(s))
	}
	return all, each, nil
}
