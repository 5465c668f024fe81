package transfer_test

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/transfer"
)

func TestANameSetKnowsNamesAndTheFoldersAbove(t *testing.T) {
	n := transfer.NewNameSet()
	for i := range 1000 {
		name := fmt.Sprintf("a/b%d/c", i)
		n.Add(name)
		n.AddParents(name)
	}
	for _, name := range []string{"a", "a/b7", "a/b7/c"} {
		require.True(t, n.Has(name), name)
	}
	for _, name := range []string{"", "a/", "b7", "a/b7/c/d", "a/b1000", "c"} {
		require.False(t, n.Has(name), name)
	}
	require.Equal(t, 2001, n.Len())
	n.Remove("a/b7/c")
	require.False(t, n.Has("a/b7/c"))
	require.Equal(t, 2000, n.Len())
}

func TestANameSetOfAMillionNamesTakesLittleMemory(t *testing.T) {
	before := heap()
	n := transfer.NewNameSet()
	for i := range 1 << 20 {
		n.Add(strconv.Itoa(i))
	}
	require.Equal(t, 1<<20, n.Len())
	require.Less(t, heap()-before, uint64(24<<20))
	runtime.KeepAlive(n)
}
