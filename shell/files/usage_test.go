package files_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"
)

func TestDfLeavesOutWhatIsReserved(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"DF": shelltest.Tells(
		"/ ext4 1000 290 used=70\n" +
			"/old ext4 1000 290\n" + // from a server that does not tell what is used
			"/none nfs - -\n",
	)})
	s.Terminals(true, false)
	require.NoError(t, s.Run("df"))
	require.Equal(t, `    290 B free of    1000 B   20% used  /  ext4
    290 B free of    1000 B   71% used  /old  ext4
        ? free of         ?     ? used  /none  nfs
`, s.Printed())
}

func TestDuShowsTheSizeOnTheDiskToo(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"DU": shelltest.Tells(
		"1073741824 1 1 images allocated=4096\n5 1 1 logs allocated=8192\n",
	)})
	s.Terminals(true, false)
	require.NoError(t, s.Run("du images logs"))
	require.Equal(t, `  1.0 GiB,   4.0 KiB on disk  images  1 file in 1 folder
      5 B,   8.0 KiB on disk  logs  1 file in 1 folder
  1.0 GiB,    12 KiB on disk  in all
`, s.Printed())
	s, _ = shelltest.NewHostile(t, shelltest.Answers{"DU": shelltest.Tells("5 1 1 logs\n")})
	s.Terminals(true, false)
	require.NoError(t, s.Run("du logs"), "an older server does not tell it")
	require.Equal(t, "      5 B  logs  1 file in 1 folder\n", s.Printed())
}
