package trust_test

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"techsh/codec"
	"techsh/codec/trust"
)

// TestMain also plays a role in the processes that tests start.
func TestMain(m *testing.M) {
	if role := os.Getenv("TRUST_TEST_ROLE"); role != "" {
		f, err := trust.Open(os.Getenv("TRUST_TEST_FOLDER"))
		if err == nil {
			err = roles()[role](f)
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// roles returns the functions that another process can run on a folder.
func roles() map[string]func(f *trust.Folder) error {
	return map[string]func(f *trust.Folder) error{
		"identity": func(f *trust.Folder) error {
			i, err := f.Identity()
			if err == nil {
				fmt.Print(i.ID)
			}
			return err
		},
		"spend": func(f *trust.Folder) error {
			code, err := f.Invitation()
			if err == nil {
				_, err = f.Spend(code)
			}
			return err
		},
		"add": func(f *trust.Folder) error {
			for n := range 20 {
				p := trust.Peer{ID: numbered(os.Getpid()*100 + n), Name: "someone", Can: trust.Dir}
				if _, err := f.AddPeer(p); err != nil {
					return err
				}
			}
			return nil
		},
		"hold": func(f *trust.Folder) error { // holds the lock until the process is killed
			_, err := f.Lock()
			fmt.Println("held")
			if err == nil {
				_, _ = os.Stdin.Read(make([]byte, 1))
			}
			return err
		},
	}
}

// process starts another process in a role.
func process(t testing.TB, dir, role string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "TRUST_TEST_ROLE="+role, "TRUST_TEST_FOLDER="+dir)
	return cmd
}

// folder returns a new folder and its path.
func folder(t testing.TB) (*trust.Folder, string) {
	dir := filepath.Join(t.TempDir(), "techsh")
	f, err := trust.Open(dir)
	require.NoError(t, err)
	return f, dir
}

// write writes a file of the folder as a user would, outside of package trust.
func write(t testing.TB, f *trust.Folder, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(f.Path(name), []byte(text), 0o600))
	// long ago, because a file that was written just now is never cached
	require.NoError(t, os.Chtimes(f.Path(name), time.Time{}, time.Now().Add(-time.Hour)))
}

func requireFile(t testing.TB, f *trust.Folder, name, text string) {
	t.Helper()
	b, err := os.ReadFile(f.Path(name))
	require.NoError(t, err)
	require.Equal(t, text, string(b))
}

// requireOnly checks that the folder contains only these files and the lock.
func requireOnly(t testing.TB, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	require.ElementsMatch(t, append(names, "lock"), have)
}

// requireHint checks that an error names the file and has a hint.
func requireHint(t testing.TB, err error, path, hint string) {
	t.Helper()
	require.ErrorContains(t, err, path)
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, e.Hint, hint)
}

// onUnix skips tests of modes, links and the like on other systems.
func onUnix(t testing.TB) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
}

func newIdentity(t testing.TB) *trust.Identity {
	i, err := trust.NewIdentity()
	require.NoError(t, err)
	return i
}

func encode(sum []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum))
}

// numbered returns the ID that tests use as number n.
func numbered(n int) trust.ID {
	sum := make([]byte, 32)
	copy(sum, fmt.Sprintf("%032d", n))
	return trust.ID(encode(sum))
}

func randomID() trust.ID {
	sum := make([]byte, 32)
	_, _ = rand.Read(sum)
	return trust.ID(encode(sum))
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}
