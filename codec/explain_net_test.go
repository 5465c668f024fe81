package codec_test

import (
	"fmt"
	"net"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// The errors of Go's net and os/exec have the operation and the name in their text.
func TestExplainNamesOnlyTheReason(t *testing.T) {
	_, tooLarge := net.Listen("tcp", "127.0.0.1:99999999")
	_, notFound := exec.LookPath("no-such-program-of-techsh")
	for want, err := range map[string]error{
		"there: no such host":    &net.OpError{Op: "listen", Err: &net.DNSError{Err: "no such host", Name: "x", Server: "y"}},
		"there: invalid port":    tooLarge,
		"there: no such program": fmt.Errorf("starting: %w", notFound),
	} {
		require.Error(t, err)
		require.EqualError(t, codec.Explain("there", err), want)
	}
}
