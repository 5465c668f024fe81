package transfers_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// getListed makes a GET -r --list with these names.
func getListed(c *remotetest.Client, line string, names ...string) (remotetest.Reply, error) {
	r := remotetest.NewRequest(c.T, line)
	var frames []string
	for chunk := range slices.Chunk(names, 1000) {
		frame := "DATA "
		for _, name := range chunk {
			frame += codec.Quote(codec.Lit(name)) + "\n"
		}
		frames = append(frames, frame)
	}
	r.Send = remotetest.Sending(frames...)
	return c.Call(c.T.Context(), r)
}

func TestListSelectsAPartOfATree(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		remotetest.GardenTree(t, filepath.Join(h.Dir, "tree"))
		remotetest.Plant(
			t,
			h.Dir,
			map[string]string{
				"tree/deny/x":      "x",
				"tree/deny/deny/y": "y",
				"tree/links/one":   "@../deny/x",
				"tree/links/two":   "@../deny",
			},
		)
		c := h.Client(t)
		for _, by := range []struct {
			line  string
			names []string
			want  []string
		}{
			{
				"GET -r --list tree",
				[]string{"a.txt", "sub/deep/deeper/leaf"},
				[]string{
					"tree",
					"tree/a.txt",
					"tree/sub",
					"tree/sub/deep",
					"tree/sub/deep/deeper",
					"tree/sub/deep/deeper/leaf",
				},
			},
			{"GET -r --list tree/", []string{"none/", "empty"}, []string{"tree", "tree/empty", "tree/none"}},
			{"GET -r --list tree", []string{"sub/deep/"}, []string{"tree", "tree/sub", "tree/sub/deep"}},
			{"GET -r --list tree/sub/..", []string{"a.txt", "a.txt"}, []string{".", "./a.txt"}},
			{
				"GET -rL --list tree/links",
				[]string{"one", "two/x"},
				[]string{"links", "links/one", "links/two", "links/two/x"},
			},
			{"GET -r --list tree", []string{"link"}, []string{"tree", "tree/link"}},
			{"GET -r --list tree", nil, nil},
		} {
			if strings.Contains(fmt.Sprint(by), "link") && !remotetest.CanLink(t) {
				continue
			}
			got, err := getListed(c, by.line, by.names...)
			require.NoError(t, err, by)
			var names []string
			for _, f := range got.Files {
				e, err := codec.ParseEntry(f)
				require.NoError(t, err)
				names = append(names, e.Name)
			}
			slices.Sort(names)
			require.Equal(t, by.want, names, by)
		}
		var all []string
		for _, name := range remotetest.StrangeNames() {
			all = append(all, "strange/"+name)
		}
		got, err := getListed(c, "GET -r --list tree", all...)
		require.NoError(t, err)
		require.Len(t, got.Files, 2+len(all))
	})
}

func TestMissingListedFilesAreNoted(t *testing.T) {
	h := remotetest.New(t, false)
	remotetest.GardenTree(t, filepath.Join(h.Dir, "tree"))
	c := h.Client(t)
	got, err := getListed(
		c,
		"GET -r --list tree",
		"a.txt",
		"nova",
		"sub",
		"a.txt/",
		"../tree/a.txt",
		"/etc/passwd",
		"tree/a.txt",
	)
	e := c.RequireCode(err, "GET", codec.Partial)
	require.Equal(t, []string{"not-found tree \"6 of the 7 listed names do not exist\"\n"}, got.Notes)
	require.Equal(t, "6", e.More[0].Value)
	require.Equal(t, "hello\n", got.Data)
	for _, path := range []string{"tree/a.txt", "nova"} {
		_, err = getListed(c, "GET -r --list "+path, "a.txt")
		require.Error(t, err)
	}
}

func TestListsThatMakeNoSenseAreAnswered(t *testing.T) {
	h := remotetest.New(t, false)
	remotetest.GardenTree(t, filepath.Join(h.Dir, "tree"))
	c := h.Client(t)
	for _, frames := range [][]string{
		{"DATA a.txt"},
		{"DATA a b\n"},
		{"DATA \"a\n"},
		{"DATA \n"},
		{"DATA a.txt\nb"},
		{"FILE f 0644 3 - x"},
		{"SUM none"},
	} {
		r := remotetest.NewRequest(t, "GET -r --list tree")
		r.Send = remotetest.Sending(frames...)
		got, err := c.Call(t.Context(), r)
		c.RequireCode(err, fmt.Sprint(frames), codec.BadRequest)
		require.Empty(t, got.Files)
		c.OK("PING")
	}
}
