package programs

import (
	"os"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/remote/verb"
)

// environment returns the variables of a program: those that it inherits from the server,
// and those that the client sets.
func environment(r *verb.Request) ([]string, error) {
	terminal := r.Args.Has("t")
	env := inherited(os.Environ(), terminal)
	if terminal {
		env = append(env, "TERM=xterm") // the client may override it
	}
	for _, set := range r.Args.Values("e") {
		name, value, ok := strings.Cut(set, "=")
		if err := checkVariable(name, value, ok); err != nil {
			return nil, codec.Explain(name, err)
		}
		env = append(env, set) // the last value of a name counts
	}
	return env, nil
}

// inherited returns the variables of the server that programs inherit. It leaves out the
// size of the server's terminal, which programs would take for that of their own.
func inherited(env []string, terminal bool) []string {
	var out []string
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		ours := strings.HasPrefix(strings.ToUpper(name), "TECHSH_")
		if !ours && !(terminal && (name == "COLUMNS" || name == "LINES")) {
			out = append(out, kv)
		}
	}
	return out
}

func checkVariable(name, value string, ok bool) error {
	switch {
	case !ok || name == "":
		return codec.Errorf(codec.BadRequest, "a variable is NAME=VALUE")
	case strings.IndexByte(name, 0) >= 0 || strings.IndexByte(value, 0) >= 0:
		return codec.Errorf(codec.BadRequest, "a variable must not contain NUL")
	case changesPrograms(name), strings.HasPrefix(value, "()"): // old shells take it for a function
		return codec.Errorf(codec.NotAllowed, "it could make programs run something else")
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
