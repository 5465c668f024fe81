package main

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"
	"techsh/shell/shelltest/terminal"
)

// TestTheSessionInTheREADMEIsTrue types the session of the README, on a computer
// whose screen shows a drawn desktop. It compares the terminal with the text and the
// picture in the README. If UPDATE=1 is set, it writes both.
func TestTheSessionInTheREADMEIsTrue(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	readme := string(text)
	const start = "$ go run ./shell/techsh"
	before, rest, _ := strings.Cut(readme, start+"\n")
	session, after, found := strings.Cut(rest, "```")
	require.True(t, found)

	home := filepath.Join(shortTempDir(t), "techsh")
	require.NoError(t, os.CopyFS(filepath.Join(home, "testdata/tree"), os.DirFS(shelltest.CopyTree(t))))
	display, frame := startXWithFrame(t, 480, 300)
	drawDesktop(frame)
	local := shortTempDir(t)
	x := terminal.New(t, 100, 70)
	x.SetAnswers( // a terminal with 24-bit colours that cannot draw pictures
		"\x1bP$qm\x1b\\", "\x1bP1$r48:2:1:2:3m\x1b\\",
		"\x1b[c", "\x1b[?62;c",
	)
	_, err = x.Screen.Write([]byte(start + "\r\n"))
	require.NoError(t, err)
	cmd := exec.Command("techsh")
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "NO_COLOR=", "HOME="+filepath.Dir(home),
		"XDG_CONFIG_HOME=", "DISPLAY="+display, "WAYLAND_DISPLAY=", "XDG_SESSION_TYPE=")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = x.TTY, x.TTY, x.TTY
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() })
	prompts := 0
	atPrompt := func() {
		prompts++
		x.Until(func(rows []string) bool {
			text := strings.Join(rows, "\n")
			return strings.Count(text, ">") >= prompts && strings.HasSuffix(text, ">")
		})
	}
	for line := range strings.Lines(session) {
		if _, command, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "> "); ok {
			atPrompt()
			x.Types(strings.ReplaceAll(command, "/tmp", local), "\r")
		}
	}
	atPrompt()

	mask := func(text string) string {
		for _, m := range []struct{ pattern, mask string }{
			{regexp.QuoteMeta(home), "/home/ann/techsh"},
			{regexp.QuoteMeta(local), "/tmp"},
			{`^` + regexp.QuoteMeta(ourHost(t)) + `($| /)`, "office-pc$1"},
			{`\b` + regexp.QuoteMeta(ourHost(t)) + `_\d{8}-\d{6}_d`, "office-pc_20261122-120000_d"},
			{`^connected to \S+ as \S+, `, "connected to office-pc as ann, "},
		} {
			text = regexp.MustCompile(m.pattern).ReplaceAllString(text, m.mask)
		}
		return shelltest.Mask(text, home)
	}
	svg := x.SVG(mask)
	x.Types("\x04")
	var shown strings.Builder
	for _, row := range x.Rows() {
		if !strings.HasPrefix(row, "▀") {
			shown.WriteString(mask(row) + "\n")
		}
	}
	got, _, _ := strings.Cut(shown.String(), "_d1.png\n")
	got = strings.TrimPrefix(got, start+"\n") + "_d1.png\n"
	const picture = "../../testdata/picture/session.svg"
	if os.Getenv("UPDATE") != "" {
		readme = before + start + "\n" + got + "```" + after
		require.NoError(t, os.WriteFile("../../README.md", []byte(readme), 0o644))
		require.NoError(t, os.MkdirAll(filepath.Dir(picture), 0o755))
		require.NoError(t, os.WriteFile(picture, []byte(svg), 0o644))
		return
	}
	require.Equal(t, session, got)
	want, err := os.ReadFile(picture)
	require.NoError(t, err)
	require.Equal(t, string(want), svg)
}

// shortTempDir is like t.TempDir, but the path fits into a row of the terminal.
func shortTempDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	dir, err = filepath.EvalSymlinks(dir)
	require.NoError(t, err)
	return dir
}

