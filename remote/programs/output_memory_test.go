//go:build unix

package programs_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

func TestMemoryDoesNotGrowWithTheOutput(t *testing.T) {
	const most = 8 << 20
	c := remotetest.New(t, true).Client(t)
	for _, by := range []struct {
		line string
		says int
	}{
		{"EXEC head -c 300000000 /dev/zero", 300_000_000},
		{"SH 'head -c 100000000 /dev/zero >&2'", 100_000_000},
		{"EXEC -t 80x24 head -c 30000000 /dev/zero", 30_000_000},
		{"EXEC -i cat", 100_000_000},
	} {
		t.Run(by.line, func(t *testing.T) {
			said, before, peak := 0, remotetest.Heap(), int64(0)
			r := remotetest.NewRequest(t, by.line)
			if strings.Contains(by.line, "-i") {
				r.Send = remotetest.Feed(io.LimitReader(zeros{}, int64(by.says)))
			}
			mark := 0
			r.Recv = func(f codec.Frame) error {
				if said += len(f.Body); said >= mark {
					peak = max(peak, remotetest.Heap()-before)
					mark += by.says / 20
				}
				return nil
			}
			_, err := c.Do(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, by.says, said)
			require.Less(t, peak, int64(most))
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
