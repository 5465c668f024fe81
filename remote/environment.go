package remote

import (
	"os"
	"slices"
	"strings"

	"techsh/codec"
)

// environment returns what a program gets: the server's environment, less what
// is ours, and on top of it what the client has set.
func (r *request) environment() ([]string, error) {
	terminal := r.args.Has("t")
	env := inherited(os.Environ(), terminal)
	if terminal {
		env = append(env, "TERM=xterm") // unless the client knows better
	}
	for _, set := range r.args.Values("e") {
		name, value, ok := strings.Cut(set, "=")
		if err := checkVariable(name, value, ok); err != nil {
			return nil, codec.Explain(name, err)
		}
		env = append(env, set) // the last one of a name counts
	}
	return env, nil
}

// inherited is what is left of the server's environment. The size of the
// terminal that it runs in is not that of the client's, and programs believe
// it.
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
		return codec.Errorf(codec.BadRequest, "what is set is NAME=VALUE")
	case strings.IndexByte(name, 0) >= 0 || strings.IndexByte(value, 0) >= 0:
		return codec.Errorf(codec.BadRequest, "no variable has a NUL in it")
	case steers(name), strings.HasPrefix(value, "()"): // a function, for old shells
		return codec.Errorf(codec.NotAllowed, "it would make programs run something else than was asked for")
	}
	return nil
}

// steers says whether a variable makes programs load or run what nobody has
// named. The names are those that sudo drops as bad, and their like of other
// systems and languages.
func steers(name string) bool {
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