// A frame is the screen memory of an X server, with four bytes per pixel: blue,
// green, red, unused.
type frame struct {
	pixels []byte
	stride int
	size   image.Rectangle
}

// startXWithFrame starts an X server with a screen of the given size, and returns its
// DISPLAY and its screen memory, which Xvfb stores in a file in xwd format.
func startXWithFrame(t *testing.T, width, height int) (display string, f *frame) {
	t.Helper()
	dir := t.TempDir()
	display = startXWith(t, "-fbdir", dir, "-screen", "0", fmt.Sprintf("%dx%dx24", width, height))
	file, err := os.OpenFile(filepath.Join(dir, "Xvfb_screen0"), os.O_RDWR, 0)
	require.NoError(t, err)
	defer file.Close()
	info, err := file.Stat()
	require.NoError(t, err)
	const access = syscall.PROT_READ | syscall.PROT_WRITE
	memory, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), access, syscall.MAP_SHARED)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(memory)) })
	field := func(n int) int { return int(binary.BigEndian.Uint32(memory[4*n:])) }
	const headerSize, bytesPerLine, colors, colorSize = 0, 12, 19, 12
	return display, &frame{
		pixels: memory[field(headerSize)+field(colors)*colorSize:],
		stride: field(bytesPerLine),
		size:   image.Rect(0, 0, width, height),
	}
}

// ColorModel, Bounds, At and Set implement draw.Image.
func (f *frame) ColorModel() color.Model { return color.RGBAModel }
func (f *frame) Bounds() image.Rectangle { return f.size }
func (f *frame) At(x, y int) color.Color {
	p := f.pixels[y*f.stride+4*x:]
	return color.RGBA{p[2], p[1], p[0], 255}
}

func (f *frame) Set(x, y int, c color.Color) {
	r, g, b, _ := c.RGBA()
	copy(f.pixels[y*f.stride+4*x:], []byte{byte(b >> 8), byte(g >> 8), byte(r >> 8)})
}

// drawDesktop draws a desktop with a text editor and a message that a printer is out
// of paper.
func drawDesktop(f *frame) {
	fill := func(x, y, width, height int, hex uint32) {
		c := color.RGBA{byte(hex >> 16), byte(hex >> 8), byte(hex), 255}
		draw.Draw(f, image.Rect(x, y, x+width, y+height), image.NewUniform(c), image.Point{}, draw.Src)
	}
	for y := range 300 { // the sky, and hills in front of it
		fill(0, y, 480, 1, 0x2b5f9e+uint32(y/6)<<16+uint32(y/4)<<8+uint32(y/8))
	}
	for x := range 480 {
		hill := 200 + (x-330)*(x-330)/900
		fill(x, min(hill, 300), 1, max(300-hill, 0), 0x3f7d4e)
		hill = 225 + (x-90)*(x-90)/700
		fill(x, min(hill, 300), 1, max(300-hill, 0), 0x2f6a45)
	}
	fill(0, 280, 480, 20, 0x20242c) // the panel
	fill(8, 284, 40, 12, 0x4c9be8)
	fill(60, 284, 60, 12, 0x3a404c)
	fill(430, 286, 42, 8, 0xc8ccd4)
	for i := range 3 { // icons
		fill(20, 20+i*60, 28, 28, []uint32{0xf2c14e, 0xe8e8ec, 0x6fb1fc}[i])
		fill(16, 52+i*60, 36, 4, 0xe8e8ec)
	}
	fill(100, 30, 300, 200, 0xf6f6f4) // the editor
	fill(100, 30, 300, 18, 0x3b4252)
	fill(384, 35, 8, 8, 0xe06c75)
	for i, width := range []int{220, 180, 250, 0, 200, 240, 120, 0, 230, 160} {
		fill(114, 62+i*14, width, 5, 0x9aa0ab)
	}
	fill(210, 120, 220, 90, 0xfdf3d8) // the message
	fill(210, 120, 220, 16, 0xd08770)
	fill(226, 150, 24, 24, 0xe5a13c)
	fill(264, 150, 140, 6, 0x5c5040)
	fill(264, 164, 110, 6, 0x5c5040)
	fill(350, 188, 60, 14, 0x4c9be8)
}
