package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/trust"
	"techsh/remote/access"
	"techsh/remote/install"
	"techsh/remote/system"
)

// errUnasked is the error of a command that has changed nothing because there is nobody
// to ask.
var errUnasked = errors.New("there is no terminal to ask at, so nothing was done")

// serviceOptions returns the options of the server.
func serviceOptions() []codec.Option {
	return slices.DeleteFunc(options(), func(o codec.Option) bool { return o.Long == "version" || o.Long == "help" })
}

// checkUnattended returns an error for an option that needs a person, because nobody may
// be present when the system starts techshd.
func checkUnattended(args codec.Args) error {
	switch {
	case args.Has("plain"):
		return errors.New("--plain: nobody would see the cookie, which is another one at each start")
	case args.Has("stdio"):
		return errors.New("--stdio: nobody would be at standard input")
	case args.Has("ask") && runtime.GOOS != "windows": // on Windows, techshd gets a window
		return errors.New("--ask: there would be no terminal to ask at")
	}
	return nil
}

// installService implements "techshd install".
func installService(ctx context.Context, args codec.Args) error {
	c := newConsole(os.Stdout, coloursOf(os.Stdout))
	defer c.close()
	notices, err := checkService(ctx, args, c)
	if err != nil {
		return err
	}
	s, target, err := newTarget(args)
	if err != nil {
		return err
	}
	plan, err := install.Install(ctx, target.Steps)
	if err != nil {
		return err
	}
	head := fmt.Sprintf("start    %s\nprogram  %s, which must stay there\n", target.When, codec.Name(s.Program))
	if len(s.Options) > 0 {
		head += "options  " + install.Line(s.Options) + "\n"
	}
	head += strings.Join(notices, "\n") + "\n"
	foot := ""
	for _, n := range target.Notes {
		foot += "note     " + n + "\n"
	}
	return c.carryOut(ctx, plan, head, foot, "techshd is installed already")
}

// uninstallService implements "techshd uninstall".
func uninstallService(ctx context.Context, args codec.Args) error {
	s, target, err := newTarget(args)
	if err != nil {
		return err
	}
	plan, err := install.Uninstall(ctx, target.Steps)
	if err != nil {
		return err
	}
	c := newConsole(os.Stdout, coloursOf(os.Stdout))
	defer c.close()
	foot := "stays    " + codec.Name(s.Folder) + ", with the identity, the peers and the audit log\n"
	return c.carryOut(ctx, plan, "", foot, "techshd is not installed")
}

// checkService checks the options in the same way as techshd does when it starts, and
// returns the notices for the person.
func checkService(ctx context.Context, args codec.Args, c *console) (notices []string, err error) {
	if err = checkUnattended(args); err == nil {
		err = contradiction(args)
	}
	addr := ""
	if err == nil {
		addr, err = listenAt(args)
	}
	if list, ok := args.Value("dialect"); ok && err == nil {
		_, err = parseEndpoints(list, args.Has("allow-strangers"))
	}
	if err != nil {
		return nil, usageError{err}
	}
	d, err := newDaemon(landing.Umask{}, args, c)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{Timeout: answerTimeout}).DialContext(ctx, "tcp", addr)
	if err != nil || args.Has("dialect") {
		return d.notices, nil
	}
	conn.Close()
	return append(d.notices, "listens  a program does, at "+codec.Name(addr)+
		": if it is a techshd that you have started yourself, end it first"), nil
}

// newTarget returns the description of newService, and its target on this system.
func newTarget(args codec.Args) (s install.Service, target install.Target, err error) {
	if s, err = newService(args); err == nil {
		target, err = install.For(s)
	}
	return s, target, err
}

// newService describes the techshd that runs now, with the options of the server in args.
func newService(args codec.Args) (s install.Service, err error) {
	if s.Program, err = os.Executable(); err != nil {
		return s, err
	}
	if s.Folder, err = trust.OwnDir(); err != nil {
		return s, err
	}
	if s.Home, err = os.UserHomeDir(); err != nil {
		return s, err
	}
	u, err := user.Current()
	if err != nil {
		return s, err
	}
	s.User, s.UID = u.Username, u.Uid
	_, s.Admin = superuser()
	if config := os.Getenv("XDG_CONFIG_HOME"); config != "" { // otherwise the service would have another folder
		s.Env = append(s.Env, "XDG_CONFIG_HOME="+config)
	}
	for _, o := range serviceOptions() {
		value, given := args.Value(o.Key())
		if !given {
			continue
		}
		if o.Long == "root" { // the service starts in another folder
			if value, err = folderAt(value); err != nil {
				return s, err
			}
		}
		s.Options = append(s.Options, "--"+o.Long)
		if o.Arg != "" {
			s.Options = append(s.Options, value)
		}
	}
	return s, nil
}

// checkCaller returns an error if a technician has started this program through techshd.
// The plan ends techshd, which would end this program in the middle of the plan.
func checkCaller(ctx context.Context) error {
	self, err := system.Process(ctx, os.Getpid())
	for range 100 { // limited, because on Windows a parent may have ended, and its pid may be that of a descendant
		caller, perr := system.Process(ctx, self.PPID)
		if err != nil || perr != nil {
			return nil
		}
		if caller.Name == self.Name {
			return &codec.Error{
				Code: codec.Unsupported, Text: "it was started through techshd, whose end would end it half way",
				Hint: "run it in a terminal of this computer",
			}
		}
		self.PPID = caller.PPID
	}
	return nil
}

// carryOut shows a plan and asks the person. If the answer is yes, it runs the plan. The
// parameter idle is the text for a plan in which there is nothing to do.
func (c *console) carryOut(ctx context.Context, plan install.Plan, head, foot, idle string) error {
	if plan.Empty() {
		head, foot = "", foot+idle+"\n"
	}
	if _, err := io.WriteString(os.Stdout, head+plan.String()+foot); err != nil || plan.Empty() {
		return err
	}
	if err := checkCaller(ctx); err != nil {
		return err
	}
	if !isTerminal(os.Stdin) || !isTerminal(os.Stdout) {
		return errUnasked
	}
	typed, _, err := newPrompter(ctx, c, os.Stdin).put(ctx, "do this?   [y]es, [N]o ")
	if err != nil {
		return fmt.Errorf("nothing was done: %w", err)
	}
	if parseAnswer(typed) != access.Yes {
		return codec.Errorf(codec.Declined, "declined, so nothing was done")
	}
	if _, err := trust.OpenOwn(); err != nil { // makes techshd's own folder, accessible to this user only
		return err
	}
	return plan.Run(ctx, os.Stdout)
}
