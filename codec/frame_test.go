package codec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestVerbs(t *testing.T) {
	for _, s := range []string{"A", "OK", "DIR", "HELO", "ZZZZ"} {
		require.Equal(t, s, codec.MakeVerb(s).String())
	}
	for _, s := range []string{"", "MKDIR", "dir", "D R", "OK ", "D1", "Ä", "D\x00"} {
		require.Zero(t, codec.MakeVerb(s), "%q", s)
	}
	require.Equal(t, codec.SUM, codec.MakeVerb("SUM"))
	require.Equal(t, codec.OK, codec.MakeVerb("OK"))
	require.Empty(t, codec.Verb(0).String())
}

func TestVerbsOfStreamsAndServers(t *testing.T) {
	have := map[string][]string{}
	for _, v := range []codec.Verb{
		codec.HELO, codec.AUTH, codec.FILE, codec.DATA, codec.SUM, codec.NOTE, codec.END, codec.MORE,
		codec.SIZE,
		codec.STOP, codec.TICK, codec.NEWS, codec.OK, codec.ERR, codec.MakeVerb("DIR"), 0,
	} {
		for name, yes := range map[string]bool{"raw": v.Raw(), "stream": v.Stream(), "server": v.FromServer()} {
			if yes {
				have[name] = append(have[name], v.String())
			}
		}
	}
	require.Equal(t, map[string][]string{
		"raw":    {"DATA", "NOTE"},
		"stream": {"FILE", "DATA", "SUM", "END", "SIZE"},
		"server": {"NOTE", "MORE", "NEWS", "OK", "ERR"},
	}, have)
}

func TestAFrameOnOneLine(t *testing.T) {
	require.Equal(t, `DIR 2 "a\n"`, codec.Frame{Verb: codec.MakeVerb("DIR"), Body: []byte("a\n")}.String())
	require.Equal(t, `mkdir 0 ""`, codec.Frame{Word: "mkdir"}.String())
	long := codec.Frame{Verb: codec.DATA, Body: make([]byte, 1<<20)}.String()
	require.Less(t, len(long), 300)
	require.Contains(t, long, "DATA 1048576")
}
