package client_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/client"
)

// on returns a client of a remote with the given system.
func on(system string) *client.Client {
	return &client.Client{Hello: codec.Hello{System: system}}
}

func TestBaseIsTheLastNameOfARemotePath(t *testing.T) {
	for path, want := range map[string][2]string{ // on Linux and on Windows
		"a.log":        {"a.log", "a.log"},
		"logs/a.log":   {"a.log", "a.log"},
		"logs/":        {"logs", "logs"},
		"/":            {"", ""},
		"..":           {"..", ".."},
		"~":            {"~", "~"},
		`C:\Users\ann`: {`C:\Users\ann`, "ann"},
		`C:\`:          {`C:\`, "C"},
		"C:x":          {"C:x", "x"},
		`a\b`:          {`a\b`, "b"},
		"":             {"", ""},
	} {
		require.Equal(t, want, [2]string{on("linux").Base(path), on("windows").Base(path)}, path)
	}
	require.Equal(t, "a.txt", on("ex27").Base(`C:\tmp\a.txt`), "it may be Windows")
	require.Equal(t, "a.txt", on("ex27").Base("/tmp/a.txt"))
}

func TestNamesAreComparedAsTheRemoteDoes(t *testing.T) {
	require.Equal(t, "notes.txt", on("windows").FoldName("Notes.TXT"))
	require.Equal(t, "Notes.TXT", on("linux").FoldName("Notes.TXT"))
}

// A pattern may match any number of files, but the length of a call is limited.
func TestBatchesKeepToTheLimits(t *testing.T) {
	var words []codec.Word
	for range 10_000 {
		words = append(words, codec.Lit("a name of some length, with blanks that need quotes"))
	}
	n := 0
	for batch := range client.Batches(words) {
		n += len(batch)
		require.NotEmpty(t, batch)
		require.Less(t, len(codec.Join(batch)), codec.MaxWords-1000)
	}
	require.Len(t, words, n)
	for range client.Batches(nil) {
		require.Fail(t, "no words are no batch")
	}
}

func TestOperandsStayOperands(t *testing.T) {
	require.Equal(t, "a b", codec.Join(client.Operands([]codec.Word{codec.Bare("a"), codec.Bare("b")})))
	require.Equal(t, "-- a -b", codec.Join(client.Operands([]codec.Word{codec.Bare("a"), codec.Bare("-b")})))
	require.Equal(t, `"-b"`, codec.Join(client.Operands([]codec.Word{codec.Lit("-b")})))
}
