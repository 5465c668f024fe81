package main

import (
	"image"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAPictureCrossesADialect saves a picture of an X server's screen.
func TestAPictureCrossesADialect(t *testing.T) {
	t.Setenv("DISPLAY", startX(t))
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("XDG_SESSION_TYPE", "")
	c := newDialectServer(t, "--dialect", "ex27=:0")
	for format, want := range map[string]string{"": "png", "--format jpeg": "jpeg"} {
		shot := "shot " + format + " -o " + filepath.Join(c.dir, "desk."+want)
		out, errs, status := c.techsh("--dialect", "ex27", "-c", shot, c.addrs["ex27"])
		require.Zero(t, status, errs)
		f, err := os.Open(strings.TrimSpace(out))
		require.NoError(t, err)
		defer f.Close()
		config, is, err := image.DecodeConfig(f)
		require.NoError(t, err)
		require.Equal(t, want, is)
		require.Equal(t, image.Pt(320, 200), image.Pt(config.Width, config.Height))
	}
	c.logs("shot --format jpeg")
	c.logs("sends the last picture")
}
