package files_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// states returns the states of everything below path, one on each line.
func states(c *remotetest.Client, path string) string {
	var b strings.Builder
	got := c.OK("FIND --state " + path)
	require.NoError(c.T, codec.Entries([]byte(got.Data), func(e codec.Entry) error {
		state, ok := e.More.Get("state")
		require.True(c.T, ok, e.Name)
		b.WriteString(state + "\n")
		return nil
	}))
	return b.String()
}

// deleteListed makes a DEL --state with a list.
func deleteListed(c *remotetest.Client, line, list string) (remotetest.Reply, error) {
	r := remotetest.NewRequest(c.T, line)
	r.Send = remotetest.Sending("DATA " + list)
	return c.Call(c.T.Context(), r)
}

// Everything that has changed since it was listed stays, with the folders around it.
func TestDeleteByStateDeletesOnlyWhatHasNotChanged(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		old := time.Unix(1_700_000_000, 5)
		left := remotetest.Plant(t, h.Dir, map[string]string{
			"t/same":                          "1",
			"t/grown":                         "1",
			"t/touched":                       "1",
			"t/rewritten":                     "1",
			"t/sub/same":                      "1",
			"t/sub/link":                      "@x",
			"t/sub/relink":                    "@x",
			"t/gone/x":                        "",
			"t/turned":                        "1",
			"t/.techsh-part-0123456789ab31c5": "part", // is not listed
		})
		in := func(name string) string { return filepath.Join(h.Dir, "t", name) }
		require.NoError(t, os.Chtimes(in("rewritten"), old, old))
		c := h.Client(t)
		list := states(c, "t")
		h.Write(t, "t/grown", "12")
		require.NoError(t, os.Chtimes(in("touched"), old, old))
		h.Write(t, "t/rewritten", "2")
		require.NoError(t, os.Chtimes(in("rewritten"), old, old))
		for _, name := range []string{"turned", "sub/relink"} {
			require.NoError(t, os.RemoveAll(in(name)))
		}
		remotetest.Plant(t, h.Dir, map[string]string{
			"t/new": "1", "t/newfolder/x": "1", "t/sub/new": "1", "t/turned/x": "1", "t/sub/relink": "@x",
		})
		require.NoError(t, os.RemoveAll(in("gone"))) // after the others, which would get its number
		got, err := deleteListed(c, "DEL -r --state t", list)
		c.RequireCode(err, "DEL", codec.NotEmpty)
		var noted []string
		for _, note := range got.Notes {
			require.True(t, strings.HasPrefix(note, "changed "), note)
			noted = append(noted, strings.Fields(note)[1])
		}
		require.ElementsMatch(t, remotetest.Without(left, []string{
			"t/new", "t/newfolder", "t/sub/new", "t/sub/relink", "t/grown", "t/touched", "t/rewritten", "t/turned",
		}), noted)
		var stay []string
		for name := range remotetest.TreeState(t, filepath.Join(h.Dir, "t")) {
			stay = append(stay, filepath.ToSlash(filepath.Join("t", name)))
		}
		require.ElementsMatch(t, remotetest.Without(left, []string{
			"t", "t/new", "t/newfolder", "t/newfolder/x", "t/sub", "t/sub/new", "t/sub/relink", "t/grown", "t/touched",
			"t/rewritten", "t/turned", "t/turned/x",
		}), stay)

		list = states(c, "t")
		_, err = deleteListed(c, "DEL -r --state t", list)
		require.NoError(t, err)
		require.NoDirExists(t, in(""))
	})
}

func TestDeleteByStateTakesOnlyAListOfStates(t *testing.T) {
	h := remotetest.New(t, false)
	h.Furnish(t)
	c := h.Client(t)
	for _, list := range []string{"x\n", "0123456789ABCDEF\n", "0123456789abcdef", "0 0\n", "-1\n"} {
		_, err := deleteListed(c, "DEL --state hello.txt", list)
		c.RequireCode(err, list, codec.BadRequest)
	}
	_, err := deleteListed(c, "DEL --state hello.txt", "0123456789abcdef\n")
	c.RequireCode(err, "another state", codec.Changed)
	_, err = deleteListed(c, "DEL --state hello.txt", "")
	c.RequireCode(err, "no state", codec.Changed)
	_, err = deleteListed(c, "DEL --state hello.txt", states(c, "hello.txt"))
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(h.Dir, "hello.txt"))
}
