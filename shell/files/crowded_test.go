package files_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/shelltest"
)

// A remote cannot make dir take any amount of memory.
func TestDirPrintsVeryManyEntriesUnsorted(t *testing.T) {
	const entries = 80_000
	name := func(i int) string { return strings.Repeat("x", 900) + strconv.Itoa(entries-i) }
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"DIR": func(c *codec.Conn, _ []codec.Word) {
		for i := range entries {
			e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Name: name(i)}
			_ = c.Write(codec.DATA, append(e.Append(nil), '\n'))
		}
		shelltest.OK(c)
	}})
	require.NoError(t, s.Run("dir"))
	printed := s.Printed()
	require.Contains(t, printed, "these are too many entries to sort, so the rest is in no order\n")
	require.Contains(t, printed, name(0)+"\n")
	require.Contains(t, printed, name(entries-2)+"\n"+name(entries-1)+"\n", "as they came")
}
