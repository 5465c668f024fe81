package machine_test

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// listEndpoints returns the endpoints in the answer to NET, by address.
func listEndpoints(c *remotetest.Client) map[string]codec.Endpoint {
	c.T.Helper()
	all := map[string]codec.Endpoint{}
	for line := range strings.Lines(c.OK("NET").Data) {
		e, err := codec.ParseEndpoint(strings.TrimSuffix(line, "\n"))
		require.NoError(c.T, err)
		all[e.On+" "+e.Address] = e
	}
	return all
}

func TestNetListsTheListeners(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer tcp.Close()
		udp, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		defer udp.Close()
		called, err := net.Dial("tcp", tcp.Addr().String())
		require.NoError(t, err)
		defer called.Close()
		sends, err := net.Dial("udp", udp.LocalAddr().String())
		require.NoError(t, err)
		defer sends.Close()
		all := listEndpoints(c)
		for _, at := range []string{"tcp " + tcp.Addr().String(), "udp " + udp.LocalAddr().String()} {
			require.Contains(t, all, at)
			require.Equal(t, codec.Listen, all[at].Kind)
		}
		require.NotContains(t, all, "tcp "+called.LocalAddr().String(), "it listens nowhere")
		require.NotContains(t, all, "udp "+sends.LocalAddr().String(), "likewise")
		if runtime.GOOS == "linux" {
			own := all["tcp "+tcp.Addr().String()].More
			pid, _ := own.Get("pid")
			require.Equal(t, strconv.Itoa(os.Getpid()), pid)
			exe, err := os.Executable()
			require.NoError(t, err)
			program, _ := own.Get("program")
			require.Equal(t, filepath.Base(exe), program)
		}
		tcp.Close()
		require.NotContains(t, listEndpoints(c), "tcp "+tcp.Addr().String())
	})
}

func TestNetListsTheAddresses(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	var own []string
	for _, e := range listEndpoints(c) {
		if e.Kind == codec.Address {
			own = append(own, e.Address)
		}
	}
	require.Contains(t, own, "127.0.0.1/8")
	c.Fails("NET x", codec.BadRequest)
}
