package remote_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/remotetest"
)

func TestAuditHasEachCallBeforeAndAfterItsEffect(t *testing.T) {
	t.Parallel()
	n, path := remotetest.NewAudited(t)
	c, _ := n.As(t, n.Invited(t, "bob", trust.AllRights&^trust.Exec))
	c.MustPut("PUT new.txt", "new.txt", "what is in it")
	_, err := c.Get("GET new.txt")
	require.NoError(t, err)
	c.Fails("CAT nowhere", codec.NotFound)
	c.Fails("EXEC true", codec.NotAllowed)
	c.OK("PING") // needs no right
	c.OK("EXIT")
	want := []string{
		"connected bob",
		"open bob put new.txt",
		"close bob put new.txt ok crc32c=fb0fb124",
		"open bob get new.txt",
		"close bob get new.txt ok crc32c=fb0fb124",
		"open bob cat nowhere",
		"close bob cat nowhere not-found: nowhere: no such file or folder",
	}
	remotetest.Eventually(
		t,
		"the log is not complete",
		func() bool { return len(remotetest.Audited(t, path)) == len(want)+2 },
	)
	got := remotetest.Audited(t, path)
	require.Equal(t, want, got[:len(want)])
	require.Contains(t, got[len(want)], "refused bob exec true not-allowed: bob may not exec")
	require.Equal(t, "disconnected bob ok", got[len(want)+1])
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(text), "what is in it")
}

func TestRepeatedReadingIsCounted(t *testing.T) {
	n, path := remotetest.NewAudited(t)
	n.Write(t, "a", "1")
	c, _ := n.As(t, n.Peer)
	for range 3 {
		c.OK("STAT a")
	}
	require.NoError(t, os.Remove(filepath.Join(n.Dir, "a")))
	c.Fails("STAT a", codec.NotFound)
	c.OK("STAT .")
	for range 5 {
		c.OK("GET -r .")
		c.OK("PING")
	}
	c.OK("MKD -p b")
	c.OK("MKD -p b")
	c.OK("STAT .")
	c.OK("STAT .")
	c.OK("EXIT")
	missing := "not-found: a: no such file or folder"
	want := []string{
		"connected ann", "open ann stat a", "close ann stat a ok", "2 close ann stat a ok", "close ann stat a " + missing,
		"open ann stat .", "close ann stat . ok", "open ann get -r .", "close ann get -r . ok", "4 close ann get -r . ok",
		"open ann mkd -p b", "close ann mkd -p b ok", "open ann mkd -p b", "close ann mkd -p b ok",
		"open ann stat .", "close ann stat . ok", "1 close ann stat . ok", "disconnected ann ok",
	}
	complete := func() bool { return len(remotetest.Audited(t, path)) >= len(want) }
	remotetest.Eventually(t, "the log is not complete", complete)
	require.Equal(t, want, remotetest.Audited(t, path))
}

func TestNothingIsChangedWhenTheAuditLogCannotBeWritten(t *testing.T) {
	n, path := remotetest.NewAudited(t)
	n.Write(t, "kept", "kept")
	c, _ := n.As(t, n.Peer)
	c.OK("STAT kept")
	if runtime.GOOS == "windows" { // which removes no open file
		require.NoError(t, n.Server.Audit.Close())
	}
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700)) // no file can be there
	for _, verb := range new(remote.Server).Table() {
		if verb.Right&(trust.Put|trust.Del|trust.Exec) != 0 {
			_, e := c.Fails(verb.Verb+" kept kept2", codec.NotAllowed)
			require.Contains(t, e.Text, "audit log", verb.Verb)
		}
	}
	require.Equal(t, "kept", c.OK("CAT kept").Data)
	require.NoError(t, os.Remove(path))
	c.OK("MKD new")
	require.Contains(t, n.Log.String(), "level=ERROR msg=audit")
}

func TestCallThatPanicsIsNotAuditedAsDone(t *testing.T) {
	n, path := remotetest.NewAudited(t)
	n.Server.Verbs = append(
		n.Server.Verbs,
		remotetest.ExtraVerb("BOOM", false, func(context.Context) error { panic("boom, on purpose") }),
	)
	c, _ := n.As(t, n.Peer)
	_, err := c.Call(t.Context(), remotetest.NewRequest(t, "BOOM"))
	require.ErrorIs(t, err, &codec.Error{Code: codec.Internal})
	remotetest.Eventually(t, "it is not audited", func() bool {
		return strings.Contains(
			strings.Join(remotetest.Audited(t, path), "\n"),
			"close ann boom internal: the server made a mistake",
		)
	})
}
