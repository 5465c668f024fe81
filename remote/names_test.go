//go:build unix

package remote_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// listed makes GET -r --list of the names and returns what comes.
func (c *client) listed(line string, names ...string) (reply, error) {
	r := request(c.t, line)
	var frames []string
	for chunk := range slices.Chunk(names, 1000) {
		frame := "DATA "
		for _, name := range chunk {
			frame += codec.Quote(codec.Lit(name)) + "\n"
		}
		frames = append(frames, frame)
	}
	r.Send = sending(frames...)
	return c.call(c.t.Context(), r)
}

func TestListSaysWhatOfATreeIsWanted(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		garden(t, filepath.Join(h.dir, "tree"))
		plant(t, h.dir, map[string]string{"tree/deny/x": "x", "tree/deny/deny/y": "y", "tree/links/one": "@../deny/x", "tree/links/two": "@../deny"})
		c := h.client(t)
		for _, by := range []struct {
			line  string
			names []string
			want  []string
		}{
			{"GET -r --list tree", []string{"a.txt", "sub/deep/deeper/leaf"}, []string{"tree", "tree/a.txt", "tree/sub", "tree/sub/deep", "tree/sub/deep/deeper", "tree/sub/deep/deeper/leaf"}},
			{"GET -r --list tree/", []string{"none/", "link"}, []string{"tree", "tree/link", "tree/none"}},
			{"GET -r --list tree", []string{"sub/deep/"}, []string{"tree", "tree/sub", "tree/sub/deep"}},
			{"GET -r --list tree/sub/..", []string{"a.txt", "a.txt"}, []string{".", "./a.txt"}},
			{"GET -rL --list tree/links", []string{"one", "two/x"}, []string{"links", "links/one", "links/two", "links/two/x"}},
			{"GET -r --list tree", nil, nil},
		} {
			got, err := c.listed(by.line, by.names...)
			require.NoError(t, err, by)
			var names []string
			for _, f := range got.files {
				e, err := codec.ParseEntry(f)
				require.NoError(t, err)
				names = append(names, e.Name)
			}
			slices.Sort(names)
			require.Equal(t, by.want, names, by)
		}
		var all []string
		for _, name := range strange() {
			all = append(all, "strange/"+name)
		}
		got, err := c.listed("GET -r --list tree", all...)
		require.NoError(t, err)
		require.Len(t, got.files, 2+len(all))
	})
}

func TestListedThingsThatAreGoneAreTold(t *testing.T) {
	h := newHelped(t, false)
	garden(t, filepath.Join(h.dir, "tree"))
	c := h.client(t)
	got, err := c.listed("GET -r --list tree", "a.txt", "nova", "sub", "a.txt/", "../tree/a.txt", "/etc/passwd", "tree/a.txt")
	e := c.requireCode(err, "GET", codec.Partial)
	require.Equal(t, []string{"not-found tree \"6 of 7 things in it are not there\"\n"}, got.notes)
	require.Equal(t, "6", e.More[0].Value)
	require.Equal(t, "hello\n", got.data)
	for _, path := range []string{"tree/a.txt", "nova"} {
		_, err = c.listed("GET -r --list "+path, "a.txt")
		require.Error(t, err)
	}
}

func TestListsThatMakeNoSenseAreAnswered(t *testing.T) {
	h := newHelped(t, false)
	garden(t, filepath.Join(h.dir, "tree"))
	c := h.client(t)
	for _, frames := range [][]string{
		{"DATA a.txt"}, {"DATA a b\n"}, {"DATA \"a\n"}, {"DATA \n"}, {"DATA a.txt\nb"}, {"FILE f 0644 3 - x"}, {"SUM none"},
	} {
		r := request(t, "GET -r --list tree")
		r.Send = sending(frames...)
		got, err := c.call(t.Context(), r)
		c.requireCode(err, fmt.Sprint(frames), codec.BadRequest)
		require.Empty(t, got.files)
		c.ok("PING")
	}
}
