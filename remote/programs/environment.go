package programs

import (
	"os"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/remote/verb"
)

// environment returns the variables of a program: those of the server without its
// own, and those that the client has set.
func environment(r *verb.Request) ([]string, error) {
	terminal := r.Args.Has("t")
	env := inherited(os.Environ(), terminal)
	if terminal {
		env = append(env, "TERM=xterm") // the client may set another
	}
	for _, set := range r.Args.Values("e") {
		name, value, ok := strings.Cut(set, "=")
		if err := checkVariable(name, value, ok); err != nil {
			return nil, codec.Explain(name, err)
		}
		env = append(env, set) // the last one of a name counts
	}
	return env, nil
}

// inherited returns what programs get of the environment of the server. The size
// of its own terminal is not that of the client, and programs would believe it.
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
		return codec.Errorf(codec.BadRequest, "no variable has a NUL in it")
	case changesPrograms(name), strings.HasPrefix(value, "()"): // a function, for old shells
		return codec.Errorf(codec.NotAllowed, "it would make programs run something other than was asked for")
	}
	return nil
}

// changesPrograms reports whether a variable makes programs load or run other
// programs. The names are those that sudo removes, and similar ones of other
// systems and languages.
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
