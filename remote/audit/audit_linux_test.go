package audit_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/remote/audit"
	"techsh/remote/remotetest"
)

func TestAuditRecoversWhenTheDiskHasRoomAgain(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=1m"); err != nil {
		remotetest.SkipWithout(t, "mount: ", err)
	}
	defer func() { _ = unix.Unmount(dir, 0) }()
	path := filepath.Join(dir, "audit.jsonl")
	a, err := audit.Open(path)
	require.NoError(t, err)
	defer a.Close()
	require.NoError(t, a.Write(audit.Event{What: "open", Words: "before"}))
	filler := filepath.Join(dir, "filler")
	require.ErrorIs(t, os.WriteFile(filler, make([]byte, 2<<20), 0o600), unix.ENOSPC)
	full := audit.Event{What: "open", Words: strings.Repeat("x", 1000)}
	for err = nil; err == nil; { // fills the rest of the last block
		err = a.Write(full)
	}
	require.ErrorIs(t, err, unix.ENOSPC)
	require.ErrorIs(t, a.Write(full), unix.ENOSPC)
	require.NoError(t, os.Remove(filler))
	require.NoError(t, a.Write(audit.Event{What: "open", Words: "after"}))
	got, errs := events(path)
	require.Equal(t, "before", got[0].Words)
	require.Equal(t, "after", got[len(got)-1].Words)
	require.LessOrEqual(t, len(errs), 2) // only from lines that were cut off
	for _, e := range got[1 : len(got)-1] {
		require.Equal(t, full.Words, e.Words)
	}
}

// In the process that is started, each fsync of the log fails.
func TestLinesOfChangesAreOnDiskBeforeTheirEffect(t *testing.T) {
	if out, err := exec.Command("strace", "-o", "/dev/null", "true").CombinedOutput(); err != nil {
		remotetest.SkipWithout(t, "strace: ", err, string(out))
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command("strace", "-f", "-o", "/dev/null", "-P", path, "-e", "inject=fsync:error=EIO",
		self, "-test.run", "^TestAuditingProcess$")
	cmd.Env = append(os.Environ(), auditAt+"="+path)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	failed := fmt.Sprintf("audit log: sync %s: input/output error\n", path)
	require.Contains(t, string(out), "open exec "+failed+"open put "+failed+"open del "+failed+
		"close del <nil>\nopen dir <nil>\nconnected  <nil>\n")
}
