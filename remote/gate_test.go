package remote_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/remote"
	"techsh/remote/access"
	"techsh/remote/remotetest"
)

// gateFunc is a gate that is a function.
type gateFunc func() *access.Guest

func (f gateFunc) Enter(context.Context, net.Conn) (*access.Guest, error) { return f(), nil }

func TestAGuestThatNoGateHasMadeIsNotServed(t *testing.T) {
	for name, guest := range map[string]*access.Guest{"none": nil, "made elsewhere": {}} {
		t.Run(name, func(t *testing.T) {
			n := remotetest.NewNetwork(t, func(s *remote.Server) {
				s.Gate = gateFunc(func() *access.Guest { return guest })
			})
			conn := n.Bare(t)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(remotetest.Timeout)))
			sent, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Empty(t, sent)
			n.Stop()
			require.Contains(t, n.Log.String(), "a guest that it did not let in")
		})
	}
}
