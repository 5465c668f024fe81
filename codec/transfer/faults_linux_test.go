package transfer_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// faulty returns a receiving process in which system calls fail. A fault is in the form
// of strace, such as "fsync,linkat:error=EIO".
func faulty(t *testing.T, dir string, faults ...string) *exec.Cmd {
	if out, err := exec.Command("strace", "-o", "/dev/null", "true").CombinedOutput(); err != nil {
		lacks(t, "strace: ", err, string(out))
	}
	self, err := os.Executable()
	require.NoError(t, err)
	args := []string{"-f", "-o", "/dev/null"}
	for _, fault := range faults {
		args = append(args, "-e", "inject="+fault)
	}
	cmd := exec.Command("strace", append(args, self, "-test.run", "^TestReceivingProcess$")...)
	cmd.Env = append(os.Environ(), receiveInto+"="+dir)
	return cmd
}

// When a system call for writing fails, no file is completed, old files and no part files
// remain, and each failed file is reported.
func TestFailingFlushesAndRenames(t *testing.T) {
	single := record(t, func(s *transfer.Sender) error {
		return s.File(
			t.Context(), codec.Entry{Kind: codec.Regular, Mode: 0o640, Size: 3, Name: "top"},
			strings.NewReader("new"),
		)
	})
	from := t.TempDir()
	plant(t, from, map[string]string{"top/a": "new", "top/b": "new"})
	root := open(t, from)
	defer root.Close()
	tree := record(
		t,
		func(s *transfer.Sender) error { return s.Tree(t.Context(), root, "top", "top", transfer.Tree{}) },
	)
	large := record(t, func(s *transfer.Sender) error {
		return s.File(
			t.Context(), codec.Entry{Kind: codec.Regular, Mode: 0o640, Size: 1 << 20, Name: "top"},
			zeros{},
		)
	})
	for _, by := range []struct{ calls, stream string }{
		{"fsync", large},
		{"renameat,renameat2,linkat", large},
		{"fchmod", large},
		{"renameat,renameat2,linkat", single},
		{"fchmod", single},
		{"syncfs", single},
		{"syncfs", tree},
		{"renameat,renameat2,linkat", tree},
		{"fchmod", tree},
		{"flock", large},
	} {
		t.Run(by.calls, func(t *testing.T) {
			dir := t.TempDir()
			want, failed := map[string]string{"top": "old"}, []string{"failed top input/output error"}
			if by.stream == tree {
				want, failed = map[string]string{"top/": "", "top/a": "old"}, []string{
					"failed top/a input/output error", "failed top/b input/output error",
				}
			}
			plant(t, dir, want)
			cmd := faulty(t, dir, by.calls+":error=EIO")
			cmd.Env = append(cmd.Env, receiveForce+"=yes")
			cmd.Stdin = strings.NewReader(by.stream)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			for _, line := range failed {
				require.Contains(t, string(out), line)
			}
			require.Equal(t, want, harvest(t, dir))
		})
	}
}

// On file systems that have neither hard links nor a rename that does not replace, the
// receiver checks before and after the transfer whether the name is free.
func TestLandingWhereNamesCanOnlyBeLookedAt(t *testing.T) {
	content := string(noise(1 << 20))
	from := t.TempDir()
	plant(t, from, map[string]string{"top/x": content})
	root := open(t, from)
	defer root.Close()
	tree := record(
		t,
		func(s *transfer.Sender) error { return s.Tree(t.Context(), root, "top", "top", transfer.Tree{}) },
	)
	alone := record(t, func(s *transfer.Sender) error {
		return s.File(
			t.Context(), codec.Entry{Kind: codec.Regular, Mode: 0o640, Size: 1 << 20, Name: "x"},
			strings.NewReader(content),
		)
	})
	sum := len(crc("")) + 1 + codec.HeaderSize
	for _, by := range []struct{ name, theirs, force, want string }{
		{"nothing there", "", "", content},
		{"a file that appears meanwhile", "theirs", "", "theirs"},
		{"a file that appears meanwhile, with force", "theirs", "yes", content},
	} {
		for name, stream := range map[string]string{"x": alone, "top/x": tree} {
			t.Run(by.name+", "+name, func(t *testing.T) {
				dir := t.TempDir()
				folder := filepath.Dir(filepath.Join(dir, name))
				cmd := faulty(t, dir, "renameat2:error=EINVAL", "linkat:error=EPERM")
				cmd.Env = append(cmd.Env, receiveForce+"="+by.force)
				var out bytes.Buffer
				cmd.Stdout = &out
				in, err := cmd.StdinPipe()
				require.NoError(t, err)
				require.NoError(t, cmd.Start())
				_, werr := in.Write([]byte(stream[:len(stream)-sum]))
				require.Eventually(t, func() bool {
					list, err := os.ReadDir(folder)
					return err == nil && slices.ContainsFunc(
						list, func(e os.DirEntry) bool { return landing.IsPart(e.Name()) },
					)
				}, time.Minute, time.Millisecond)
				if by.theirs != "" {
					plant(t, dir, map[string]string{name: by.theirs})
				}
				_, err = in.Write([]byte(stream[len(stream)-sum:]))
				require.NoError(t, in.Close())
				require.NoError(t, cmd.Wait())
				require.NoError(t, werr)
				require.NoError(t, err)
				require.Equal(
					t, by.want == "theirs",
					strings.Contains(out.String(), "failed "+name+" exists already"), "%s", &out,
				)
				requireText(t, filepath.Join(dir, name), by.want)
				requireOnly(t, folder, "x")
			})
		}
	}
}
