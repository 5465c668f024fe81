package remote_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/remote"
	"techsh/remote/remotetest"
)

// The server never keeps a list of all names, which would take more than 7 MiB for 30,000
// files.
func TestMemoryDoesNotGrowWithTheFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector counts other memory than there is")
	}
	// with more files and bytes, growth of the memory is noticed more reliably
	many, most := remotetest.Rounds(100_000, 30_000), remotetest.Rounds(14, 5)<<20
	dir, err := os.MkdirTemp("/dev/shm", "techsh-memory-")
	if err != nil {
		dir = t.TempDir()
	}
	defer os.RemoveAll(dir)
	name := func(i int) string { return fmt.Sprintf("%06d-%s", i, strings.Repeat("long", 60)) }
	for _, sub := range []string{"flat", "deep"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, sub), 0o777))
	}
	for i := range many {
		path := filepath.Join(dir, "flat", name(i))
		if i%2 == 0 {
			path = filepath.Join(dir, "deep", fmt.Sprint(i%200), name(i))
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		}
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o666))
	}
	n := remotetest.NewNetwork(t, func(s *remote.Server) { s.Dir = dir })
	c, _ := n.As(t, n.Peer)
	before := remotetest.Heap()
	for _, line := range []string{
		"GET -r .",
		"FIND .",
		"FIND --name *x* .",
		"DIR -R",
		"DU .",
		"DIR flat",
		"COPY -r deep copy",
		"GET -r --list .",
	} {
		t.Run(line, func(t *testing.T) {
			over, peak := make(chan struct{}), make(chan int64)
			go func() {
				most := int64(0)
				for {
					most = max(most, remotetest.Heap()-before)
					select {
					case <-over:
						peak <- most
						return
					case <-time.After(5 * time.Millisecond): // each measurement runs the garbage collector
					}
				}
			}()
			r := remotetest.NewRequest(t, line)
			if strings.Contains(line, "--list") {
				r.Send = func(_ context.Context, up *link.Upstream) error {
					for i := range many {
						if err := up.Write(codec.DATA, []byte("nova/"+name(i)+"\n")); err != nil {
							return err
						}
					}
					return nil
				}
			}
			_, err := c.Do(t.Context(), r)
			close(over)
			used := <-peak
			if r.Send == nil {
				require.NoError(t, err)
			} else {
				c.RequireCode(err, line, codec.Partial)
			}
			require.Less(t, used, int64(most))
			t.Logf("%d KiB at most", used>>10)
		})
	}
}
