//go:build unix

package remote_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote"
)

// written waits for what a started program writes, a line.
func (h *helped) written(t testing.TB, name string) string {
	var b []byte
	eventually(t, name+" is not written", func() bool {
		b, _ = os.ReadFile(filepath.Join(h.dir, name))
		return strings.HasSuffix(string(b), "\n")
	})
	return strings.TrimSuffix(string(b), "\n")
}

func pidOf(t testing.TB, got reply) int {
	pid, ok := got.pairs.Int("pid")
	require.True(t, ok && pid > 1, "%v", got.pairs)
	return int(pid)
}

// end ends a program that was started, and waits until the server knows.
func (h *helped) end(t testing.TB, pid int) {
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	eventually(t, "it is still there", func() bool { return len(remote.Started(h.server)) == 0 })
	require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH, "its corpse is left")
}

func TestStartedProgramOutlivesItsSession(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.write(t, "sub/x", "")
		c := h.client(t)
		got := c.ok(`RUN -d sub -e COLOUR=red -e DISPLAY=:7 sh -c 'echo $$ $(ps -o pgid= -o sid= -p $$) $COLOUR "$1" $(pwd -P) >tmp; cat >>tmp; echo out; echo err >&2; mv tmp ../told; exec sleep 1000' x 'a b'`)
		require.Empty(t, got.data)
		require.Empty(t, got.notes)
		pid := pidOf(t, got)
		require.Equal(t, codec.Pairs{codec.PairOf("pid", pid)}, got.pairs)
		require.Equal(t, fmt.Sprintf("%d %d %d red a b %s/sub", pid, pid, pid, h.dir), strings.ReplaceAll(h.written(t, "told"), "  ", " "))
		require.Equal(t, []int{pid}, remote.Started(h.server))
		c.Close()
		h.client(t).ok("EXEC true")
		require.Equal(t, []int{pid}, remote.Started(h.server))
		h.end(t, pid)
	})
}

func TestStartedProgramOutlivesTheServer(t *testing.T) {
	pid := 0
	t.Run("server", func(t *testing.T) {
		pid = pidOf(t, newHelped(t, true).client(t).ok("RUN sleep 1000"))
	})
	require.Greater(t, pid, 1)
	require.False(t, gone(pid))
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	_, err := syscall.Wait4(pid, nil, 0, nil)
	require.NoError(t, err)
}

func TestWhatCannotBeStartedIsSaid(t *testing.T) {
	h := newHelped(t, false)
	h.furnish(t)
	c := h.client(t)
	for line, code := range map[string]codec.Code{
		"RUN": codec.BadRequest, "RUN -i true": codec.BadRequest, "RUN -d nova true": codec.NotFound, "RUN nova": codec.NotFound, "RUN ./nova": codec.NotFound,
		"RUN https://example.com": codec.NotFound, "RUN /dev/null": codec.NotRegular, "RUN hello.txt argument": codec.BadRequest, "RUN *.nova": codec.NotFound,
	} {
		c.fails(line, code)
	}
	require.Empty(t, remote.Started(h.server))
	_, e := c.fails("RUN nova", codec.NotFound)
	require.Equal(t, "nova: no such program, file or folder", e.Error())
	require.Empty(t, e.Hint)
	_, e = c.fails("RUN https://example.com", codec.NotFound)
	require.Contains(t, e.Hint, "start firefox https://example.com")
}

func TestDocumentIsOpenedAsThePersonWould(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what opens documents is found on PATH on Linux only")
	}
	h := newHelped(t, false)
	h.furnish(t)
	h.write(t, "my report.pdf", "%PDF")
	h.write(t, "data with x", "\x00\x01")
	require.NoError(t, os.Chmod(filepath.Join(h.dir, "data with x"), 0o755))
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("DISPLAY", ":77")
	t.Setenv("WAYLAND_DISPLAY", "")
	c := h.client(t)
	opener := filepath.Join(bin, "xdg-open")
	_, e := c.fails("RUN hello.txt", codec.NotFound)
	require.Equal(t, "xdg-open: no such program, which opens documents here", e.Error())
	require.Equal(t, "install xdg-utils there", e.Hint)
	require.NoError(t, os.WriteFile(opener, []byte("#!/bin/sh\necho \"$# $1 $(pwd -P) $DISPLAY\" >"+bin+"/tmp; mv "+bin+"/tmp "+h.dir+"/told\n"), 0o755))
	for words, path := range map[string]string{
		"hello.txt": "hello.txt", `"my report.pdf"`: "my report.pdf", "*.pdf": "my report.pdf", "./sub/inner.txt": "sub/inner.txt", "sub": "sub",
		`"a link"`: "hello.txt", `"./data with x"`: "data with x", h.dir + "/hello.txt": "hello.txt",
	} {
		require.NoError(t, os.RemoveAll(filepath.Join(h.dir, "told")))
		got := c.ok("RUN -d sub " + words)
		require.Equal(t, codec.Pairs{codec.PairOf("pid", pidOf(t, got)), {Key: "opener", Value: "xdg-open"}}, got.pairs, words)
		require.Equal(t, fmt.Sprintf("1 %s %s :77", filepath.Join(h.dir, path), filepath.Join(h.dir, "sub")), h.written(t, "told"))
	}
	c.fails(`RUN "*.pdf"`, codec.NotFound)
	t.Setenv("DISPLAY", "")
	_, e = c.fails("RUN hello.txt", codec.NoDisplay)
	require.NotEmpty(t, e.Hint)
	note, _ := c.ok("RUN true").pairs.Get("note")
	require.Contains(t, note, "nobody sees it")
	c.ok("RUN -e WAYLAND_DISPLAY=wayland-0 hello.txt")
	eventually(t, "they are not forgotten", func() bool { return len(remote.Started(h.server)) == 0 })
}
