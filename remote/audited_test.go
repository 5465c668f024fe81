package remote_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote"
)

// newAudited is a network whose server keeps an audit log at path.
func newAudited(t *testing.T) (n *network, path string) {
	path = filepath.Join(t.TempDir(), "audit.jsonl")
	audit, err := remote.OpenAudit(path)
	require.NoError(t, err)
	t.Cleanup(func() { audit.Close() })
	return newNetwork(t, func(s *remote.Server) { s.Audit = audit }), path
}

// audited returns what the log says of each event in words that do not change
// from run to run.
func audited(t *testing.T, path string) (lines []string) {
	for e, err := range remote.Events(path) {
		require.NoError(t, err)
		require.NotZero(t, e.Time)
		line := []string{e.What, e.Peer, e.Verb, e.Words, e.Result, e.Sum}
		if e.What == "close" {
			require.NotZero(t, e.Took)
		}
		lines = append(lines, strings.Join(strings.Fields(strings.Join(line, " ")), " "))
	}
	return lines
}

func TestAuditHasEachCallBeforeAndAfterItsEffect(t *testing.T) {
	t.Parallel()
	n, path := newAudited(t)
	c, _ := n.as(t, n.invited(t, "bob", trust.AllRights&^trust.Exec))
	c.putting("PUT new.txt", "new.txt", "what is in it")
	_, err := c.get("GET new.txt")
	require.NoError(t, err)
	c.fails("CAT nowhere", codec.NotFound)
	c.fails("EXEC true", codec.NotAllowed)
	c.ok("PING") // needs no right
	c.ok("EXIT")
	want := []string{
		"connected bob",
		"open bob put new.txt",
		"close bob put new.txt ok crc32c=fb0fb124",
		"open bob get new.txt",
		"close bob get new.txt ok crc32c=fb0fb124",
		"open bob cat nowhere",
		"close bob cat nowhere not-found: nowhere: no such file or folder",
	}
	eventually(t, "the log is not complete", func() bool { return len(audited(t, path)) == len(want)+2 })
	got := audited(t, path)
	require.Equal(t, want, got[:len(want)])
	require.Contains(t, got[len(want)], "refused bob exec true not-allowed: bob may not exec")
	require.Equal(t, "disconnected bob ok", got[len(want)+1])
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(text), "what is in it")
}

func TestNothingIsChangedWhenTheAuditLogCannotBeWritten(t *testing.T) {
	n, path := newAudited(t)
	n.write(t, "kept", "kept")
	c, _ := n.as(t, n.peer)
	c.ok("STAT kept")
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700)) // no file can be there
	for _, verb := range remote.Verbs() {
		if verb.Right&(trust.Put|trust.Del|trust.Exec) != 0 {
			_, e := c.fails(verb.Verb+" kept kept2", codec.NotAllowed)
			require.Contains(t, e.Text, "audit log", verb.Verb)
		}
	}
	require.Equal(t, "kept", c.ok("CAT kept").data)
	require.NoError(t, os.Remove(path))
	c.ok("MKD new")
	require.Contains(t, n.log.String(), "level=ERROR msg=audit")
}

func TestCallThatPanicsIsNotAuditedAsDone(t *testing.T) {
	n, path := newAudited(t)
	n.server.AddVerb("BOOM", false, func(context.Context) error { panic("boom, on purpose") })
	c, _ := n.as(t, n.peer)
	_, err := c.call(t.Context(), request(t, "BOOM"))
	require.ErrorIs(t, err, &codec.Error{Code: codec.Internal})
	eventually(t, "it is not audited", func() bool {
		return strings.Contains(strings.Join(audited(t, path), "\n"), "close ann boom internal: the server made a mistake")
	})
}
