package shell_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/shell"
	"techsh/shell/shelltest"
)

// TestTranscripts types each line of testdata/transcripts that is not indented, and
// compares the output with the indented lines after it. If UPDATE=1 is set, it writes
// the output.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("../testdata/transcripts/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			s := shelltest.NewPlain(t)
			s.Does("cd .") // connects
			var got strings.Builder
			for line := range strings.Lines(string(want)) {
				if strings.HasPrefix(line, "\t") {
					continue
				}
				got.WriteString(line)
				_ = s.Run(strings.TrimSuffix(line, "\n"))
				for printed := range strings.Lines(s.Printed()) {
					fmt.Fprintf(&got, "\t%s\n", strings.TrimSuffix(printed, "\n"))
				}
			}
			if os.Getenv("UPDATE") != "" {
				require.NoError(t, os.WriteFile(file, []byte(got.String()), 0o644))
			}
			require.Equal(t, string(want), got.String())
		})
	}
}

func TestAnInterruptedGetReportsItsProgress(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.NoError(t, os.WriteFile(filepath.Join(s.Tree, "big"), make([]byte, 16<<20), 0o600))
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan int)
	go func() { ended <- s.Batch(ctx, shelltest.Line("get --limit 8M big")) }()
	require.Eventually(t, func() bool {
		parts, err := filepath.Glob(filepath.Join(s.Dir, ".techsh-part-*"))
		if err != nil || len(parts) == 0 {
			return false
		}
		fi, err := os.Stat(parts[0])
		return err == nil && fi.Size() > 1<<20
	}, shelltest.Timeout, time.Millisecond)
	cancel(errors.New("the test ends it"))
	require.NotZero(t, <-ended)
	require.Regexp(
		t,
		`^get: the test ends it\n  stopped at \S+ of 16 MiB; the same command continues from there\n$`,
		s.Printed(),
	)
}

func TestTheErrorThatEndsAScriptIsPrintedOnce(t *testing.T) {
	s := shelltest.NewPlain(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan int)
	go func() { ended <- s.Batch(ctx, shelltest.Line("echo begun; sh sleep 60; echo never")) }()
	text := s.PrintedUntil("begun\n")
	cancel(errors.New("the test ends it"))
	require.Equal(t, shell.StatusFailed, <-ended)
	require.Equal(t, "begun\nsh: the test ends it\n", text+s.Printed())
}
