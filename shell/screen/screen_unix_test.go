//go:build unix

package screen_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/screen"
	"techsh/shell/shelltest"
)

// installViewer makes PATH contain only a script under the name of the local viewer.
func installViewer(t *testing.T, script string) {
	t.Helper()
	bin := t.TempDir()
	if script != "" {
		path := filepath.Join(bin, screen.ViewerCommand(runtime.GOOS, "")[0])
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755))
	}
	t.Setenv("PATH", bin)
}

func TestThePictureIsOpened(t *testing.T) {
	s := newSession(t, sends(smallPicture(t, "")))
	installViewer(t, `printf %s "$1" >opened`)
	t.Chdir(s.Dir)
	require.Equal(t, "desk.png\n", s.Says("shot -o desk.png --open"))
	b, err := os.ReadFile(filepath.Join(s.Dir, "opened"))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(s.Dir, "desk.png"), string(b))
}

func TestAViewerThatFailsSaysSoAndThePictureStays(t *testing.T) {
	for script, says := range map[string]string{"": "is not installed", "exit 3": "exit status 3"} {
		s := newSession(t, sends(smallPicture(t, "")))
		installViewer(t, script)
		require.Error(t, s.Run("shot -o desk.png --open"))
		require.Contains(t, s.Printed(), says)
		require.Equal(t, []string{"desk.png"}, shelltest.Everything(t, s.Dir))
	}
}

// Ctrl-C in the terminal of techsh must not end the viewer.
func TestAViewerIsInAProcessGroupOfItsOwn(t *testing.T) {
	s := newSession(t, sends(smallPicture(t, "")))
	installViewer(t, `kill -s 0 -- -$$`) // fails unless the script leads its process group
	s.Does("shot -o desk.png --open")
}

// Tab completes display numbers only for --display, not for other options.
func TestTabKnowsTheDisplays(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{
		"SHOT": sends(),
		"DISP": shelltest.Tells("1 800x600 0,0 -\n2 800x600 800,0 -\n"),
	})
	p := s.Prompt()
	p.Runs("ping")
	p.Lists("shot -d ", "1", "2", "all")
	p.Completes("shot -d a", "shot -d all ")
	p.Completes("shot -n ", "shot -n ")
}

// A picture that is too large to be drawn is still saved as a file.
func TestAPictureThatIsTooLargeIsNotDrawn(t *testing.T) {
	for width, says := range map[uint32]string{4096: "", 4097: "4097x4096 is too large for a terminal"} {
		s := newSession(t, sends(picture{pieces: [][]byte{pngHead(width, 4096, 8, 2)}}))
		printed := strings.Join(s.Prompt().Runs("shot --preview only"), "\n")
		if says == "" {
			require.NotContains(t, printed, "too large")
			require.Contains(t, printed, "shot: ")
			continue
		}
		require.Contains(t, printed, says)
		require.Contains(t, printed, "--scale makes it smaller")
	}
}
