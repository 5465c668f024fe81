package files_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec"
)

func TestDashIsThePreviousFolder(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.Error(t, s.Run("cd -"))
	require.Equal(t, "cd: -: there is no previous folder\n", s.Printed())
	require.NoError(t, s.Run(`cd logs; cd "../My Documents"; cd -; pwd; cd -; pwd`))
	require.Equal(t, "/home/ann/logs\n/home/ann/My Documents\n", s.Printed())
	require.Error(t, s.Run(`cd "-"`))
	require.Error(t, s.Run("lcd -"))
	s.Printed()
	require.NoError(t, s.Run("lcd "+codec.Quote(codec.Lit(s.Tree))+"; lcd -; lpwd; lcd -; lpwd"))
	require.Equal(t, "/here\n/home/ann\n", s.Printed())
}
