package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheLogOfStdioIsTheEventLog(t *testing.T) {
	w, colours := logOf(true)
	require.IsType(t, eventWriter{}, w)
	require.False(t, bool(colours))
	for _, text := range []string{"a line\n", "", "lines\nof a stack\n", strings.Repeat("é", 40_000), "\xff"} {
		n, err := w.Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(text), n)
	}
}

func TestStandardErrorThatNobodyReadsIsReplacedByTheEventLog(t *testing.T) {
	stderr := os.Stderr
	t.Cleanup(func() { os.Stderr = stderr })
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer null.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer file.Close()
	r, pipe, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	defer pipe.Close()
	for _, readable := range []*os.File{file, pipe} {
		os.Stderr = readable
		w, _ := logOf(false)
		require.Equal(t, readable, w)
	}
	for _, unread := range []*os.File{null, os.NewFile(0, "missing")} {
		os.Stderr = unread
		w, _ := logOf(false)
		require.IsType(t, eventWriter{}, w)
	}
}

// A service has no standard streams. Writing to them must not end techshd.
func TestMissingStreamsBecomeNUL(t *testing.T) {
	stdin, stdout, stderr := os.Stdin, os.Stdout, os.Stderr
	t.Cleanup(func() { os.Stdin, os.Stdout, os.Stderr = stdin, stdout, stderr })
	os.Stdout = os.NewFile(0, "missing")
	_, err := os.Stdout.WriteString("x")
	require.Error(t, err)
	openStreams()
	_, err = os.Stdout.WriteString("x")
	require.NoError(t, err)
	require.Equal(t, stderr, os.Stderr, "the others stay")
}
