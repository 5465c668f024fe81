package files_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// Whatever makes a name on Windows says why it is not possible.
func TestANameThatWindowsRefusesHasItsReason(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	h.Write(t, "file", "file")
	h.Write(t, "folder/x", "x")
	for name, reason := range map[string]string{
		"con": "CON is a device", "nul.txt": "NUL is a device", "COM1": "COM1 is a device",
		"dot.": "must not end in '.'", `"blank "`: "must not end in ' '",
		"file:stream": "must not contain ':'", `"a|b"`: "must not contain '|'", `e"caf\xe9"`: "valid UTF-8",
		strings.Repeat("日", 256): "256 UTF-16 units",
	} {
		for _, line := range []string{
			"MKD " + name, "MKD -p " + name, "MOVE file " + name, "MOVE folder " + name, "MOVE -f file " + name,
			"COPY file " + name, "COPY -r folder " + name,
		} {
			_, e := c.Fails(line, codec.BadName)
			require.Contains(t, e.Error(), reason, line)
		}
		for _, line := range []string{"PUT " + name, "PUT -f " + name, "PUT -r " + name} {
			e := c.RequireCode(c.Put(t.Context(), line, "file", []byte("new")), line, codec.BadName)
			require.Contains(t, e.Error(), reason, line)
		}
	}
	list, err := os.ReadDir(h.Dir)
	require.NoError(t, err)
	require.Len(t, list, 2, "nothing was made")
	c.OK("MKD " + strings.Repeat("日", 255))
}
