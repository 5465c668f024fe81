package install_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/remote/install"
)

// systemd reads the units without a complaint, whatever is in the paths.
func TestSystemdTakesTheUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	s := unixService()
	s.Folder, s.Home = t.TempDir(), t.TempDir()
	s.Program = filepath.Join(t.TempDir(), "tech $HOME %u ; #shd")
	require.NoError(t, os.WriteFile(s.Program, []byte("#!/bin/sh\n"), 0o755))
	s.Options = append(s.Options, "", ";", "\xff", "a\nb", "%h", "${HOME}")
	steps := install.Systemd(s).Steps
	words := []string{"verify", "--user"}
	for _, step := range steps[:2] {
		path := step.Do.Text[len("write "):]
		require.NoError(t, os.WriteFile(path, []byte(step.Do.Content), 0o644))
		words = append(words, path)
	}
	cmd := exec.CommandContext(t.Context(), analyze, words...)
	cmd.Env = append(os.Environ(), "HOME="+s.Home, "XDG_RUNTIME_DIR="+t.TempDir(), "XDG_CONFIG_HOME=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Empty(t, string(out))
}
