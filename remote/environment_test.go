//go:build unix

package remote_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestVariablesAreSetForOneProgram(t *testing.T) {
	t.Setenv("KEPT", "kept")
	t.Setenv("CHANGED", "before")
	c := newHelped(t, false).client(t)
	for _, line := range []string{
		`EXEC -e A=1 -e "B=x y=z" -e CHANGED=between -e CHANGED=after -e EMPTY= env`,
		`SH -e A=1 -e "B=x y=z" -e CHANGED=after -e EMPTY= env`,
		`EXEC -t 80x24 -eA=1 -e 'B=x y=z' -e CHANGED=after -e EMPTY= env`,
	} {
		env := strings.ReplaceAll(c.ok(line).data, "\r", "")
		for _, want := range []string{"A=1", "B=x y=z", "CHANGED=after", "EMPTY=", "KEPT=kept"} {
			require.Contains(t, "\n"+env, "\n"+want+"\n", line)
		}
		require.Equal(t, 1, strings.Count("\n"+env, "\nCHANGED="), line)
	}
	require.NotContains(t, "\n"+c.ok("EXEC env").data, "\nA=")
}

// Who may run programs may run them so nevertheless, by naming env; but not by
// a variable that somebody else's list of what is harmless lets through.
func TestVariablesThatSteerProgramsAreRefused(t *testing.T) {
	c := newHelped(t, false).client(t)
	for _, name := range strings.Fields(`LD_PRELOAD ld_preload LD_LIBRARY_PATH LD_ DYLD_INSERT_LIBRARIES BASH_ENV BASH_FUNC_ls%% BASHOPTS ENV SHELLOPTS PS4 IFS
		TECHSH_COOKIE techsh_x PYTHONSTARTUP PERL5OPT NODE_OPTIONS GLIBC_TUNABLES GCONV_PATH ComSpec PathExt ZDOTDIR _RLD_LIST GIT_CONFIG_COUNT`) {
		for _, verb := range []string{"EXEC", "SH", "RUN", "EXEC -t 80x24"} {
			_, e := c.fails(verb+" -e A=1 -e "+name+"=x true", codec.NotAllowed)
			require.Equal(t, name, e.Name)
		}
	}
	c.fails(`EXEC -e "ls=() { echo mine; }" true`, codec.NotAllowed)
	for _, set := range []string{"A", "=x", `""`, "A=x\x00y", "A\x00=x"} {
		c.fails("EXEC -e "+codec.Quote(codec.Lit(set))+" true", codec.BadRequest)
	}
	for _, name := range []string{"LANG", "LC_ALL", "TERM", "DISPLAY", "PATH", "HOME", "LDFLAGS", "ENVIRONMENT", "XIFS", "GIT_DIR", "TZ"} {
		c.ok("EXEC -e " + name + "=x /bin/true")
	}
}
