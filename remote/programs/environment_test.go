//go:build unix

package programs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
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
