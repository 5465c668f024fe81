package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADialectIsSpokenOnTheLoopbackOnlyUnlessStrangersAreAllowed(t *testing.T) {
	for _, row := range []struct {
		list      string
		strangers bool
		want      string // the endpoints, or the error
	}{
		{"ex27", false, "ex27 127.0.0.1:8820"},
		{"ex27", true, "ex27 :8820"},
		{"ex27=:8820,ex26=:8821", false, "ex27 127.0.0.1:8820, ex26 127.0.0.1:8821"},
		{"ex27=:8820,ex26=:8821", true, "ex27 :8820, ex26 :8821"},
		{"ex27=localhost:1", false, "ex27 localhost:1"},
		{"ex27=[::1]:1", false, "ex27 [::1]:1"},
		{"ex27=127.0.0.9:1", true, "ex27 127.0.0.9:1"},
		{"ex27=192.0.2.7:1", true, "ex27 192.0.2.7:1"},
		{"echo=:0,hello=:0", false, "echo 127.0.0.1:0, hello 127.0.0.1:0"},
		{"ex27=192.0.2.7:1", false, "192.0.2.7:1: not a loopback address"},
		{"ex27=0.0.0.0:1", false, "not a loopback address"},
		{"ex27=[::]:1", false, "not a loopback address"},
		{"ex27=office-pc:1", false, "not a loopback address"},
		{"ex27,ex26", false, "two dialects at 127.0.0.1:8820"},
		{"ex28", false, `there is no dialect "ex28"`},
		{"auto", false, `there is no dialect "auto"`},
		{"", false, `there is no dialect ""`},
		{"ex27,", false, `there is no dialect ""`},
		{"ex27=8820", false, "missing port"},
	} {
		posts, err := parseEndpoints(row.list, row.strangers)
		got := ""
		for _, p := range posts {
			got += ", " + p.Dialect.String() + " " + p.addr
		}
		if err != nil {
			require.ErrorContains(t, err, row.want, row.list)
			continue
		}
		require.Equal(t, row.want, strings.TrimPrefix(got, ", "), row.list)
	}
}
