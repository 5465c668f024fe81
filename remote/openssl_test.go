package remote_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/manual"
	"techsh/codec/trust"
	"techsh/remote/remotetest"
)

// TestOpensslSpeaksTheProtocolByHand runs the command in help hand.
func TestOpensslSpeaksTheProtocolByHand(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		remotetest.SkipWithout(t, "no openssl here: ", err)
	}
	page, found := manual.Page("hand", manual.DefaultColumns, nil)
	require.True(t, found)
	line := regexp.MustCompile(`openssl s_client .*`).FindString(page)
	require.NotEmpty(t, line)

	n := remotetest.NewNetwork(t)
	theirs, err := trust.Open(t.TempDir())
	require.NoError(t, err)
	who, err := theirs.Identity()
	require.NoError(t, err)
	_, err = n.Folder.AddPeer(trust.Peer{ID: who.ID, Name: "hand", Can: trust.Info})
	require.NoError(t, err)
	line = strings.NewReplacer(
		"office-pc:8820", n.Addr,
		"~/.config/techsh/identity.pem", theirs.Path("identity.pem"),
	).Replace(line)

	argv := strings.Fields(line)
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader("ping\nRk quite wrong\nexec true\nexit\n")
	said, err := cmd.Output()
	require.NoError(t, err)
	var verbs []string
	conn := codec.NewConn(struct {
		*strings.Reader
		discard
	}{Reader: strings.NewReader(string(said))})
	for {
		f, err := conn.ReadFrame()
		if err != nil {
			break
		}
		verbs = append(verbs, strings.Fields(f.Verb.String() + " " + string(f.Body) + " .")[:2]...)
	}
	require.Equal(
		t,
		[]string{"HELO", "techsh/1", "OK", ".", "ERR", "unknown-verb", "ERR", "not-allowed", "OK", "."},
		verbs,
	)
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) Close() error                { return nil }
