package transfers_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// A file of /sys states the size of a page, and has less.
func TestFilesThatStateAnotherSizeAreReadByEveryVerb(t *testing.T) {
	const path = "/sys/kernel/mm/transparent_hugepage/enabled"
	want, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		lacks(t, path, "is missing")
	}
	require.NoError(t, err)
	h := remotetest.New(t, false)
	c := h.Client(t)
	for _, call := range []string{"GET " + path, "GET -r " + path, "GET --sum sha256 " + path} {
		files, err := c.Get(call)
		require.NoError(t, err, call)
		require.Equal(t, string(want), files["enabled"], call)
	}
	require.Equal(t, string(want), c.OK("CAT "+path).Data)
	require.Equal(t, fmt.Sprintf("%x %s\n", sha256.Sum256(want), path), c.OK("HASH "+path).Data)
	c.OK("COPY " + path + " copy")
	require.Equal(t, string(want), h.Read(t, "copy"))
	folder := filepath.Dir(path)
	_, err = c.Do(t.Context(), remotetest.NewRequest(t, "COPY -r "+folder+" tree"))
	if err != nil {
		require.ErrorIs(t, err, &codec.Error{Code: codec.Partial})
	}
	require.Equal(t, string(want), h.Read(t, "tree/enabled"))
}

// lacks skips a test because this machine lacks something that it needs. In CI the test
// fails instead.
func lacks(t *testing.T, what ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what...)
	}
	t.Skip(what...)
}
