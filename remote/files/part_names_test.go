package files_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

const (
	partName   = ".techsh-part-0123456789ab31c5" // as a landing makes it
	likeAPart  = ".techsh-part-0123456789abcdef" // the last four digits are wrong
	likeNoPart = ".techsh-part-what I noted.."
)

// A file with such a name would be hidden, and swept after a week.
func TestNothingGetsTheNameOfAPart(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Write(t, "file", "file")
		h.Write(t, "folder/x", "x")
		before := remotetest.State(t, h.Dir, "")
		c := h.Client(t)
		for _, name := range []string{partName, likeAPart, ".techsh-part-xxxxxxxxxxxxxxxx"} {
			for _, line := range []string{
				"MKD " + name, "MKD -p " + name, "MKD -p " + name + "/below", "MKD folder/" + name,
				"MOVE file " + name, "MOVE folder " + name, "MOVE -f file folder/" + name,
				"COPY file " + name, "COPY -f file folder/" + name, "COPY -r folder " + name,
			} {
				c.Fails(line, codec.BadName)
			}
			for _, line := range []string{"PUT " + name, "PUT -f folder/" + name, "PUT -r " + name} {
				c.RequireCode(c.Put(t.Context(), line, "file", []byte("new")), line, codec.BadName)
			}
		}
		c.RequireCode(c.Put(t.Context(), "PUT", partName, []byte("new")), "PUT", codec.BadName)
		require.Equal(t, before, remotetest.State(t, h.Dir, ""))
	})
}

func TestWhatOnlyLooksLikeAPartIsListedCopiedAndMoved(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		left := remotetest.Plant(t, h.Dir, map[string]string{
			"t/" + likeAPart: "text", "t/" + likeNoPart: "text", "t/parts/" + partName: "part",
			"t/in " + likeAPart + "/" + likeAPart + "/in": "in", "t/link/" + likeAPart: "@in",
			"no parts/folder/" + partName + "/in": "in", "no parts/link/" + partName: "@in",
			"t/link/": "", "no parts/link/": "",
		})
		c := h.Client(t)
		paths := []string{
			"t", "t/" + likeAPart, "t/" + likeNoPart, "t/in " + likeAPart, "t/in " + likeAPart + "/" + likeAPart,
			"t/in " + likeAPart + "/" + likeAPart + "/in", "t/link", "t/link/" + likeAPart, "t/parts", "no parts",
			"no parts/folder", "no parts/folder/" + partName, "no parts/folder/" + partName + "/in",
			"no parts/link", "no parts/link/" + partName,
		}
		paths = remotetest.Without(left, paths)
		require.ElementsMatch(t, paths, c.OK(`FIND t "no parts"`).Names(t))
		listed := c.OK(`DIR -aR t "no parts"`).Names(t)
		for _, path := range paths {
			if filepath.Dir(path) != "." {
				require.Contains(t, listed, filepath.Base(path))
			}
			require.Equal(t, []string{path}, c.OK("STAT "+codec.Quote(codec.Lit(path))).Names(t))
		}
		require.NotEmpty(t, c.OK("DIR t/.techsh-*").Names(t))
		c.Fails("DIR t/parts/.techsh-*", codec.NotFound)

		c.OK("COPY -r t copied")
		want := remotetest.TreeState(t, filepath.Join(h.Dir, "t"))
		delete(want, "parts/"+partName)
		require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(
			remotetest.TreeState(t, filepath.Join(h.Dir, "copied")))))
		got, _ := c.Fails(`COPY -r "no parts" other`, codec.Partial)
		cannot := []string{"no parts/folder/" + partName, "no parts/link/" + partName}
		require.Len(t, got.Notes, len(remotetest.Without(left, cannot)), "what cannot be copied is told")
		h.Write(t, "into/x", "")
		c.OK("COPY t/" + likeAPart + " into")
		c.OK("MOVE t/" + likeAPart + " into/moved")
		require.Equal(t, "text", h.Read(t, "into/"+likeAPart))
		require.Equal(t, "text", h.Read(t, "into/moved"))
		files, err := c.Get("GET into/" + likeAPart)
		require.NoError(t, err)
		require.Equal(t, map[string]string{likeAPart: "text"}, files)
	})
}
