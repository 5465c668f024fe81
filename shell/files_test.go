package shell

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestDashIsTheFolderBefore(t *testing.T) {
	s, output, tree := testShell(t)
	require.Error(t, s.does(t, "cd -"))
	require.Equal(t, "cd: -: no folder was left yet\n", output())
	require.NoError(t, s.does(t, `cd logs; cd "../My Documents"; cd -; pwd; cd -; pwd`))
	require.Equal(t, "/home/ann/logs\n/home/ann/My Documents\n", output())
	require.Error(t, s.does(t, `cd "-"`))
	require.Error(t, s.does(t, "lcd -"))
	output()
	require.NoError(t, s.does(t, "lcd "+codec.Quote(codec.Lit(tree))+"; lcd -; lpwd; lcd -; lpwd"))
	require.Equal(t, "/here\n/home/ann\n", output())
}
