package landing_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
)

// later advances the fake clock to d after the change time of path.
func later(t *testing.T, path string, d time.Duration) {
	fi, err := os.Lstat(path)
	require.NoError(t, err)
	time.Sleep(time.Until(fi.ModTime().Add(d)))
}

func TestPartsAreRemovedAfterAWeek(t *testing.T) {
	const day = 24 * time.Hour
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var parts []string
		for i, id := range []string{"0000000000003c4c", "0000000000015897", "000000000002a59d"} {
			parts = append(parts, ".techsh-part-"+id)
			require.NoError(t, os.WriteFile(filepath.Join(dir, parts[i]), []byte("part"), 0o600))
		}
		plant(
			t, dir,
			map[string]string{
				".techsh-part-no": "no part", "old": "old", ".techsh-part-0000000000aa4085/": "",
				".techsh-part-0000000000bb8344": "->old", ".techsh-part-0123456789abcdef": "no part",
			},
		)
		stay := []string{
			".techsh-part-no", "old", ".techsh-part-0000000000aa4085", ".techsh-part-0000000000bb8344",
			".techsh-part-0123456789abcdef",
		}
		long := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
		land := func() {
			to := target(t, dir, "x")
			to.Force = true
			l, err := landing.Begin(to)
			require.NoError(t, err)
			require.NoError(t, l.Commit(0o644, time.Time{}))
		}
		later(t, filepath.Join(dir, parts[0]), 7*day-time.Minute)
		land()
		requireOnly(t, dir, append(append(stay, "x"), parts...)...)
		writing, err := landing.Begin(landing.Target{Dir: open(t, dir), Name: "y", Key: "y"})
		require.NoError(t, err)
		mine := ""
		list, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range list {
			if landing.IsPart(e.Name()) && e.Type().IsRegular() && e.Name() != parts[0] &&
				e.Name() != parts[1] && e.Name() != parts[2] {
				mine = e.Name()
			}
		}
		// a part file in use may have the old time of its source, and this one is as old
		// as the others
		require.NoError(t, os.Chtimes(filepath.Join(dir, mine), long, long))
		later(t, filepath.Join(dir, parts[0]), 8*day)
		land()
		requireOnly(t, dir, append(stay, "x", mine)...)
		writing.Abandon()
	})
}

// An old part file that is being continued is kept.
func TestOldPartIsContinued(t *testing.T) {
	dir, content := t.TempDir(), noise(1000)
	leave(t, dir, content, 500)
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		later(t, filepath.Join(dir, list[0].Name()), 30*24*time.Hour)
		to := target(t, dir, "x")
		to.From = part(t, dir)
		l, err := landing.Begin(to)
		require.NoError(t, err)
		_, err = l.Write(content[500:])
		require.NoError(t, err)
		require.NoError(t, l.Commit(0o600, time.Time{}))
		requireText(t, filepath.Join(dir, "x"), string(content))
		requireOnly(t, dir, "x")
	})
}

// batch returns a Batch that fails the test if a folder cannot be completed.
func batch(t *testing.T) *landing.Batch {
	return &landing.Batch{Failed: func(name string, err error) { t.Error(name, err) }}
}

func folder(t *testing.T, b *landing.Batch, to landing.Target) *landing.Folder {
	f, err := b.MakeFolder(to, codec.Entry{Kind: codec.Folder, Mode: 0o755})
	require.NoError(t, err)
	return f
}

func TestFoldersOfATreeAreSweptToo(t *testing.T) {
	dir := t.TempDir()
	const name = ".techsh-part-0123456789ab31c5"
	plant(
		t, dir,
		map[string]string{
			"top/" + name: "part", "top/sub/" + name: "part", "top/other/" + name: "part", name: "part",
		},
	)
	synctest.Test(t, func(t *testing.T) {
		later(t, filepath.Join(dir, name), 8*24*time.Hour)
		b := batch(t)
		top := folder(t, b, landing.Target{Dir: open(t, dir), Name: "top"})
		b.Leave(folder(t, b, landing.Target{In: top, Name: "sub"}))
		b.Leave(top)
		require.NoError(t, b.Flush())
		require.Equal(
			t,
			map[string]string{
				"top/": "", "top/sub/": "", "top/other/": "", "top/other/" + name: "part", name: "part",
			},
			harvest(t, dir), "only where something lands",
		)
	})
}

// Part files of a tree that wait to be flushed have no lock and may have an old time.
func TestPartsOfATreeInProgressAreNotSwept(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"top/old": "old"})
	synctest.Test(t, func(t *testing.T) {
		later(t, filepath.Join(dir, "top", "old"), time.Hour)
		b := batch(t)
		top := folder(t, b, landing.Target{Dir: open(t, dir), Name: "top"})
		l, err := b.Begin(landing.Target{In: top, Name: "x"})
		require.NoError(t, err)
		_, err = l.Write([]byte("abc"))
		require.NoError(t, err)
		old := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
		require.NoError(t, b.Commit(l, 0o644, old, func(err error) { require.NoError(t, err) }))
		b.Leave(top)
		other := batch(t)
		other.Leave(folder(t, other, landing.Target{Dir: open(t, dir), Name: "top"}))
		require.NoError(t, other.Flush())
		require.NoError(t, b.Flush())
		requireText(t, filepath.Join(dir, "top", "x"), "abc")
	})
}
