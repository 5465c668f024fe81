package programs_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// A child in a session of its own is not in the process group of the program.
func TestTimeoutEndsEscapedChildren(t *testing.T) {
	t.Parallel()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		for _, line := range []string{
			"SH --timeout 0.3 'setsid sleep 1000 & echo $! $$; sleep 1000'",
			"SH --timeout 0.3 'setsid sh -c \"trap : TERM; while :; do sleep 1; done\" & echo $! $$; " +
				"trap \"\" TERM; while :; do sleep 1; done'",
			"SH --timeout 0.3 'setsid sh -c \"setsid sleep 1000 & echo \\$! \\$\\$; wait\" & wait'",
			"SH -t 80x24 --timeout 0.3 'setsid sleep 1000 & echo $! $$; sleep 1000'",
		} {
			got, _ := c.Fails(line, codec.Timeout)
			var pids [2]int
			_, err := fmt.Sscan(got.Data, &pids[0], &pids[1])
			require.NoError(t, err, line)
			for _, pid := range pids {
				remotetest.Eventually(
					t,
					fmt.Sprintf("process %d of %s is left", pid, line),
					func() bool { return remotetest.ProcessGone(pid) },
				)
			}
		}
	})
}
