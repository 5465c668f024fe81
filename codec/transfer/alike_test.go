package transfer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/transfer"
)

func TestAlikeReportsWhetherACopyWouldChangeNothing(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)
	file := codec.Entry{Kind: codec.Regular, Size: 5, Time: noon}
	with := func(change func(e *codec.Entry)) codec.Entry {
		e := file
		change(&e)
		return e
	}
	for name, test := range map[string]struct {
		other codec.Entry
		alike bool
	}{
		"itself":              {file, true},
		"another mode":        {with(func(e *codec.Entry) { e.Mode = 0o600 }), true},
		"another size":        {with(func(e *codec.Entry) { e.Size++ }), false},
		"steps of 100 ns":     {with(func(e *codec.Entry) { e.Time = noon.Truncate(100) }), true},
		"a microsecond later": {with(func(e *codec.Entry) { e.Time = noon.Add(time.Microsecond) }), false},
		"whole seconds":       {with(func(e *codec.Entry) { e.Time = noon.Truncate(time.Second) }), true},
		"steps of two seconds": {
			with(func(e *codec.Entry) { e.Time = noon.Truncate(time.Second).Add(-time.Second) }), true,
		},
		"two seconds later": {
			with(func(e *codec.Entry) { e.Time = noon.Truncate(time.Second).Add(3 * time.Second) }),
			false,
		},
		"a folder": {codec.Entry{Kind: codec.Folder, Time: noon}, false},
		"nothing":  {codec.Entry{}, false},
	} {
		require.Equal(t, test.alike, transfer.Alike(file, test.other), name)
		require.Equal(t, test.alike, transfer.Alike(test.other, file), name)
	}
	require.True(
		t,
		transfer.Alike(
			codec.Entry{Kind: codec.Link, Target: "x", Time: noon},
			codec.Entry{Kind: codec.Link, Target: "x"},
		),
	)
	require.False(
		t,
		transfer.Alike(codec.Entry{Kind: codec.Link, Target: "x"}, codec.Entry{Kind: codec.Link, Target: "y"}),
	)
	require.True(
		t, transfer.Alike(codec.Entry{Kind: codec.Folder}, codec.Entry{Kind: codec.Folder, Time: noon}),
	)
}
