package hashset_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/hashset"
)

func TestASetKnowsWhatWasAdded(t *testing.T) {
	var s hashset.Set
	require.False(t, s.Has(0))
	require.Zero(t, s.Len())
	for i := range uint64(1000) {
		s.Add(3 * (999 - i))
	}
	require.False(t, s.Twice())
	for i := range uint64(3000) {
		require.Equal(t, i%3 == 0, s.Has(i), i)
	}
	s.Add(1)
	require.True(t, s.Has(1))
	require.False(t, s.Twice())
	s.Add(0)
	require.True(t, s.Twice())
	require.Equal(t, 1001, s.Len())
}
