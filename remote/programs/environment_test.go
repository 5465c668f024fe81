//go:build unix

package programs_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/remote/access"
	"techsh/remote/remotetest"
)

func TestVariablesAreSetForOneProgram(t *testing.T) {
	t.Setenv("KEPT", "kept")
	t.Setenv("CHANGED", "before")
	c := remotetest.New(t, false).Client(t)
	for _, line := range []string{
		`EXEC -e A=1 -e "B=x y=z" -e CHANGED=between -e CHANGED=after -e EMPTY= env`,
		`SH -e A=1 -e "B=x y=z" -e CHANGED=after -e EMPTY= env`,
		`EXEC -t 80x24 -eA=1 -e 'B=x y=z' -e CHANGED=after -e EMPTY= env`,
	} {
		env := strings.ReplaceAll(c.OK(line).Data, "\r", "")
		for _, want := range []string{"A=1", "B=x y=z", "CHANGED=after", "EMPTY=", "KEPT=kept"} {
			require.Contains(t, "\n"+env, "\n"+want+"\n", line)
		}
		require.Equal(t, 1, strings.Count("\n"+env, "\nCHANGED="), line)
	}
	require.NotContains(t, "\n"+c.OK("EXEC env").Data, "\nA=")
}

func TestPWDIsTheWorkingFolder(t *testing.T) {
	for name, value := range map[string]string{"PWD": "/", "OLDPWD": "/usr", "_": "/bin/techshd"} {
		t.Setenv(name, value)
	}
	s := remotetest.New(t, false)
	c := s.Client(t)
	c.OK("MKD sub")
	here, err := filepath.EvalSymlinks(s.Dir)
	require.NoError(t, err)
	for _, verb := range []string{"EXEC", "SH", "EXEC -t 80x24", "EXEC -e PWD=/etc"} {
		for option, want := range map[string]string{"": here, " -d sub": filepath.Join(here, "sub")} {
			env := "\n" + strings.ReplaceAll(c.OK(verb+option+" /usr/bin/env").Data, "\r", "")
			require.Contains(t, env, "\nPWD="+want+"\n", verb+option)
			require.Equal(t, 1, strings.Count(env, "\nPWD="))
			require.NotContains(t, env, "\nOLDPWD=")
			require.NotContains(t, env, "\n_=/bin/techshd")
		}
	}
	require.Equal(t, filepath.Join(here, "sub")+"\n", c.OK("SH -d sub pwd -L").Data)
	c.OK("CD sub")
	require.Contains(t, c.OK("EXEC env").Data, "PWD="+filepath.Join(here, "sub")+"\n")
}

// A person who is asked about a program cannot know what each variable does to it.
func TestWithAskOnlyPlainVariablesAreSet(t *testing.T) {
	s := remotetest.New(t, false)
	asked := 0
	s.Server.Ask = func(context.Context, access.Question) (access.Answer, error) {
		asked++
		return access.Yes, nil
	}
	s.Server.Variables = []string{"DEBUG", "GO*", "PYTHONPATH"}
	c := s.Client(t)
	l, hello, err := link.Open(t.Context(), s.Dial(t), link.Opening{Cookie: s.Cookie})
	require.NoError(t, err)
	defer l.Close()
	list, _ := hello.More.Get("env")
	require.Equal(t, "LANG,LC_*,TZ,TERM,COLUMNS,LINES,NO_COLOR,DEBUG,GO*,PYTHONPATH", list)
	for _, name := range strings.Fields(`MAKEFILES MAKEFLAGS TAR_OPTIONS GIT_SSH_COMMAND GIT_EDITOR LESSOPEN PAGER EDITOR
		PATH HOME DISPLAY COLORTERM PWD LANGUAGE LANG_ lang LD_PRELOAD XTZ TZX CLASSPATH RSYNC_RSH DEBUGGER xGO`) {
		for _, verb := range []string{"EXEC", "SH", "RUN", "EXEC -t 80x24"} {
			_, e := c.Fails(verb+" -e TZ=UTC -e "+name+"=x true", codec.NotAllowed)
			require.Equal(t, name, e.Name)
			require.Contains(t, e.Text, "LC_*")
		}
	}
	c.Fails(`EXEC -e "TZ=() { echo mine; }" true`, codec.NotAllowed)
	require.Zero(t, asked, "what is refused is not asked about")
	for _, name := range strings.Fields("LANG LC_ALL LC_TIME TZ TERM COLUMNS LINES NO_COLOR DEBUG GOFLAGS GO PYTHONPATH") {
		require.Equal(t, "x\n", c.OK("SH -e "+name+"=x echo $"+name).Data)
	}
}

// A peer that may run programs can set such a variable with env, but no caller that
// passes on variables should set one by accident.
func TestVariablesThatSteerProgramsAreRefused(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	for _, name := range strings.Fields(`LD_PRELOAD ld_preload LD_LIBRARY_PATH LD_ DYLD_INSERT_LIBRARIES
		BASH_ENV BASH_FUNC_ls%% BASHOPTS ENV SHELLOPTS PS4 IFS TECHSH_COOKIE techsh_x
		PYTHONSTARTUP PERL5OPT NODE_OPTIONS GLIBC_TUNABLES GCONV_PATH ComSpec PathExt ZDOTDIR _RLD_LIST
		GIT_CONFIG_COUNT`) {
		for _, verb := range []string{"EXEC", "SH", "RUN", "EXEC -t 80x24"} {
			_, e := c.Fails(verb+" -e A=1 -e "+name+"=x true", codec.NotAllowed)
			require.Equal(t, name, e.Name)
		}
	}
	c.Fails(`EXEC -e "ls=() { echo mine; }" true`, codec.NotAllowed)
	for _, set := range []string{"A", "=x", `""`, "A=x\x00y", "A\x00=x"} {
		c.Fails("EXEC -e "+codec.Quote(codec.Lit(set))+" true", codec.BadRequest)
	}
	for _, name := range []string{
		"LANG",
		"LC_ALL",
		"TERM",
		"DISPLAY",
		"PATH",
		"HOME",
		"LDFLAGS",
		"ENVIRONMENT",
		"XIFS",
		"GIT_DIR",
		"TZ",
	} {
		c.OK("EXEC -e " + name + "=x /bin/true")
	}
}
