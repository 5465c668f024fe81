package landing_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
)

func open(t testing.TB, dir string) *os.Root {
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	return root
}

func target(t testing.TB, dir, name string) landing.Target {
	return landing.Target{Dir: open(t, dir), Name: name, Key: "key"}
}

// leave writes the first n bytes of content as the file x and then leaves the part file.
func leave(t testing.TB, dir string, content []byte, n int) {
	l, err := landing.Begin(target(t, dir, "x"))
	require.NoError(t, err)
	_, err = l.Write(content[:n])
	require.NoError(t, err)
	l.Leave()
}

// part returns the prefix of x that an interrupted landing has left in dir.
func part(t testing.TB, dir string) landing.Prefix {
	to := target(t, dir, "x")
	defer to.Dir.Close()
	p, err := landing.Part(t.Context(), to)
	require.NoError(t, err)
	return p
}

// noise returns n random bytes, the same ones in each call.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
}

func source(t testing.TB, content []byte) string {
	path := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(path, content, 0o640))
	return path
}

func opened(t testing.TB, path string) *os.File {
	f, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// plant makes a file for each name and text in the map, a folder for a name that ends in
// /, and a link for a text that begins with ->.
func plant(t testing.TB, dir string, what map[string]string) {
	t.Helper()
	for name, text := range what {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(path, 0o755))
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		if target, link := strings.CutPrefix(text, "->"); link {
			require.NoError(t, os.Symlink(target, path))
			continue
		}
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

// harvest returns the contents of dir in the form that plant takes.
func harvest(t testing.TB, dir string) map[string]string {
	t.Helper()
	have := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch {
		case d.IsDir():
			have[name+"/"] = ""
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			have[name] = "->" + target
			return err
		}
		text, err := os.ReadFile(path)
		have[name] = string(text)
		return err
	}))
	return have
}

// requireOnly checks the names in dir.
func requireOnly(t testing.TB, dir string, names ...string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	have := []string{}
	for _, e := range list {
		have = append(have, e.Name())
	}
	require.ElementsMatch(t, append([]string{}, names...), have)
}

func requireText(t testing.TB, path, want string) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(
		t, bytes.Equal(b, []byte(want)), "%s has %d bytes, not the %d that were sent",
		filepath.Base(path), len(b), len(want),
	)
}

func requireCode(t testing.TB, err error, code codec.Code) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, codec.Explain("", err).Code, "%v", err)
}

// lacks skips a test because this machine lacks something that it needs. In CI the test
// fails instead.
func lacks(t testing.TB, what ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what...)
	}
	t.Skip(what...)
}

// memory returns a folder on a fast disk.
func memory(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "techsh")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
