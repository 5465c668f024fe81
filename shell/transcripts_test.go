package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/link"
)

// testShell is a shell without a terminal whose output, of both kinds, goes
// to one file, connected to a server in a copy of testdata/tree.
func testShell(t *testing.T) (s *Shell, output func() string, tree string) {
	t.Helper()
	addr, tree := plainServer(t)
	s, raw, local := shellTo(t, func(ctx context.Context, _ string, _ func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		return conn, link.Opening{Cookie: cookie}, err
	})
	return s, func() string { return strings.ReplaceAll(mask(raw(), tree), local, "/here") }, tree
}

// shellTo is a shell without a terminal, connected by reach, in the folder
// local. output returns what it has printed since it was last asked.
func shellTo(t *testing.T, reach Reach) (s *Shell, output func() string, local string) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "output"))
	require.NoError(t, err)
	in, err := os.Open(os.DevNull)
	require.NoError(t, err)
	local = t.TempDir()
	s = &Shell{In: Stream{File: in}, Out: Stream{File: out}, Err: Stream{File: out}, Dir: local, Reach: reach}
	s.begin()
	t.Cleanup(func() {
		s.end()
		in.Close()
		out.Close()
	})
	require.NoError(t, s.connect(t.Context()))
	at := int64(0)
	return s, func() string {
		b, err := os.ReadFile(out.Name())
		require.NoError(t, err)
		text := b[at:]
		at = int64(len(b))
		return string(text)
	}, local
}

// TestTranscripts types each line of testdata/transcripts that is not
// indented, and compares what is printed with the lines behind it that are.
// With UPDATE=1 it writes them anew.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("../testdata/transcripts/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			s, output, _ := testShell(t)
			var got strings.Builder
			for line := range strings.Lines(string(want)) {
				if strings.HasPrefix(line, "\t") {
					continue
				}
				got.WriteString(line)
				commands, err := s.parse(strings.TrimSuffix(line, "\n"), grammar{separators: true, prefixes: true})
				if err != nil {
					s.complain(err)
				} else {
					_ = s.runAll(t.Context(), commands)
				}
				for printed := range strings.Lines(output()) {
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

func TestAGetThatIsEndedSaysHowFarItIs(t *testing.T) {
	s, output, tree := testShell(t)
	require.NoError(t, os.WriteFile(filepath.Join(tree, "big"), make([]byte, 16<<20), 0o600))
	ctx, cancel := context.WithCancelCause(t.Context())
	line, ended := "get --limit 8M big", make(chan int)
	go func() { ended <- s.batch(ctx, Job{Line: &line}) }()
	require.Eventually(t, func() bool {
		parts, err := filepath.Glob(filepath.Join(s.Dir, ".techsh-part-*"))
		if err != nil || len(parts) == 0 {
			return false
		}
		fi, err := os.Stat(parts[0])
		return err == nil && fi.Size() > 1<<20
	}, testTimeout, time.Millisecond)
	cancel(errors.New("somebody wants it to end"))
	require.NotZero(t, <-ended)
	require.Regexp(t, `^get: somebody wants it to end\n  stopped at \S+ of 16 MiB; the same command goes on from there\n$`, output())
}

func TestWhatEndsAScriptIsSaidOnce(t *testing.T) {
	s, output, _ := testShell(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	line, said, ended := "echo begun; sh sleep 60; echo never", "", make(chan int)
	go func() { ended <- s.batch(ctx, Job{Line: &line}) }()
	require.Eventually(t, func() bool {
		said += output()
		return strings.Contains(said, "begun\n")
	}, testTimeout, time.Millisecond)
	cancel(errors.New("somebody wants it to end"))
	require.Equal(t, StatusFailed, <-ended)
	require.Equal(t, "begun\nsh: somebody wants it to end\n", said+output())
}
