package transfer_test

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/transfer"
)

func TestSetsOfNamesKnowTheirNames(t *testing.T) {
	set, table := transfer.NewNameSet(), transfer.NewNameTable()
	for i := range 1000 {
		name := fmt.Sprintf("a/b%d/c", i)
		set.Add(name)
		table.Add(name)
	}
	for name, has := range map[string]bool{"a/b7/c": true, "": false, "a/": false, "a/b7": false, "a/b1000/c": false} {
		require.Equal(t, has, set.Has(name), name)
		require.Equal(t, has, table.Has(name), name)
	}
	require.Equal(t, 1000, set.Len())
	require.Equal(t, 1000, table.Len())
	require.False(t, table.Twice())
	table.Add("a/b7/c")
	require.True(t, table.Twice())
	require.Equal(t, 1000, table.Len())
}

func TestAMillionNamesTakeLittleMemory(t *testing.T) {
	before := heap()
	n := transfer.NewNameTable()
	for i := range 1 << 20 {
		n.Add(strconv.Itoa(i))
	}
	require.Equal(t, 1<<20, n.Len())
	require.Less(t, heap()-before, uint64(11<<20))
	runtime.KeepAlive(n)
}
