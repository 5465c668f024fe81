package disk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/remotetest"
)

// The folder contains a key, an open pairing code and the rights of other peers.
func TestPrivateFolderCannotBeReached(t *testing.T) {
	for _, root := range []bool{false, true} {
		var private, dir string
		n := remotetest.NewNetwork(t, func(s *remote.Server) {
			dir = s.Dir
			private = filepath.Join(dir, "config", "techsh")
			require.NoError(t, os.MkdirAll(private, 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(private, "identity.pem"), []byte("secret"), 0o600))
			require.NoError(t, os.Symlink(private, filepath.Join(dir, "link")))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "mine"), []byte("mine"), 0o600))
			s.Private = private
			if root {
				s.Root = dir
			}
		})
		c, _ := n.As(t, n.Invited(t, "bob", trust.AllRights&^trust.Exec))
		for _, line := range []string{
			"CAT config/techsh/identity.pem", "CAT link/identity.pem", "GET config/techsh/identity.pem",
			"DIR config/techsh", "DIR link", "CD config/techsh",
			"STAT config/techsh/identity.pem", "DEL config/techsh/identity.pem",
			"COPY config/techsh/identity.pem .", "COPY mine config/techsh",
			"COPY mine config/techsh/peers", "MOVE config/techsh/identity.pem x",
			"MOVE -f mine config/techsh/identity.pem", "MKD config/techsh/new", "MKD -p config/techsh/new/er",
			"DIR -c config/techsh/", "DEL -r config/techsh",
		} {
			got, err := c.Call(t.Context(), remotetest.NewRequest(t, line))
			if err == nil {
				require.Empty(t, got.Data, line)
				continue
			}
			require.Contains(
				t,
				[]codec.Code{codec.NotAllowed, codec.IsDirectory, codec.NotEmpty},
				codec.Explain("", err).Code,
				"%s: %v",
				line,
				err,
			)
		}
		require.Error(t, c.Put(t.Context(), "PUT -f config/techsh/peers", "peers", []byte("x")))
		require.Error(t, c.Put(t.Context(), "PUT -f -t config/techsh", "peers", []byte("x")))
		for _, line := range []string{
			"GET -r config",
			"GET -r -L config",
			"COPY -r config other",
			"DIR -R config",
			"FIND config",
			"DU config",
			"HASH config/techsh/*",
		} {
			got, _ := c.Call(t.Context(), remotetest.NewRequest(t, line))
			require.NotContains(t, got.Data, "secret", line)
			require.NotContains(t, got.Data, "identity.pem", line)
		}
		r := remotetest.NewRequest(t, "PUT -r -f .")
		r.Send = remotetest.Sending(
			"FILE d 0755 - - config",
			"FILE d 0755 - - config/techsh",
			"FILE f 0644 0 - config/techsh/peers",
			"SUM none",
		)
		_, err := c.Call(t.Context(), r)
		require.Error(t, err)
		_, err = os.Stat(filepath.Join(dir, "other", "techsh", "identity.pem"))
		require.Error(t, err)
		for _, line := range []string{"CAT config/techsh/*", "CAT */*/identity.pem", "CAT **/identity.pem"} {
			got, err := c.Call(t.Context(), remotetest.NewRequest(t, line))
			require.Error(t, err, line)
			require.NotContains(t, got.Data, "secret", line)
		}
		for _, line := range []string{"MOVE config elsewhere", "MOVE config/techsh elsewhere", "DEL -r config"} {
			_, err := c.Call(t.Context(), remotetest.NewRequest(t, line))
			require.ErrorIs(t, err, &codec.Error{Code: codec.NotAllowed}, line)
		}
		list, err := os.ReadDir(private)
		require.NoError(t, err)
		require.Len(t, list, 1)
		text, err := os.ReadFile(filepath.Join(private, "identity.pem"))
		require.NoError(t, err)
		require.Equal(t, "secret", string(text))
		require.NotContains(t, strings.Join(c.OK("DIR").Names(t), " "), "identity.pem")
	}
}
