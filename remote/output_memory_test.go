//go:build unix

package remote_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestMemoryIsFlatHoweverMuchAProgramSays(t *testing.T) {
	const most = 8 << 20
	c := newHelped(t, true).client(t)
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
			said, before, peak := 0, heap(), int64(0)
			r := request(t, by.line)
			if strings.Contains(by.line, "-i") {
				r.Send = feed(io.LimitReader(zeros{}, int64(by.says)))
			}
			mark := 0
			r.Recv = func(f codec.Frame) error {
				if said += len(f.Body); said >= mark {
					peak = max(peak, heap()-before)
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
