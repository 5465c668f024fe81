package programs

import (
	"os"
	"runtime"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/remote/verb"
)

// PlainVariables returns the names of variables that tell a program about the user's
// language and terminal, and do nothing else.
func PlainVariables() []string {
	return []string{"LANG", "LC_*", "TZ", "TERM", "COLUMNS", "LINES", "NO_COLOR"}
}

// environment returns the variables of a program that runs in dir: those that it inherits
// from the server, and those that the client sets, which checkVariables has accepted.
func environment(r *verb.Request, dir string) []string {
	terminal := r.Args.Has("t")
	env := inherited(os.Environ(), terminal)
	if terminal {
		env = append(env, "TERM=xterm") // the client may override it
	}
	env = append(env, r.Args.Values("e")...) // the last value of a name counts
	if runtime.GOOS != "windows" {
		env = append(env, "PWD="+dir) // programs use PWD without checking it
	}
	return env
}

// inherited returns the variables of the server that programs inherit. It leaves out
// those that describe the server itself: its folders, its program, and the size of its
// terminal. A program would assume that these variables describe the program.
func inherited(env []string, terminal bool) []string {
	var out []string
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		own := strings.HasPrefix(strings.ToUpper(name), "TECHSH_") ||
			slices.Contains([]string{"PWD", "OLDPWD", "_"}, name)
		if !own && !(terminal && (name == "COLUMNS" || name == "LINES")) {
			out = append(out, kv)
		}
	}
	return out
}

// checkVariables checks the variables that a client wants to set.
func (p *Programs) checkVariables(r *verb.Request) error {
	for _, set := range r.Args.Values("e") {
		name, value, ok := strings.Cut(set, "=")
		if err := p.checkVariable(name, value, ok); err != nil {
			return codec.Explain(name, err)
		}
	}
	return nil
}

func (p *Programs) checkVariable(name, value string, ok bool) error {
	const harm = "it could make programs run something else"
	switch {
	case !ok || name == "":
		return codec.Errorf(codec.BadRequest, "a variable is NAME=VALUE")
	case strings.IndexByte(name, 0) >= 0 || strings.IndexByte(value, 0) >= 0:
		return codec.Errorf(codec.BadRequest, "a variable must not contain NUL")
	case strings.HasPrefix(value, "()"): // old shells take it for a function
		return codec.Errorf(codec.NotAllowed, harm)
	case p.settable == nil && changesPrograms(name):
		return codec.Errorf(codec.NotAllowed, harm)
	case p.settable != nil && !slices.ContainsFunc(p.settable, func(pattern string) bool {
		return codec.Match(pattern, name, runtime.GOOS == "windows")
	}):
		return &codec.Error{
			Code: codec.NotAllowed, Text: "the remote lets only these be set: " + strings.Join(p.settable, " "),
			Hint: "its owner can name more with techshd --env",
		}
	}
	return nil
}

// changesPrograms reports whether a variable can make programs load or run other code.
// The names are those that sudo removes, and similar ones of other systems and languages.
func changesPrograms(name string) bool {
	name = strings.ToUpper(name)
	for _, family := range []string{"LD_", "_RLD", "DYLD_", "BASH_", "TECHSH_", "GIT_CONFIG", "MALLOC_"} {
		if strings.HasPrefix(name, family) {
			return true
		}
	}
	return slices.Contains(strings.Fields(`
		BASHOPTS CDPATH ENV FPATH GLOBIGNORE IFS NULLCMD PROMPT_COMMAND PS4 READNULLCMD SHELLOPTS TMPPREFIX ZDOTDIR
		LIBPATH SHLIB_PATH GCONV_PATH GLIBC_TUNABLES HOSTALIASES LOCALDOMAIN LOCPATH NLSPATH PATH_LOCALE RES_OPTIONS
		TERMCAP TERMINFO TERMINFO_DIRS TERMPATH
		JAVA_TOOL_OPTIONS _JAVA_OPTIONS NODE_OPTIONS NODE_PATH PERL5DB PERL5LIB PERL5OPT PERLIO_DEBUG PERLLIB
		PYTHONHOME PYTHONINSPECT PYTHONPATH PYTHONSTARTUP PYTHONUSERBASE RUBYLIB RUBYOPT
		COMSPEC PATHEXT PSMODULEPATH`), name)
}
