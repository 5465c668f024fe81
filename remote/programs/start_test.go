//go:build unix

package programs_test

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
	"techsh/remote/remotetest"
)

// waitWritten waits for a line that a started program writes to the file name, and
// returns it.
func waitWritten(h *remotetest.Remote, t testing.TB, name string) string {
	var b []byte
	remotetest.Eventually(t, name+" is not written", func() bool {
		b, _ = os.ReadFile(filepath.Join(h.Dir, name))
		return strings.HasSuffix(string(b), "\n")
	})
	return strings.TrimSuffix(string(b), "\n")
}

func pidOf(t testing.TB, got remotetest.Reply) int {
	pid, ok := got.Pairs.Int("pid")
	require.True(t, ok && pid > 1, "%v", got.Pairs)
	return int(pid)
}

// startedPIDs returns the pids of the programs that RUN has started and that are still
// running.
func startedPIDs(h *remotetest.Remote, t testing.TB) (pids []int) {
	c := h.Client(t)
	defer c.Close()
	for line := range strings.Lines(c.OK("PS --mine").Data) {
		p, err := codec.ParseProcess(strings.TrimSuffix(line, "\n"))
		require.NoError(t, err)
		pids = append(pids, p.PID)
	}
	return pids
}

// endProgram ends a started program, and waits until the server has noticed.
func endProgram(h *remotetest.Remote, t testing.TB, pid int) {
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	remotetest.Eventually(t, "it is still there", func() bool { return len(startedPIDs(h, t)) == 0 })
	require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH, "its corpse is left")
}

func TestStartedProgramOutlivesItsSession(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Write(t, "sub/x", "")
		c := h.Client(t)
		got := c.OK(
			`RUN -d sub -e COLOUR=red -e DISPLAY=:7 sh -c 'echo $$ $(ps -o pgid= -o sid= -p $$) ` +
				`$COLOUR "$1" $(pwd -P) >tmp; cat >>tmp; echo out; echo err >&2; mv tmp ../told; ` +
				`exec sleep 1000' x 'a b'`,
		)
		require.Empty(t, got.Data)
		require.Empty(t, got.Notes)
		pid := pidOf(t, got)
		require.Equal(t, codec.Pairs{codec.PairOf("pid", pid)}, got.Pairs)
		require.Equal(
			t,
			fmt.Sprintf("%d %d %d red a b %s/sub", pid, pid, pid, h.Dir),
			strings.ReplaceAll(waitWritten(h, t, "told"), "  ", " "),
		)
		require.Equal(t, []int{pid}, startedPIDs(h, t))
		c.Close()
		h.Client(t).OK("EXEC true")
		require.Equal(t, []int{pid}, startedPIDs(h, t))
		endProgram(h, t, pid)
	})
}

func TestStartedProgramOutlivesTheServer(t *testing.T) {
	pid := 0
	t.Run("server", func(t *testing.T) {
		pid = pidOf(t, remotetest.New(t, true).Client(t).OK("RUN sleep 1000"))
	})
	require.Greater(t, pid, 1)
	require.False(t, remotetest.ProcessGone(pid))
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	_, err := syscall.Wait4(pid, nil, 0, nil)
	require.NoError(t, err)
}

func TestStartReportsWhatItCannotStart(t *testing.T) {
	h := remotetest.New(t, false)
	h.Furnish(t)
	c := h.Client(t)
	for line, code := range map[string]codec.Code{
		"RUN": codec.BadRequest, "RUN -i true": codec.BadRequest, "RUN -d nova true": codec.NotFound,
		"RUN nova": codec.NotFound, "RUN ./nova": codec.NotFound,
		"RUN https://example.com": codec.NotFound, "RUN /dev/null": codec.NotRegular,
		"RUN hello.txt argument": codec.BadRequest, "RUN *.nova": codec.NotFound,
	} {
		c.Fails(line, code)
	}
	require.Empty(t, startedPIDs(h, t))
	_, e := c.Fails("RUN nova", codec.NotFound)
	require.Equal(t, "nova: no such program, file or folder", e.Error())
	require.Empty(t, e.Hint)
	_, e = c.Fails("RUN https://example.com", codec.NotFound)
	require.Contains(t, e.Hint, "start firefox https://example.com")
}

func TestDocumentIsOpenedAsThePersonWould(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what opens documents is found on PATH on Linux only")
	}
	h := remotetest.New(t, false)
	h.Furnish(t)
	h.Write(t, "my report.pdf", "%PDF")
	h.Write(t, "data with x", "\x00\x01")
	require.NoError(t, os.Chmod(filepath.Join(h.Dir, "data with x"), 0o755))
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("DISPLAY", ":77")
	t.Setenv("WAYLAND_DISPLAY", "")
	c := h.Client(t)
	opener := filepath.Join(bin, "xdg-open")
	_, e := c.Fails("RUN hello.txt", codec.NotFound)
	require.Equal(t, "xdg-open: the program that opens documents is missing", e.Error())
	require.Equal(t, "install xdg-utils on the remote", e.Hint)
	require.NoError(
		t,
		os.WriteFile(
			opener,
			[]byte("#!/bin/sh\necho \"$# $1 $(pwd -P) $DISPLAY\" >"+bin+"/tmp; mv "+bin+"/tmp "+h.Dir+"/told\n"),
			0o755,
		),
	)
	for words, path := range map[string]string{
		"hello.txt": "hello.txt", `"my report.pdf"`: "my report.pdf", "*.pdf": "my report.pdf",
		"./sub/inner.txt": "sub/inner.txt", "sub": "sub",
		`"a link"`: "hello.txt", `"./data with x"`: "data with x", h.Dir + "/hello.txt": "hello.txt",
	} {
		require.NoError(t, os.RemoveAll(filepath.Join(h.Dir, "told")))
		got := c.OK("RUN -d sub " + words)
		require.Equal(
			t,
			codec.Pairs{codec.PairOf("pid", pidOf(t, got)), {Key: "opener", Value: "xdg-open"}},
			got.Pairs,
			words,
		)
		require.Equal(
			t,
			fmt.Sprintf("1 %s %s :77", filepath.Join(h.Dir, path), filepath.Join(h.Dir, "sub")),
			waitWritten(h, t, "told"),
		)
	}
	c.Fails(`RUN "*.pdf"`, codec.NotFound)
	t.Setenv("DISPLAY", "")
	_, e = c.Fails("RUN hello.txt", codec.NoDisplay)
	require.NotEmpty(t, e.Hint)
	note, _ := c.OK("RUN true").Pairs.Get("note")
	require.Contains(t, note, "nobody sees it")
	c.OK("RUN -e WAYLAND_DISPLAY=wayland-0 hello.txt")
	remotetest.Eventually(t, "they are not forgotten", func() bool { return len(startedPIDs(h, t)) == 0 })
}
